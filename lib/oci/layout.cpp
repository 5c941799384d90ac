// SPDX-License-Identifier: Apache-2.0
#include "oci/layout.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/new_file.hpp"
#include "oci/digest.hpp"

namespace oci {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t index_cap = 4ULL << 20U;
constexpr std::string_view ref_name = "org.opencontainers.image.ref.name";
constexpr std::string_view containerd_name = "io.containerd.image.name";
constexpr std::string_view layout_file = "oci-layout";
constexpr std::string_view layout_text = R"({"imageLayoutVersion":"1.0.0"})";

// What is there and cannot be looked at is told by whoever opens it.
bool is_absent(const fs::path& path) {
  std::error_code ignored;
  return fs::status(path, ignored).type() == fs::file_type::not_found;
}

std::string blob_path(const std::string& digest) {
  return "blobs/sha256/" + digest.substr(digest.find(':') + 1);
}

http::Body need_layer(const ImageSource& source, const Descriptor& layer) {
  http::Body body = need(source, blob_path(layer.digest));
  if (body.size == layer.size) return body;
  throw base::Error(base::Kind::integrity,
                    fmt::format("read {}: layer {} has {} bytes, its manifest says {}", source.what,
                                layer.digest, body.size, layer.size),
                    "write it again");
}

std::string read_blob(const ImageSource& source, const Descriptor& blob) {
  std::string text = read_document(source, blob_path(blob.digest));
  if (digest_of(text) == blob.digest) return text;
  throw base::Error(
      base::Kind::integrity,
      fmt::format("read {}: {} has digest {}", source.what, blob.digest, digest_of(text)),
      "write it again");
}

bool has_platforms(const std::string& index, const std::string& what) {
  const json::Value document = json::parse(index, what);
  return std::ranges::any_of(json::Field(document, what)["manifests"].items(),
                             [](const json::Field& entry) { return entry["platform"].exists(); });
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
  // One image for several platforms, unless they are several images.
  if (fitting.size() > 1 && choice.name.empty() && has_platforms(index, what)) {
    return choose_platform(index, choice.platform, what);
  }
  refuse_choice(choice, what, names);
}

void keep_file(const fs::path& path, const http::Body& body, const std::string& digest) {
  std::error_code error;
  if (fs::file_size(path, error) == body.size && !error) return;  // named by its content
  file::make_directories(path.parent_path());
  file::NewFile file(path.string() + ".part");
  copy_verified(body, digest, [&file](std::span<const std::byte> bytes) { file.write(bytes); });
  file.rename_to(path);
}

json::Array other_entries(const fs::path& index, const std::string& tag) {
  json::Array others;
  const auto text = file::find(index, index_cap);
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

Draft read_layout(const ImageSource& source, const Choice& choice) {
  Descriptor at = chosen_manifest(read_document(source, "index.json"), choice, source.what);
  std::string text = read_blob(source, at);
  if (is_index(media_type_of(text, source.what))) {
    at = choose_platform(text, choice.platform, source.what);
    text = read_blob(source, at);
  }
  const Manifest manifest = parse_image_manifest(text, source.what);
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
                            .source = need_layer(source, layer)});
  }
  return draft;
}

Draft read_layout(const fs::path& folder, const Choice& choice) {
  if (is_absent(folder / "index.json") || is_absent(folder / layout_file)) {
    throw base::Error(base::Kind::environment,
                      fmt::format("read {}: no OCI image layout", folder.string()),
                      "it needs the files oci-layout and index.json");
  }
  return read_layout({.what = folder.string(),
                      .find = [&folder](const std::string& path) -> std::optional<http::Body> {
                        if (is_absent(folder / path)) return std::nullopt;
                        return body_of_file(folder / path);
                      }},
                     choice);
}

void write_layout(const fs::path& folder, const Image& image, const std::string& tag) {
  for (const Layer& layer : image.layers) {
    const std::string& digest = layer.descriptor.digest;
    keep_file(folder / blob_path(digest), std::get<http::Body>(layer.source), digest);
  }
  const std::string& config = image.config_descriptor.digest;
  keep_file(folder / blob_path(config), http::body_of(image.config), config);
  keep_file(folder / blob_path(image.digest), http::body_of(image.manifest), image.digest);
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

}  // namespace oci
