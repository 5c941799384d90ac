// SPDX-License-Identifier: Apache-2.0
#include "support/flat_image.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <memory>

#include "archives/tar_reader.hpp"
#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/field.hpp"
#include "text/split.hpp"

namespace support {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

constexpr std::uint64_t most_bytes = 64U << 20U;
constexpr std::string_view whiteout = ".wh.";

// Members of the archive that are regular files; a link is another name of one.
std::map<std::string, fs::path> unpack(const fs::path& archive, const fs::path& folder) {
  std::map<std::string, fs::path> members;
  std::map<std::string, std::string> links;
  archives::read_tar(archive, [&](const archives::TarEntry& entry) -> archives::Sink {
    if (entry.kind == archives::TarKind::symlink) {
      links[entry.path] =
          (fs::path(entry.path).parent_path() / entry.link_target).lexically_normal();
      return {};
    }
    if (entry.kind != archives::TarKind::regular) return {};
    const fs::path path = folder / std::to_string(members.size());
    members[entry.path] = path;
    auto content = std::make_shared<std::string>();
    if (entry.size == 0) {
      file::write_atomically_unsynced(path, "");
      return {};
    }
    return [=, size = entry.size](std::span<const std::byte> bytes) {
      for (const std::byte each : bytes) *content += static_cast<char>(each);
      if (content->size() == size) file::write_atomically_unsynced(path, *content);
    };
  });
  for (const auto& [name, target] : links) members[name] = members.at(target);
  return members;
}

void remove_with_content(Files& files, const std::string& path) {
  files.erase(path);
  std::erase_if(files, [&](const auto& file) { return file.first.starts_with(path + '/'); });
}

// A layer on its own, folders that it leaves out made up.
Files read_layer(const fs::path& path) {
  Files files;
  archives::read_tar(path, [&](const archives::TarEntry& entry) -> archives::Sink {
    for (auto slash = entry.path.find('/'); slash != std::string::npos;
         slash = entry.path.find('/', slash + 1)) {
      files.emplace(entry.path.substr(0, slash), "dir 0755 0:0");
    }
    const std::string owner = fmt::format("{}:{}", entry.uid, entry.gid);
    std::string& node = files[entry.path];
    switch (entry.kind) {
      case archives::TarKind::directory:
        node = fmt::format("dir {:04o} {}", entry.mode, owner);
        return {};
      case archives::TarKind::symlink:
        node = fmt::format("link -> {} {}", entry.link_target, owner);
        return {};
      case archives::TarKind::regular:
        break;
    }
    if (!entry.link_target.empty()) {  // a hard link
      node = files.at(entry.link_target);
      return {};
    }
    node = fmt::format("file {:04o} {} {}", entry.mode, owner, crypto::sha256_hex(""));
    auto sum = std::make_shared<crypto::Sha256>();
    auto missing = std::make_shared<std::uint64_t>(entry.size);
    return [=, &node](std::span<const std::byte> bytes) {
      sum->update(bytes);
      *missing -= bytes.size();
      if (*missing == 0) node.replace(node.rfind(' ') + 1, 64, sum->finish_hex());
    };
  });
  return files;
}

void put_layer(const Files& layer, Files& files) {
  for (const auto& [path, node] : layer) {
    const fs::path whole(path);
    const std::string name = whole.filename();
    if (!name.starts_with(whiteout)) continue;
    const std::string folder = whole.parent_path();
    if (name == ".wh..wh..opq") {
      std::erase_if(files, [&](const auto& file) { return file.first.starts_with(folder + '/'); });
    } else {
      remove_with_content(files, whole.parent_path() / name.substr(whiteout.size()));
    }
  }
  for (const auto& [path, node] : layer) {
    if (fs::path(path).filename().string().starts_with(whiteout)) continue;
    if (!node.starts_with("dir")) remove_with_content(files, path);
    files[path] = node;
  }
}

bool is_empty(const json::Value& value) {
  if (const auto* text = value.find_string()) return text->empty();
  if (const auto* items = value.find_array()) return items->empty();
  if (const auto* members = value.find_object()) return members->empty();
  return value.is_null();
}

json::Value sorted(const json::Value& value) {
  const json::Object* members = value.find_object();
  if (!members) return value;
  json::Object result = *members;
  // What docker-push says of where an image comes from is no part of the comparison.
  std::erase_if(result, [](const json::Member& member) {
    return member.name.starts_with("org.opencontainers.image.");
  });
  std::sort(result.begin(), result.end(),
            [](const auto& left, const auto& right) { return left.name < right.name; });
  return result;
}

std::map<std::string, std::string> read_config(const json::Field& config) {
  constexpr std::array<const char*, 12> names{
      "Env",          "Cmd",     "Entrypoint", "WorkingDir",  "User",  "Labels",
      "ExposedPorts", "Volumes", "StopSignal", "Healthcheck", "Shell", "OnBuild"};
  std::map<std::string, std::string> result;
  for (const char* name : names) {
    if (!config[name].exists()) continue;
    const json::Value value = sorted(config[name].value());
    if (!is_empty(value)) result[name] = json::write(value);
  }
  return result;
}

void compare(const std::map<std::string, std::string>& theirs,
             const std::map<std::string, std::string>& ours, std::string_view prefix,
             std::vector<std::string>& lines) {
  for (const auto& [name, value] : theirs) {
    const auto found = ours.find(name);
    const std::string& other = found == ours.end() ? "nothing" : found->second;
    if (other != value)
      lines.push_back(fmt::format("{}{}: {}; ours: {}", prefix, name, value, other));
  }
  for (const auto& [name, value] : ours) {
    if (!theirs.contains(name)) {
      lines.push_back(fmt::format("{}{}: nothing; ours: {}", prefix, name, value));
    }
  }
}

}  // namespace

FlatImage read_flat_image(const fs::path& archive, const fs::path& scratch) {
  const file::TempDir folder("flat-image", scratch);
  const auto members = unpack(archive, folder.path());
  const auto read = [&](const std::string& name) {
    return json::parse(file::read(members.at(name), most_bytes), name);
  };
  const json::Value list = read("manifest.json");
  const json::Field manifest = json::Field(list, "manifest.json").items().at(0);
  FlatImage image;
  for (const json::Field& layer : manifest["Layers"].items()) {
    put_layer(read_layer(members.at(layer.string())), image.files);
  }
  const json::Value config = read(manifest["Config"].string());
  image.config = read_config(json::Field(config, "image config")["config"]);
  return image;
}

std::vector<std::string> differences(const FlatImage& theirs, const FlatImage& ours) {
  std::vector<std::string> lines;
  compare(theirs.files, ours.files, "/", lines);
  compare(theirs.config, ours.config, "", lines);
  return lines;
}

}  // namespace support
