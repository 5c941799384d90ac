// SPDX-License-Identifier: Apache-2.0
#include "docker-push/kept_layers.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "json/field.hpp"
#include "logging/log.hpp"

namespace docker_push {
namespace {

constexpr std::string_view list_name = "layers.json";

std::string sha256_of_file(const std::filesystem::path& path) {
  const file::UniqueFd fd = file::open_for_reading(path);
  std::vector<char> buffer(256U << 10U);
  crypto::Sha256 hash;
  while (true) {
    const auto count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw base::from_errno(fmt::format("read {}", path.string()), errno);
    if (count == 0) return hash.finish_hex();
    hash.update(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
  }
}

KeptLayers read_list(const std::filesystem::path& folder, const std::string& text) {
  const std::string what = (folder / list_name).string();
  const json::Value document = json::parse(text, what);
  const json::Field root(document, what);
  KeptLayers kept;
  for (const json::Field& entry : root["layers"].items()) {
    const std::string& name = entry["name"].string();
    kept.layers.push_back({.descriptor = oci::parse_descriptor(entry),
                           .diff_id = entry["diffId"].string(),
                           .name = name,
                           .source = oci::body_of_file(folder / kept_layer_name(name))});
  }
  for (const json::Field& entry : root["needed"].items()) {
    kept.needed.push_back({.path = entry["path"].string(), .sha256 = entry["sha256"].string()});
  }
  return kept;
}

bool is_intact(const KeptLayers& kept, const std::filesystem::path& folder) {
  return std::ranges::all_of(kept.layers, [&folder](const oci::Layer& layer) {
    return "sha256:" + sha256_of_file(folder / kept_layer_name(layer.name)) ==
           layer.descriptor.digest;
  });
}

bool is_current(const KeptLayers& kept) {
  return std::ranges::all_of(kept.needed, [](const NeededFile& file) {
    return std::filesystem::exists(file.path) && look_at(file.path).sha256 == file.sha256;
  });
}

}  // namespace

NeededFile look_at(const std::string& path) {
  return {.path = path, .sha256 = sha256_of_file(path)};
}

std::string kept_layer_name(std::string_view layer) { return fmt::format("{}.tar.gz", layer); }

void keep_layers(const std::filesystem::path& folder, const KeptLayers& layers) {
  json::Array list;
  for (const oci::Layer& layer : layers.layers) {
    json::Value entry = oci::to_json(layer.descriptor);
    entry.set("diffId", layer.diff_id);
    entry.set("name", layer.name);
    list.push_back(std::move(entry));
  }
  json::Array needed;
  for (const NeededFile& file : layers.needed) {
    needed.push_back(json::object({{"path", file.path}, {"sha256", file.sha256}}));
  }
  file::write_atomically(folder / list_name,
                         json::write_pretty(json::object(
                             {{"layers", std::move(list)}, {"needed", std::move(needed)}})));
}

std::optional<KeptLayers> find_kept_layers(const std::filesystem::path& folder) {
  try {
    const auto text = file::find(folder / list_name);
    if (!text) return std::nullopt;
    KeptLayers kept = read_list(folder, *text);
    if (is_intact(kept, folder) && is_current(kept)) return kept;
    logging::info("the kept Java runtime no longer fits this machine");
  } catch (const base::Error& error) {
    // A cache that cannot be read is made again.
    logging::debug("{}", error.what());
  }
  return std::nullopt;
}

}  // namespace docker_push
