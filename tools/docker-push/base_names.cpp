// SPDX-License-Identifier: Apache-2.0
#include "docker-push/base_names.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "docker-push/image_files.hpp"
#include "dockerfile/local_archive.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/field.hpp"
#include "logging/log.hpp"
#include "oci/digest.hpp"
#include "oci/local_layers.hpp"
#include "parallel/parallel.hpp"

namespace docker_push {
namespace {

namespace fs = std::filesystem;
using archives::TarKind;

constexpr std::uint64_t most_bytes = 8U << 20U;  // of one layer's list; about 100,000 files
constexpr std::size_t most_lists = 200;
// What json::write() makes of a name that is not UTF-8, and the list no longer the layer's.
constexpr std::string_view replacement = "\xef\xbf\xbd";

fs::path list_of(const oci::Layer& layer, const NameSources& sources) {
  const std::string& digest = layer.descriptor.digest;
  return sources.cache / (digest.substr(digest.find(':') + 1) + ".json");
}

std::string_view letter_of(TarKind kind) {
  switch (kind) {
    case TarKind::directory:
      return "d";
    case TarKind::symlink:
      return "l";
    case TarKind::regular:
      break;
  }
  return "f";
}

// ["etc/passwd", "f", mode, uid, gid, size, link target, text], a default folder if it is implied.
std::string write_list(const dockerfile::Tree& files) {
  json::Array list;
  for (const auto& [path, entry] : files) {
    const archives::TarEntry& header = entry.header;
    list.push_back(json::Array{path, letter_of(header.kind), header.mode, header.uid, header.gid,
                               header.size, header.link_target, entry.origin.text,
                               entry.if_absent});
  }
  return json::write(json::object({{"files", std::move(list)}}));
}

dockerfile::Entry parse_entry(const std::vector<json::Field>& fields) {
  const auto number = [&fields](std::size_t i) {
    return static_cast<unsigned>(fields.at(i).integer());
  };
  dockerfile::Entry entry;
  const std::string& kind = fields.at(1).string();
  entry.header = {.path = fields.at(0).string(),
                  .kind = kind == "d"   ? TarKind::directory
                          : kind == "l" ? TarKind::symlink
                                        : TarKind::regular,
                  .mode = number(2),
                  .uid = number(3),
                  .gid = number(4),
                  .size = static_cast<std::uint64_t>(fields.at(5).integer()),
                  .link_target = fields.at(6).string()};
  entry.origin.text = fields.at(7).string();
  entry.origin.size = entry.origin.text.size();
  entry.if_absent = fields.at(8).boolean();
  return entry;
}

std::optional<dockerfile::Tree> find_list(const fs::path& path) {
  try {
    const auto text = file::find(path, most_bytes);
    if (!text) return std::nullopt;
    const json::Value document = json::parse(*text, path.string(), {.bytes = most_bytes});
    dockerfile::Tree files;
    for (const json::Field& item : json::Field(document, path.string())["files"].items()) {
      dockerfile::Entry entry = parse_entry(item.items());
      std::string name = entry.header.path;
      files.emplace_hint(files.end(), std::move(name), std::move(entry));
    }
    return files;
  } catch (const base::Error& error) {
    logging::debug("{}", error.what());
  } catch (const std::out_of_range&) {
    logging::debug("{} is not ours", path.string());
  }
  return std::nullopt;
}

// Makes room for one more: the list that was written longest ago goes.
void make_room(const fs::path& cache) {
  std::vector<std::pair<fs::file_time_type, fs::path>> lists;
  std::error_code ignored;
  for (const auto& found : fs::directory_iterator(cache, ignored)) {
    lists.emplace_back(found.last_write_time(ignored), found.path());
  }
  if (lists.size() < most_lists) return;
  fs::remove(std::ranges::min(lists).second, ignored);
}

void keep(const dockerfile::Tree& files, const fs::path& path) {
  const std::string text = write_list(files);
  if (text.size() > most_bytes || text.find(replacement) != std::string::npos) return;
  try {
    make_room(path.parent_path());
    file::write_atomically_unsynced(path, text);
  } catch (const base::Error& error) {
    logging::debug("{}", error.what());
  } catch (const fs::filesystem_error& error) {  // of a folder wiped while it is listed
    logging::debug("{}", error.what());
  }
}

}  // namespace

dockerfile::Tree base_names(const oci::BaseImage& image, const NameSources& sources) {
  std::vector<dockerfile::Tree> layers(image.layers.size());
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (auto known = find_list(list_of(image.layers[i], sources))) {
      layers[i] = *std::move(known);
    } else {
      unknown.push_back(i);
    }
  }
  if (!unknown.empty()) {
    logging::info("reading {} of {} layers of {} for their folders", unknown.size(), layers.size(),
                  image.name);
  }
  const file::TempDir folder("names", sources.scratch);
  parallel::for_each(unknown.size(), parallel::cores(), [&](std::size_t job) {
    if (sources.stop.stop_requested()) {
      throw base::Error(base::Kind::unavailable, "read the base image: interrupted");
    }
    const std::size_t i = unknown[job];
    const fs::path path = folder.path() / std::to_string(i);
    const auto file = oci::layer_file(image.layers[i], path);
    layers[i] = dockerfile::read_layer(path, sources.scratch, dockerfile::Contents::accounts);
    keep(layers[i], list_of(image.layers[i], sources));
  });
  dockerfile::Tree files;
  for (dockerfile::Tree& layer : layers) apply_layer(std::move(layer), files);
  return files;
}

}  // namespace docker_push
