// SPDX-License-Identifier: Apache-2.0
#include "oci/push.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
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
#include "oci/tag_order.hpp"
#include "parallel/parallel.hpp"

namespace oci {
namespace {

using RecipePointer = std::shared_ptr<const LayerRecipe>;

constexpr std::size_t most_listed_tags = 1000;

LocalLayers local_of(const PushOptions& options) {
  return {.scratch = options.scratch, .parallel = options.parallel, .stop = options.stop};
}

// Is a blob not there although the destination said so?
using Doubted = std::function<bool(const std::string& digest)>;

// Brings the layers of one push to the destination, making those that it lacks. What is doubted is
// sent whatever the destination says of it.
class Transfers {
 public:
  Transfers(const Destination& destination, std::vector<Layer>& layers, const PushOptions& options,
            Doubted doubted = {})
      : destination_(destination),
        layers_(layers),
        options_(options),
        doubted_(std::move(doubted)) {}

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
    const bool doubted = doubted_ && doubted_(layer.descriptor.digest);
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
      if (registry.has_blob(destination_.repository, layer.descriptor.digest)) return Fate::present;
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
  Doubted doubted_;
  std::counting_semaphore<> turns_{parallel::cores()};
  std::mutex mutex_;
  std::set<std::string> seen_;
  PushReport report_;
};

// What the tags of the destination name, each asked for once.
class Tags {
 public:
  explicit Tags(const Destination& destination) : destination_(destination) {}

  const std::optional<std::string>& digest(const std::string& tag) {
    const auto known = digests_.find(tag);
    if (known != digests_.end()) return known->second;
    return digests_[tag] =
               destination_.registry.find_manifest_digest(destination_.repository, tag);
  }

  // Those of the destination's that do not name the image.
  std::vector<std::string> others(const Image& image) {
    std::vector<std::string> others;
    std::ranges::copy_if(destination_.tags, std::back_inserter(others),
                         [&](const std::string& tag) { return digest(tag) != image.digest; });
    return others;
  }

 private:
  const Destination& destination_;
  std::map<std::string, std::optional<std::string>> digests_;
};

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

// Earlier manifests are a help, never a condition: what cannot be read is passed over.
class Lessons {
 public:
  Lessons(const Destination& destination, Tags& tags, std::vector<Layer>& layers)
      : destination_(destination), tags_(tags), layers_(layers) {}

  bool are_enough() const { return std::ranges::all_of(layers_, is_settled); }
  bool none() const { return seen_.empty(); }

  void take(const std::string& tag) {
    if (are_enough()) return;
    const auto digest = tags_.digest(tag);
    if (!digest || !seen_.insert(*digest).second) return;
    try {
      const auto stored = destination_.registry.manifest(destination_.repository, *digest);
      if (is_manifest(stored.media_type)) learn_from(parse_manifest(stored.bytes, tag), layers_);
    } catch (const base::Error& error) {
      logging::debug("learn from {}:{}: {}", destination_.repository, tag, error.what());
    }
  }

  // For repositories where each build has a tag of its own and no tag stays.
  void take_newest() {
    try {
      const auto newest = newest_looking(
          destination_.registry.tags(destination_.repository, most_listed_tags));
      if (newest) take(*newest);
    } catch (const base::Error& error) {
      logging::debug("list the tags of {}: {}", destination_.repository, error.what());
    }
  }

 private:
  const Destination& destination_;
  Tags& tags_;
  std::vector<Layer>& layers_;
  std::set<std::string> seen_;
};

void learn(const Destination& destination, const PushOptions& options, Tags& tags,
           std::vector<Layer>& layers) {
  Lessons lessons(destination, tags, layers);
  for (const std::string& tag : destination.tags) lessons.take(tag);
  for (const std::string& tag : options.earlier) lessons.take(tag);
  if (lessons.none() && !std::ranges::all_of(layers, &Layer::is_known)) lessons.take_newest();
}

// The image when no layer has to be made for it and all tags name it.
std::optional<Image> find_unchanged(const Draft& draft, Tags& tags) {
  if (!draft.is_complete()) return std::nullopt;
  Image image = assemble(draft);
  if (!tags.others(image).empty()) return std::nullopt;
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
  const auto again = Transfers(destination, report.image.layers, options, doubted).run();
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
  Tags after(destination);
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
  Tags tags(destination);
  if (auto image = find_unchanged(draft, tags)) {
    return {.unchanged = true, .image = *std::move(image)};
  }
  const bool was_complete = draft.is_complete();
  learn(destination, options, tags, draft.layers);
  if (auto image = was_complete ? std::nullopt : find_unchanged(draft, tags)) {
    return {.unchanged = true, .image = *std::move(image)};
  }
  PushReport report = Transfers(destination, draft.layers, options).run();
  report.image = assemble(std::move(draft));
  push_config(destination, options, report);

  // From here on everything the manifest names is in the registry.
  if (options.confirm) options.confirm();
  put_all(destination, options, tags.others(report.image), report);
  return report;
}

PushReport plan(const Destination& destination, Draft draft, const PushOptions& options) {
  Tags tags(destination);
  learn(destination, options, tags, draft.layers);
  make_known(draft.layers, local_of(options));
  PushReport report{.image = assemble(std::move(draft))};
  report.unchanged = tags.others(report.image).empty();
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
