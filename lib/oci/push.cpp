// SPDX-License-Identifier: Apache-2.0
#include "oci/push.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <future>
#include <iterator>
#include <mutex>
#include <optional>
#include <semaphore>
#include <set>

#include "base/error.hpp"
#include "logging/log.hpp"
#include "oci/digest.hpp"
#include "oci/layer_cache.hpp"
#include "oci/layer_recipe.hpp"
#include "oci/local_layers.hpp"
#include "parallel/parallel.hpp"

namespace oci {
namespace {

using RecipePointer = std::shared_ptr<const LayerRecipe>;

LocalLayers local_of(const PushOptions& options) {
  return {.scratch = options.scratch, .parallel = options.parallel, .stop = options.stop};
}

// Is a blob not there although the destination said so?
using Doubted = std::function<bool(const std::string& digest)>;

struct Presumption {
  bool is_new = false;  // the repository has no blobs, so it is asked for none
  Doubted doubted{};    // sent whatever the destination says of it
};

// Brings the layers of one push to the destination, making those that it lacks.
class Transfers {
 public:
  Transfers(const Destination& destination, std::vector<Layer>& layers, const PushOptions& options,
            Presumption presumption)
      : destination_(destination),
        layers_(layers),
        options_(options),
        presumption_(std::move(presumption)) {}

  PushReport run() {
    const auto order = by_size(layers_);
    parallel::for_each(order.size(), options_.parallel, [&](std::size_t i) {
      bring(layers_[order[i]]);
    });
    return std::move(report_);
  }

 private:
  void bring(Layer& layer) {
    bool made = false;
    if (!layer.is_known()) {
      make_in_turn(layer);
      made = true;
    }
    if (is_first(layer.descriptor.digest)) {
      const Fate fate = transfer(layer, made);
      done({layer.descriptor, layer.name, fate, made});
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

  Fate transfer(Layer& layer, bool& made) {
    Registry& registry = destination_.registry;
    const bool doubted = presumption_.doubted && presumption_.doubted(layer.descriptor.digest);
    if (!doubted) {
      if (layer.referenced) return Fate::present;
      if (const auto* remote = std::get_if<RemoteBytes>(&layer.source)) {
        // Not asked for first: a registry that has the blob already mounts it too.
        if (remote->registry->name() == registry.name() &&
            registry.mount_blob(destination_.repository, layer.descriptor.digest,
                                remote->repository)) {
          return Fate::mounted;
        }
      }
      if (!presumption_.is_new &&
          registry.has_blob(destination_.repository, layer.descriptor.digest)) {
        return Fate::present;
      }
    }
    // Through a file: an upload may have to be sent twice.
    fetch(layer, local_of(options_));
    if (std::holds_alternative<RecipePointer>(layer.source)) {
      make_in_turn(layer);
      made = true;
    }
    registry.upload_blob(destination_.repository, layer.descriptor,
                         std::get<http::Body>(layer.source));
    return Fate::sent;
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
  std::counting_semaphore<> turns_{parallel::cores()};
  std::mutex mutex_;
  std::set<std::string> seen_;
  PushReport report_;
};

// Those of the destination's tags that do not name the image.
std::vector<std::string> other_tags(const Destination& destination, Earlier& earlier,
                                    const Image& image) {
  std::vector<std::string> others;
  std::ranges::copy_if(
      destination.tags, std::back_inserter(others),
      [&](const std::string& tag) { return earlier.digest(tag) != image.digest; });
  return others;
}

bool is_settled(const Layer& layer) { return layer.is_known() && layer.referenced; }

// Takes from one earlier manifest what it tells of the layers.
void learn_from(const Manifest& manifest, std::vector<Layer>& layers) {
  const auto known = known_layers(manifest);
  for (Layer& layer : layers) {
    if (const auto* recipe = std::get_if<RecipePointer>(&layer.source); recipe && !layer.is_known()) {
      const auto found = known.find((*recipe)->key());
      if (found != known.end()) complete(layer, found->second);
    }
    layer.referenced |= layer.is_known() && std::ranges::any_of(manifest.layers, [&](const auto& at) {
      return at.digest == layer.descriptor.digest;
    });
  }
}

// True when there was a manifest of this tag to look at.
bool learn_from_tag(Earlier& earlier, const std::string& tag, std::vector<Layer>& layers) {
  const auto& digest = earlier.digest(tag);
  if (!digest) return false;
  const auto& manifest = earlier.manifest(*digest);
  if (manifest) learn_from(*manifest, layers);
  return manifest.has_value();
}

void learn(const Destination& destination, const PushOptions& options, Earlier& earlier,
           std::vector<Layer>& layers) {
  bool learned = false;
  for (const auto* tags : {&destination.tags, &options.earlier}) {
    for (const std::string& tag : *tags) {
      if (std::ranges::all_of(layers, is_settled)) return;
      learned |= learn_from_tag(earlier, tag, layers);
    }
  }
  if (learned || std::ranges::all_of(layers, &Layer::is_known)) return;
  if (const auto newest = earlier.newest_tag()) learn_from_tag(earlier, *newest, layers);
}

// The image when no layer has to be made for it and all tags name it.
std::optional<Image> find_unchanged(const Destination& destination, const Draft& draft,
                                    Earlier& earlier) {
  if (!draft.is_complete()) return std::nullopt;
  Image image = assemble(draft);
  if (!other_tags(destination, earlier, image).empty()) return std::nullopt;
  return image;
}

// A new manifest has a new config, so nobody asks whether it is there.
void push_config(const Destination& destination, const PushOptions& options, PushReport& report) {
  const Descriptor& config = report.image.config_descriptor;
  destination.registry.upload_blob(destination.repository, config,
                                   http::body_of(report.image.config));
  const BlobReport blob{.descriptor = config, .name = "config", .fate = Fate::sent};
  report.bytes_sent += config.size;
  report.blobs.push_back(blob);
  if (options.on_blob) options.on_blob(blob);
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
  const auto again = Transfers(destination, report.image.layers, options, {.doubted = doubted}).run();
  report.bytes_sent += again.bytes_sent;
  if (doubted(report.image.config_descriptor.digest)) {
    destination.registry.upload_blob(destination.repository, report.image.config_descriptor,
                                     http::body_of(report.image.config));
  }
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
  Earlier after(destination.registry, destination.repository);
  for (const std::string& tag : tags) {
    if (after.digest(tag) == report.image.digest) continue;
    throw base::Error(base::Kind::integrity,
                      fmt::format("check {}:{} after the push: it does not name {}", where, tag,
                                  report.image.digest),
                      "another push to the same tag may be under way; run again");
  }
}

}  // namespace

PushReport push(const Destination& destination, Draft draft, const PushOptions& options) {
  const auto earlier = options.known ? options.known
                                     : std::make_shared<Earlier>(destination.registry,
                                                                 destination.repository);
  if (auto image = find_unchanged(destination, draft, *earlier)) {
    return {.unchanged = true, .image = *std::move(image)};
  }
  const bool was_complete = draft.is_complete();
  learn(destination, options, *earlier, draft.layers);
  if (auto image = was_complete ? std::nullopt : find_unchanged(destination, draft, *earlier)) {
    return {.unchanged = true, .image = *std::move(image)};
  }
  // While layers are made: a push that is not allowed ends early, another finds its upload open.
  auto allowed = std::async(std::launch::async, [&destination] {
    destination.registry.check_push(destination.repository);
  });
  PushReport report =
      Transfers(destination, draft.layers, options, {.is_new = earlier->is_new()}).run();
  allowed.get();
  report.image = assemble(std::move(draft));
  push_config(destination, options, report);

  // From here on everything the manifest names is in the registry.
  if (options.confirm) options.confirm();
  put_all(destination, options, other_tags(destination, *earlier, report.image), report);
  return report;
}

PushReport plan(const Destination& destination, Draft draft, const PushOptions& options) {
  Earlier earlier(destination.registry, destination.repository);
  learn(destination, options, earlier, draft.layers);
  make_known(draft.layers, local_of(options));
  PushReport report{.image = assemble(std::move(draft))};
  report.unchanged = other_tags(destination, earlier, report.image).empty();
  if (report.unchanged) return report;
  const auto look = [&](BlobReport blob, bool referenced) {
    if (referenced || destination.registry.has_blob(destination.repository, blob.descriptor.digest)) {
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
