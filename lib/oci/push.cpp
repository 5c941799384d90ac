// SPDX-License-Identifier: Apache-2.0
#include "oci/push.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <future>
#include <iterator>
#include <mutex>
#include <optional>
#include <semaphore>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "logging/log.hpp"
#include "oci/digest.hpp"
#include "oci/layer_cache.hpp"
#include "oci/layer_recipe.hpp"
#include "oci/local_layers.hpp"
#include "oci/verify.hpp"
#include "parallel/parallel.hpp"

namespace oci {
namespace {

using RecipePointer = std::shared_ptr<const LayerRecipe>;

constexpr std::uint64_t not_worth_asking = 4U << 20U;

bool is_recipe(const Layer& layer) { return std::holds_alternative<RecipePointer>(layer.source); }

LocalLayers local_of(const PushOptions& options) {
  return {.scratch = options.scratch, .parallel = options.parallel, .stop = options.stop};
}

// Is a blob not there although the destination said so?
using Doubted = std::function<bool(const std::string& digest)>;

struct Presumption {
  bool is_new = false;  // the repository has no blobs, so it is asked for none
  Doubted doubted{};    // sent whatever the destination says of it
};

// How many layers have digests that may still turn out otherwise.
class Unsettled {
 public:
  explicit Unsettled(std::size_t layers) : left_(layers) {}

  void settle_one() {
    const std::lock_guard lock(mutex_);
    if (--left_ == 0) changed_.notify_all();
  }

  void give_up() {
    const std::lock_guard lock(mutex_);
    given_up_ = true;
    changed_.notify_all();
  }

  // Waits until there are none; false when that will not be.
  bool wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return left_ == 0 || given_up_; });
    return !given_up_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t left_;
  bool given_up_ = false;
};

// Brings the layers of one push to the destination, making those that it lacks.
class Transfers {
 public:
  Transfers(const Destination& destination, std::vector<Layer>& layers, const PushOptions& options,
            Presumption presumption)
      : destination_(destination),
        layers_(layers),
        options_(options),
        presumption_(std::move(presumption)),
        sending_(options.on_sending) {}

  // `push_config` runs beside the last transfers, once the digests of all layers stand; it must not
  // look at their sources.
  PushReport run(const std::function<BlobReport()>& push_config = {}) {
    Unsettled unsettled(layers_.size());
    std::future<void> config;
    if (push_config) {
      config = std::async(std::launch::async, [&] {
        if (unsettled.wait()) done(push_config());
      });
    }
    try {
      const auto order = by_size(layers_);
      parallel::for_each(order.size(), options_.parallel,
                         [&](std::size_t i) { bring(layers_[order[i]], unsettled); });
    } catch (...) {
      unsettled.give_up();
      throw;
    }
    if (push_config) config.get();
    return std::move(report_);
  }

 private:
  void bring(Layer& layer, Unsettled& unsettled) {
    const auto origin = layer.source;
    bool made = false;
    if (!layer.is_known()) {
      make_in_turn(layer);
      made = true;
    }
    // What was only remembered may turn out otherwise when it is made.
    const bool stands = !is_recipe(layer);
    if (stands) unsettled.settle_one();
    if (is_first(layer.descriptor.digest)) {
      const auto there = find_there(layer, made);
      if (!there) made |= make_bytes(layer);
      if (!stands) unsettled.settle_one();
      if (!there) upload(layer);
      // Its bytes are in the registry; should that lose them, they are made or fetched again.
      layer.source = origin;
      done({layer.descriptor, layer.name, there.value_or(Fate::sent), made});
    } else if (!stands) {
      unsettled.settle_one();
    }
  }

  // As many at a time as there are cores. Were all made at once, they would all be ready at once,
  // and nothing would be on its way until then.
  void make_in_turn(Layer& layer) {
    struct Turn {
      explicit Turn(std::counting_semaphore<>& the_turns) : turns(the_turns) { turns.acquire(); }
      Turn(const Turn&) = delete;
      Turn& operator=(const Turn&) = delete;
      ~Turn() { turns.release(); }
      std::counting_semaphore<>& turns;
    };
    const Turn turn(turns_);
    make(layer, local_of(options_));
  }

  // Two layers may have the same bytes.
  bool is_first(const std::string& digest) {
    const std::lock_guard lock(mutex_);
    return seen_.insert(digest).second;
  }

  // How the destination has it already; absent when it must be sent.
  std::optional<Fate> find_there(const Layer& layer, bool made) {
    Registry& registry = destination_.registry;
    if (presumption_.doubted && presumption_.doubted(layer.descriptor.digest)) return std::nullopt;
    if (layer.referenced) return Fate::present;
    if (const auto* remote = std::get_if<RemoteBytes>(&layer.source)) {
      // Not asked for first: a registry that has the blob already mounts it too.
      if (remote->registry->name() == registry.name() &&
          registry.mount_blob(destination_.repository, layer.descriptor.digest,
                              remote->repository)) {
        return Fate::mounted;
      }
    }
    if (presumption_.is_new || is_hardly_there(layer, made)) return std::nullopt;
    if (!registry.has_blob(destination_.repository, layer.descriptor.digest)) return std::nullopt;
    return Fate::present;
  }

  // Through a file: an upload may have to be sent twice. True when the layer was made.
  bool make_bytes(Layer& layer) {
    fetch(layer, local_of(options_));
    if (!is_recipe(layer)) return false;
    make_in_turn(layer);
    return true;
  }

  void upload(const Layer& layer) {
    destination_.registry.upload_blob(destination_.repository, layer.descriptor,
                                      sending_.counted(std::get<http::Body>(layer.source)));
  }

  // No manifest that was looked at knows its key, and sending it in vain costs less than asking.
  static bool is_hardly_there(const Layer& layer, bool made) {
    return made && layer.descriptor.size <= not_worth_asking;
  }

  void done(const BlobReport& blob) {
    const std::lock_guard lock(mutex_);
    report_.blobs.push_back(blob);
    if (blob.fate == Fate::sent) report_.bytes_sent += blob.descriptor.size;
    if (options_.on_blob) options_.on_blob(blob);
  }

  const Destination& destination_;
  std::vector<Layer>& layers_;
  const PushOptions& options_;
  Presumption presumption_;
  Sending sending_;
  std::counting_semaphore<> turns_{parallel::cores()};
  std::mutex mutex_;
  std::set<std::string> seen_;
  PushReport report_;
};

// Those of the destination's tags that do not name the image.
std::vector<std::string> other_tags(const Destination& destination, Earlier& earlier,
                                    const Image& image) {
  std::vector<std::string> others;
  std::ranges::copy_if(destination.tags, std::back_inserter(others),
                       [&](const std::string& tag) { return earlier.digest(tag) != image.digest; });
  return others;
}

bool is_settled(const Layer& layer) { return layer.is_known() && layer.referenced; }

// Takes from one earlier manifest what it tells of the layers.
void learn_from(const Manifest& manifest, const std::string& image, std::vector<Layer>& layers) {
  const auto known = known_layers(manifest, image);
  for (Layer& layer : layers) {
    if (const auto* recipe = std::get_if<RecipePointer>(&layer.source);
        recipe && !layer.is_known()) {
      const auto found = known.find((*recipe)->key());
      if (found != known.end()) complete(layer, found->second);
    }
    layer.referenced |=
        layer.is_known() && std::ranges::any_of(manifest.layers, [&](const auto& at) {
          return at.digest == layer.descriptor.digest;
        });
  }
}

void learn(const Destination& destination, const PushOptions& options, Earlier& earlier,
           std::vector<Layer>& layers) {
  const auto is_enough = [&layers] { return std::ranges::all_of(layers, is_settled); };
  if (is_enough()) return;
  std::vector<std::string> tags = destination.tags;
  tags.insert(tags.end(), options.earlier.begin(), options.earlier.end());
  const Earlier::Look look = [&](const Manifest& manifest, const std::string& tag) {
    learn_from(manifest, earlier.name() + ':' + tag, layers);
    return is_enough();
  };
  if (earlier.learn(tags, look) || std::ranges::all_of(layers, &Layer::is_known)) return;
  earlier.learn_newest(look);
}

// How many layers were made to see whether their digests were learned rightly.
std::size_t verify(std::vector<Layer>& layers, const PushOptions& options) {
  return options.verify ? verify_learned(layers, local_of(options)) : 0;
}

// The image when no layer has to be made for it and all tags name it.
std::optional<Image> find_unchanged(const Destination& destination, const Draft& draft,
                                    Earlier& earlier) {
  if (!draft.is_complete()) return std::nullopt;
  Image image = assemble(draft);
  if (!other_tags(destination, earlier, image).empty()) return std::nullopt;
  return image;
}

// The image that the layers' digests make, without the layers' bytes.
Image outline(const Draft& draft) {
  Draft shape{.layers = {},
              .config = draft.config,
              .annotations = draft.annotations,
              .exact_config = draft.exact_config,
              .exact_manifest = draft.exact_manifest};
  for (const Layer& layer : draft.layers) {
    shape.layers.push_back({.descriptor = layer.descriptor,
                            .diff_id = layer.diff_id,
                            .name = layer.name,
                            .source = {}});
  }
  return assemble(std::move(shape));
}

// A new manifest has a new config, so nobody asks whether it is there.
BlobReport push_config(const Destination& destination, const Image& image) {
  destination.registry.upload_blob(destination.repository, image.config_descriptor,
                                   http::body_of(image.config));
  return {.descriptor = image.config_descriptor, .name = "config", .fate = Fate::sent};
}

TagsPut put_manifest(const Destination& destination, const Image& image,
                     const std::vector<std::string>& tags) {
  return destination.registry.put_tags(destination.repository, tags, image.manifest_type,
                                       image.manifest);
}

// Blobs that the registry said it had and misses now; all of them when it does not say which.
void send_again(const Destination& destination, const PushOptions& options,
                const std::vector<std::string>& missing, PushReport& report) {
  logging::warning("{}/{} lacks blobs that it said it had; sending them again",
                   destination.registry.name(), destination.repository);
  const Doubted doubted = [&missing](const std::string& digest) {
    return missing.empty() || std::ranges::find(missing, digest) != missing.end();
  };
  const auto again =
      Transfers(destination, report.image.layers, options, {.doubted = doubted}).run();
  report.bytes_sent += again.bytes_sent;
  if (doubted(report.image.config_descriptor.digest)) push_config(destination, report.image);
}

void put_all(const Destination& destination, const PushOptions& options,
             const std::vector<std::string>& tags, PushReport& report) {
  TagsPut put = put_manifest(destination, report.image, tags);
  if (put.missing_blobs) {
    send_again(destination, options, *put.missing_blobs, report);
    put = put_manifest(destination, report.image, tags);
  }
  const std::string where =
      fmt::format("{}/{}", destination.registry.name(), destination.repository);
  if (put.missing_blobs) {
    throw base::Error(base::Kind::unavailable,
                      fmt::format("push manifest to {}: it lacks blobs that were just sent", where),
                      "the registry may be losing content; run again");
  }
  for (const std::string& tag : tags) {
    // Credentials that may only push cannot look; the answer to the PUT has to do then.
    const auto right =
        destination.registry.is_tagged(destination.repository, tag, report.image.digest);
    if (right.value_or(true)) continue;
    throw base::Error(base::Kind::integrity,
                      fmt::format("check {}:{} after the push: it does not name {}", where, tag,
                                  report.image.digest),
                      "another push to the same tag may be under way; run again");
  }
}

std::shared_ptr<Earlier> earlier_of(const Destination& destination, const PushOptions& options) {
  if (options.known) return options.known;
  return std::make_shared<Earlier>(destination.registry, destination.repository);
}

}  // namespace

PushReport push(const Destination& destination, Draft draft, const PushOptions& options) {
  const auto earlier = earlier_of(destination, options);
  std::size_t verified = verify(draft.layers, options);
  if (auto image = find_unchanged(destination, draft, *earlier)) {
    return {.unchanged = true, .verified = verified, .image = *std::move(image)};
  }
  const bool was_complete = draft.is_complete();
  learn(destination, options, *earlier, draft.layers);
  verified += verify(draft.layers, options);
  if (auto image = was_complete ? std::nullopt : find_unchanged(destination, draft, *earlier)) {
    return {.unchanged = true, .verified = verified, .image = *std::move(image)};
  }
  // While layers are made: a push that is not allowed ends early, another finds its upload open.
  auto allowed = destination.registry.begin_push(destination.repository);
  Image image;
  PushReport report =
      Transfers(destination, draft.layers, options, {.is_new = earlier->is_new()}).run([&] {
        image = outline(draft);
        return push_config(destination, image);
      });
  allowed.get();
  report.verified = verified;
  report.image = std::move(image);
  report.image.layers = std::move(draft.layers);

  // From here on everything the manifest names is in the registry.
  if (options.confirm) options.confirm();
  put_all(destination, options, other_tags(destination, *earlier, report.image), report);
  return report;
}

PushReport plan(const Destination& destination, Draft draft, const PushOptions& options) {
  const auto earlier = earlier_of(destination, options);
  learn(destination, options, *earlier, draft.layers);
  const std::size_t verified = verify(draft.layers, options);
  make_known(draft.layers, local_of(options));
  PushReport report{.verified = verified, .image = assemble(std::move(draft))};
  report.unchanged = other_tags(destination, *earlier, report.image).empty();
  if (report.unchanged) return report;
  const auto look = [&](BlobReport blob, bool referenced) {
    if (referenced ||
        destination.registry.has_blob(destination.repository, blob.descriptor.digest)) {
      blob.fate = Fate::present;
    }
    if (blob.fate == Fate::sent) report.bytes_sent += blob.descriptor.size;
    report.blobs.push_back(std::move(blob));
  };
  std::set<std::string> seen;
  for (const Layer& layer : report.image.layers) {
    if (!seen.insert(layer.descriptor.digest).second) continue;
    const auto* remote = std::get_if<RemoteBytes>(&layer.source);
    const bool mountable =
        remote != nullptr && remote->registry->name() == destination.registry.name();
    look({layer.descriptor, layer.name, mountable ? Fate::mounted : Fate::sent}, layer.referenced);
  }
  look({report.image.config_descriptor, "config", Fate::sent}, false);
  return report;
}

}  // namespace oci
