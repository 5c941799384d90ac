// SPDX-License-Identifier: Apache-2.0
#include "oci/docker_archive.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "archives/gunzip.hpp"
#include "archives/tar_reader.hpp"
#include "archives/tar_writer.hpp"
#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/new_file.hpp"
#include "oci/layer_recipe.hpp"
#include "oci/layout.hpp"
#include "parallel/parallel.hpp"

namespace oci {
namespace {

namespace fs = std::filesystem;

json::Field chosen_entry(const json::Field& manifest, const Choice& choice,
                         const std::string& what) {
  std::vector<json::Field> fitting;
  std::vector<std::string> names;
  for (const json::Field& entry : manifest.items()) {
    bool fits = choice.name.empty();
    for (const json::Field& name : entry["RepoTags"].items()) {
      names.push_back(name.string());
      fits |= is_meant(name.string(), choice.name);
    }
    if (fits) fitting.push_back(entry);
  }
  if (fitting.size() == 1) return fitting.front();
  refuse_choice(choice, what, names);
}

bool is_gzip(const http::Body& body) {
  std::array<char, 2> magic{};
  return body.size > 2 && body.read(0, magic) == 2 && magic[0] == '\x1f' && magic[1] == '\x8b';
}

struct GzipDigests {
  std::string digest{};
  std::string diff_id{};
};

// Inflated too, since an archive says only what the inflated bytes are.
GzipDigests gzip_digests(const http::Body& body, const std::string& what) {
  crypto::Sha256 compressed;
  crypto::Sha256 inflated;
  archives::Gunzip gunzip(
      [&inflated](std::span<const std::byte> bytes) { inflated.update(bytes); });
  bool sound = true;
  copy(body, [&](std::span<const std::byte> bytes) {
    compressed.update(bytes);
    sound = sound && gunzip.feed(bytes);
  });
  if (!sound || !gunzip.is_whole()) {
    throw base::Error(
        base::Kind::integrity,
        fmt::format("read {}: its gzip stream {}", what, sound ? "ends early" : "is damaged"),
        "write the archive again");
  }
  return {"sha256:" + compressed.finish_hex(), "sha256:" + inflated.finish_hex()};
}

// A layer as it lies in an archive: compressed already, or a plain tar still to be compressed.
Layer archived_layer(const http::Body& body, const std::string& diff_id, std::string name,
                     const std::string& archive) {
  if (is_gzip(body)) {
    const std::string what = fmt::format("{}: {}", archive, name);
    const GzipDigests digests = gzip_digests(body, what);
    if (digests.diff_id != diff_id) {
      throw base::Error(base::Kind::integrity,
                        fmt::format("read {}: its tar has digest {}, the image says {}", what,
                                    digests.diff_id, diff_id),
                        "write the archive again");
    }
    return {.descriptor = {.media_type = std::string(media_type::layer_gzip),
                           .digest = digests.digest,
                           .size = body.size},
            .diff_id = diff_id,
            .name = std::move(name),
            .source = body};
  }
  auto recipe = std::make_shared<LayerRecipe>();
  recipe->name = std::move(name);
  recipe->tar = WholeTar{.diff_id = diff_id,
                         .size = body.size,
                         .read = [body](const archives::Sink& sink) { copy(body, sink); }};
  return layer_of(std::move(recipe));
}

// manifest.json of `docker save`: a list of {Config, RepoTags, Layers}.
Draft read_docker(const ImageSource& source, const Choice& choice) {
  const std::string what = source.what + ": manifest.json";
  const json::Value parsed = json::parse(read_document(source, "manifest.json"), what);
  const json::Field entry = chosen_entry(json::Field(parsed, what), choice, source.what);
  Draft draft{.exact_config = read_document(source, entry["Config"].string())};
  draft.config = parse_image_config(draft.exact_config, "config of " + source.what);
  const auto layers = entry["Layers"].items();
  if (layers.size() != draft.config.diff_ids.size()) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read {}: {} layers but {} diff ids", source.what, layers.size(),
                                  draft.config.diff_ids.size()));
  }
  std::vector<http::Body> bodies;
  for (const json::Field& layer : layers) bodies.push_back(need(source, layer.string()));
  draft.layers.resize(bodies.size());
  parallel::for_each(bodies.size(), parallel::cores(), [&](std::size_t i) {
    draft.layers[i] = archived_layer(bodies[i], draft.config.diff_ids[i],
                                     fmt::format("layer {}", i + 1), source.what);
  });
  return draft;
}

// The regular files of a tar, each in a file of its own that is gone when nobody needs it.
class Unpacked {
 public:
  Unpacked(const fs::path& tar, fs::path scratch) : scratch_(std::move(scratch)) {
    archives::read_tar(tar, [this](const archives::TarEntry& entry) { return take(entry); });
  }

  std::optional<http::Body> find(const std::string& path) const {
    auto at = path;
    // A layer that two images share is a link in the archives of older engines.
    for (int hops = 0; hops < 8; ++hops) {
      if (const auto file = files_.find(at); file != files_.end()) return body_of(file->second);
      const auto link = links_.find(at);
      if (link == links_.end()) return std::nullopt;
      at = link->second;
    }
    return std::nullopt;
  }

 private:
  archives::Sink take(const archives::TarEntry& entry) {
    if (!entry.link_target.empty()) {
      const auto target = entry.kind == archives::TarKind::symlink
                              ? fs::path(entry.path).parent_path() / entry.link_target
                              : fs::path(entry.link_target);
      links_[entry.path] = target.lexically_normal().string();
      return {};
    }
    if (entry.kind != archives::TarKind::regular) return {};
    auto file = std::make_shared<file::NewFile>(scratch_ / fmt::format("member-{}", files_.size()));
    files_[entry.path] = file;
    return [file](std::span<const std::byte> bytes) { file->write(bytes); };
  }

  static http::Body body_of(const std::shared_ptr<file::NewFile>& file) {
    return {.size = file->size(), .read = [file](std::uint64_t offset, std::span<char> buffer) {
              return read_at(file->descriptor(), offset, buffer);
            }};
  }

  fs::path scratch_;
  std::map<std::string, std::shared_ptr<file::NewFile>> files_;
  std::map<std::string, std::string> links_;
};

}  // namespace

Draft read_image_archive(const fs::path& tar, const Choice& choice, const fs::path& scratch) {
  const auto unpacked = std::make_shared<Unpacked>(tar, scratch);
  const ImageSource source{.what = tar.string(), .find = [unpacked](const std::string& path) {
                             return unpacked->find(path);
                           }};
  if (source.find("manifest.json")) return read_docker(source, choice);
  if (source.find("index.json")) return read_layout(source, choice);
  throw base::Error(
      base::Kind::integrity,
      fmt::format("read {}: neither manifest.json nor index.json is in it", tar.string()),
      "give what docker save, or skopeo copy … oci-archive:FILE, wrote");
}

void write_image_archive(const fs::path& tar, const Image& image,
                         const std::vector<std::string>& names) {
  std::error_code error;
  if (fs::exists(tar, error) && !fs::is_regular_file(tar, error)) {
    throw base::Error(base::Kind::usage,
                      fmt::format("write {}: it is there and no regular file", tar.string()),
                      "give the name of a new file");
  }
  file::make_directories(tar.parent_path());
  file::NewFile file(tar.string() + ".part");
  archives::TarWriter writer([&file](std::span<const std::byte> bytes) { file.write(bytes); });
  const auto hex = [](const std::string& digest) { return digest.substr(digest.find(':') + 1); };
  json::Array layers;
  std::vector<std::string> written;
  for (const Layer& layer : image.layers) {
    const std::string name = hex(layer.descriptor.digest) + ".tar.gz";
    layers.emplace_back(name);
    if (std::ranges::find(written, name) != written.end()) continue;
    written.push_back(name);
    const auto& body = std::get<http::Body>(layer.source);
    writer.begin({.path = name, .size = body.size});
    copy_verified(body, layer.descriptor.digest,
                  [&writer](std::span<const std::byte> bytes) { writer.write(bytes); });
  }
  const std::string config = hex(image.config_descriptor.digest) + ".json";
  writer.add({.path = config}, image.config);
  json::Array tags;
  for (const std::string& name : names) tags.emplace_back(name);
  writer.add(
      {.path = "manifest.json"},
      json::write(json::Array{json::object(
          {{"Config", config}, {"RepoTags", std::move(tags)}, {"Layers", std::move(layers)}})}));
  writer.finish();
  file.rename_to(tar);
}

}  // namespace oci
