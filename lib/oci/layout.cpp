// SPDX-License-Identifier: Apache-2.0
#include "oci/layout.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <system_error>

#include "archives/tar_reader.hpp"
#include "archives/tar_writer.hpp"
#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/new_file.hpp"
#include "oci/digest.hpp"
#include "oci/layer_recipe.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t document_cap = 4ULL << 20U;
constexpr std::string_view ref_name = "org.opencontainers.image.ref.name";
constexpr std::string_view containerd_name = "io.containerd.image.name";
constexpr std::string_view layout_file = "oci-layout";
constexpr std::string_view layout_text = R"({"imageLayoutVersion":"1.0.0"})";

// The files of an image that is not in a registry, by their path in it.
using FindFile = std::function<std::optional<http::Body>(const std::string& path)>;

struct Source {
  std::string what;  // for messages
  FindFile find;
};

http::Body need(const Source& source, const std::string& path) {
  if (auto body = source.find(path)) return *std::move(body);
  throw base::Error(base::Kind::integrity, fmt::format("read {}: it has no {}", source.what, path),
                    "write it again");
}

std::string read_document(const Source& source, const std::string& path) {
  const http::Body body = need(source, path);
  if (body.size > document_cap) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read {}: {} has {} bytes", source.what, path, body.size));
  }
  std::string text(body.size, '\0');
  for (std::uint64_t done = 0; done < body.size;) {
    const auto count = body.read(done, std::span(text).subspan(done));
    if (count == 0) {
      throw base::Error(base::Kind::integrity,
                        fmt::format("read {}: {} is cut short", source.what, path));
    }
    done += count;
  }
  return text;
}

std::string blob_path(const std::string& digest) {
  return "blobs/sha256/" + digest.substr(digest.find(':') + 1);
}

std::string read_blob(const Source& source, const Descriptor& blob) {
  std::string text = read_document(source, blob_path(blob.digest));
  if (digest_of(text) == blob.digest) return text;
  throw base::Error(
      base::Kind::integrity,
      fmt::format("read {}: {} has digest {}", source.what, blob.digest, digest_of(text)));
}

// "docker.io/acme/shop:1.2" is meant by itself, by "acme/shop:1.2" and by "1.2".
bool is_meant(const std::string& name, const std::string& asked) {
  if (name == asked) return true;
  if (!name.ends_with(asked)) return false;
  const char before = name[name.size() - asked.size() - 1];
  return before == '/' || before == ':';
}

Descriptor chosen_manifest(const std::string& index, const Choice& choice,
                           const std::string& what) {
  const json::Value document = json::parse(index, what);
  std::vector<Descriptor> fitting;
  std::vector<std::string> names;
  for (const json::Field& entry : json::Field(document, what)["manifests"].items()) {
    Descriptor descriptor = parse_descriptor(entry);
    std::string name = descriptor.annotation(containerd_name);
    if (name.empty()) name = descriptor.annotation(ref_name);
    names.push_back(name.empty() ? short_digest(descriptor.digest) : name);
    if (choice.name.empty() || is_meant(name, choice.name) ||
        descriptor.annotation(ref_name) == choice.name) {
      fitting.push_back(std::move(descriptor));
    }
  }
  if (fitting.size() == 1) return fitting.front();
  if (fitting.size() > 1 && choice.name.empty()) return choose_platform(index, choice.platform, what);
  throw base::Error(base::Kind::refused,
                    fmt::format("find {} in {}: it has {}",
                                choice.name.empty() ? "an image" : "'" + choice.name + "'", what,
                                names.empty() ? "none" : text::join(names, ", ")),
                    "name one of them after '@', as in FILE@NAME");
}

Draft read_oci(const Source& source, const Choice& choice) {
  Descriptor at = chosen_manifest(read_document(source, "index.json"), choice, source.what);
  std::string text = read_blob(source, at);
  if (is_index(media_type_of(text, source.what))) {
    at = choose_platform(text, choice.platform, source.what);
    text = read_blob(source, at);
  }
  const Manifest manifest = parse_manifest(text, source.what);
  Draft draft{.exact_config = read_blob(source, manifest.config), .exact_manifest = text};
  draft.config = parse_image_config(draft.exact_config, "config of " + source.what);
  if (draft.config.diff_ids.size() != manifest.layers.size()) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read {}: {} layers but {} diff ids", source.what,
                                  manifest.layers.size(), draft.config.diff_ids.size()));
  }
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const Descriptor& layer = manifest.layers[i];
    draft.layers.push_back({.descriptor = layer,
                            .diff_id = draft.config.diff_ids[i],
                            .name = fmt::format("layer {}", i + 1),
                            .source = need(source, blob_path(layer.digest))});
  }
  return draft;
}

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
  throw base::Error(base::Kind::refused,
                    fmt::format("find {} in {}: it has {}",
                                choice.name.empty() ? "one image" : "'" + choice.name + "'", what,
                                names.empty() ? "no names" : text::join(names, ", ")),
                    "name one of them after '@', as in FILE@NAME");
}

bool is_gzip(const http::Body& body) {
  std::array<char, 2> magic{};
  return body.size > 2 && body.read(0, magic) == 2 && magic[0] == '\x1f' && magic[1] == '\x8b';
}

// A layer as it lies in an archive: compressed already, or a plain tar still to be compressed.
Layer archived_layer(const http::Body& body, const std::string& diff_id, std::string name) {
  if (is_gzip(body)) {
    crypto::Sha256 hash;
    copy(body, [&hash](std::span<const std::byte> bytes) { hash.update(bytes); });
    return {.descriptor = {.media_type = std::string(media_type::layer_gzip),
                           .digest = "sha256:" + hash.finish_hex(),
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
Draft read_docker(const Source& source, const Choice& choice) {
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
  for (std::size_t i = 0; i < layers.size(); ++i) {
    draft.layers.push_back(archived_layer(need(source, layers[i].string()),
                                          draft.config.diff_ids[i],
                                          fmt::format("layer {}", i + 1)));
  }
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
    auto file =
        std::make_shared<file::NewFile>(scratch_ / fmt::format("member-{}", files_.size()));
    files_[entry.path] = file;
    return [file](std::span<const std::byte> bytes) { file->write(bytes); };
  }

  static http::Body body_of(const std::shared_ptr<file::NewFile>& file) {
    return {.size = file->size(),
            .read = [file](std::uint64_t offset, std::span<char> buffer) {
              return read_at(file->descriptor(), offset, buffer);
            }};
  }

  fs::path scratch_;
  std::map<std::string, std::shared_ptr<file::NewFile>> files_;
  std::map<std::string, std::string> links_;
};

void keep_file(const fs::path& path, const http::Body& body) {
  std::error_code error;
  if (fs::file_size(path, error) == body.size && !error) return;  // named by its content
  file::make_directories(path.parent_path());
  file::NewFile file(path.string() + ".part");
  copy(body, [&file](std::span<const std::byte> bytes) { file.write(bytes); });
  file.rename_to(path);
}

json::Array other_entries(const fs::path& index, const std::string& tag) {
  json::Array others;
  const auto text = file::find(index, document_cap);
  if (!text) return others;
  const json::Value document = json::parse(*text, index.string());
  const json::Value* manifests = document.find("manifests");
  const json::Array* entries = manifests == nullptr ? nullptr : manifests->find_array();
  if (entries == nullptr) return others;
  std::ranges::copy_if(*entries, std::back_inserter(others), [&](const json::Value& entry) {
    const auto descriptor = parse_descriptor(json::Field(entry, index.string()));
    return descriptor.annotation(ref_name) != tag;
  });
  return others;
}

}  // namespace

Draft read_layout(const fs::path& folder, const Choice& choice) {
  if (!fs::exists(folder / "index.json") || !fs::exists(folder / layout_file)) {
    throw base::Error(base::Kind::environment,
                      fmt::format("read {}: no OCI image layout", folder.string()),
                      "it needs the files oci-layout and index.json");
  }
  return read_oci({.what = folder.string(),
                   .find = [&folder](const std::string& path) -> std::optional<http::Body> {
                     if (!fs::exists(folder / path)) return std::nullopt;
                     return body_of_file(folder / path);
                   }},
                  choice);
}

Draft read_image_archive(const fs::path& tar, const Choice& choice, const fs::path& scratch) {
  const auto unpacked = std::make_shared<Unpacked>(tar, scratch);
  const Source source{.what = tar.string(), .find = [unpacked](const std::string& path) {
                        return unpacked->find(path);
                      }};
  if (source.find("manifest.json")) return read_docker(source, choice);
  if (source.find("index.json")) return read_oci(source, choice);
  throw base::Error(base::Kind::integrity,
                    fmt::format("read {}: neither manifest.json nor index.json is in it",
                                tar.string()),
                    "give what docker save, or skopeo copy … oci-archive:FILE, wrote");
}

void write_layout(const fs::path& folder, const Image& image, const std::string& tag) {
  for (const Layer& layer : image.layers) {
    keep_file(folder / blob_path(layer.descriptor.digest), std::get<http::Body>(layer.source));
  }
  keep_file(folder / blob_path(image.config_descriptor.digest), http::body_of(image.config));
  keep_file(folder / blob_path(image.digest), http::body_of(image.manifest));
  file::write_atomically(folder / layout_file, layout_text);

  const auto index = folder / "index.json";
  json::Array manifests = other_entries(index, tag);
  manifests.push_back(to_json(Descriptor{.media_type = image.manifest_type,
                                         .digest = image.digest,
                                         .size = image.manifest.size(),
                                         .annotations = {{std::string(ref_name), tag}}}));
  file::write_atomically(index, json::write(json::object({{"schemaVersion", 2},
                                                          {"mediaType", media_type::index},
                                                          {"manifests", std::move(manifests)}})));
}

void write_image_archive(const fs::path& tar, const Image& image,
                         const std::vector<std::string>& names) {
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
    copy(body, [&writer](std::span<const std::byte> bytes) { writer.write(bytes); });
  }
  const std::string config = hex(image.config_descriptor.digest) + ".json";
  writer.add({.path = config}, image.config);
  json::Array tags;
  for (const std::string& name : names) tags.emplace_back(name);
  writer.add({.path = "manifest.json"},
             json::write(json::Array{json::object({{"Config", config},
                                                   {"RepoTags", std::move(tags)},
                                                   {"Layers", std::move(layers)}})}));
  writer.finish();
  file.rename_to(tar);
}

}  // namespace oci
