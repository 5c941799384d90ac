// SPDX-License-Identifier: Apache-2.0
#include "oci/layer_cache.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <system_error>

#include "base/error.hpp"
#include "file/file.hpp"
#include "json/field.hpp"
#include "logging/log.hpp"
#include "oci/digest.hpp"
#include "text/hex.hpp"

namespace oci {
namespace {

constexpr std::uint64_t most_entry_bytes = 64U << 10U;

bool is_key(std::string_view text) { return text.size() == 64 && text::is_lower_hex(text); }

}  // namespace

// Two levels, so that no folder grows to tens of thousands of names.
std::filesystem::path LayerCache::file_of(const std::string& key) const {
  return folder_ / key.substr(0, 2) / (key + ".json");
}

std::optional<KnownLayer> LayerCache::find(const std::string& key) const {
  try {
    const auto path = file_of(key);
    const auto text = file::find(path, most_entry_bytes);
    if (!text) return std::nullopt;
    const json::Value document = json::parse(*text, path.string());
    const json::Field root(document, path.string());
    KnownLayer known{.descriptor = parse_descriptor(root["descriptor"]),
                     .diff_id = root["diff_id"].string(),
                     .learned_from = path.string()};
    if (is_digest(known.diff_id)) return known;
  } catch (const base::Error& error) {
    logging::debug("{}", error.what());
  }
  return std::nullopt;
}

void LayerCache::keep(const std::string& key, const KnownLayer& layer) const {
  const auto kept = find(key);
  if (kept && kept->descriptor.digest == layer.descriptor.digest) return;
  try {
    const auto document =
        json::object({{"descriptor", to_json(layer.descriptor)}, {"diff_id", layer.diff_id}});
    file::write_atomically_unsynced(file_of(key), json::write_pretty(document));
  } catch (const base::Error& error) {
    logging::debug("{}", error.what());
  }
}

std::map<std::string, KnownLayer> known_layers(const Manifest& manifest, const std::string& of) {
  std::map<std::string, KnownLayer> known;
  for (const Descriptor& layer : manifest.layers) {
    const std::string key = layer.annotation(key_annotation);
    const std::string diff_id = layer.annotation(diff_id_annotation);
    if (is_key(key) && is_digest(diff_id)) {
      known[key] = {.descriptor = layer, .diff_id = diff_id, .learned_from = of};
    }
  }
  return known;
}

}  // namespace oci
