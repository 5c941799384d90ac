// SPDX-License-Identifier: Apache-2.0
#include "docker-push/jar_image.hpp"

#include <fmt/core.h>

#include <set>

#include "base/error.hpp"
#include "springboot/layers.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

constexpr std::string_view app_folder = "app";
constexpr std::string_view standard_prefix = "org.opencontainers.image.";

void add_parents(std::set<std::string>& folders, std::string path) {
  for (std::size_t slash = path.rfind('/'); slash != std::string::npos; slash = path.rfind('/')) {
    path.resize(slash);
    if (!folders.insert(path).second) return;
  }
}

// Only folders from /app down are entries: a folder of the base would lose its own mode.
void write_folders(archives::TarWriter& tar, const springboot::Layer& layer) {
  std::set<std::string> folders;
  for (const archives::ZipEntry* file : layer.files) {
    add_parents(folders, fmt::format("{}/{}", app_folder, file->name));
  }
  for (const std::string& folder : folders) {
    tar.add({.path = folder, .kind = archives::TarKind::directory, .mode = 0755});
  }
}

void write_file(archives::TarWriter& tar, const archives::ZipReader& zip,
                const archives::ZipEntry& file, const std::stop_token& stop) {
  tar.begin({.path = fmt::format("{}/{}", app_folder, file.name), .size = file.size});
  zip.read(file, [&tar, &stop](std::span<const std::byte> bytes) {
    if (stop.stop_requested())
      throw base::Error(base::Kind::unavailable, "make the image: interrupted");
    tar.write(bytes);
  });
}

// What the labels of our image say; a URL's user and password are nobody's business.
std::string without_user(const std::string& url) {
  const auto parts = text::cut(url, "://");
  if (!parts) return url;
  const std::size_t path = std::min(parts->second.find('/'), parts->second.size());
  const std::size_t at = parts->second.substr(0, path).rfind('@');
  if (at == std::string_view::npos) return url;
  return fmt::format("{}://{}", parts->first, parts->second.substr(at + 1));
}

oci::Annotations annotations_of(const Provenance& provenance, const oci::BaseImage& base) {
  oci::Annotations annotations;
  const auto add = [&annotations](std::string_view name, const std::string& value) {
    if (!value.empty()) annotations.emplace_back(fmt::format("{}{}", standard_prefix, name), value);
  };
  add("created", provenance.created);
  add("revision", provenance.revision);
  add("source", without_user(provenance.source));
  add("version", provenance.version);
  if (base.in_registry) {
    add("base.name", base.name);
    add("base.digest", base.digest);
  }
  return annotations;
}

}  // namespace

std::vector<oci::Layer> jar_layers(const archives::ZipReader& zip, const springboot::BootJar& jar,
                                   const std::filesystem::path& scratch, std::stop_token stop) {
  std::vector<oci::Layer> layers;
  for (const springboot::Layer& layer : springboot::layers(zip, jar)) {
    if (layer.files.empty()) continue;
    oci::LayerWriter writer(scratch / fmt::format("layer-{}", layers.size()));
    write_folders(writer.tar(), layer);
    for (const archives::ZipEntry* file : layer.files) write_file(writer.tar(), zip, *file, stop);
    layers.push_back(writer.finish(layer.name));
  }
  return layers;
}

oci::Image jar_image(const JarImage& input, const oci::BaseImage& base,
                     std::vector<oci::Layer> layers) {
  oci::ImageConfig config = base.config;
  config.created = input.provenance.created;
  config.working_dir = fmt::format("/{}", app_folder);
  config.entrypoint = {"java", "-cp", config.working_dir, input.jar.launcher};
  config.cmd.clear();  // the base's are for its own entry point
  config.exposed_ports.insert(fmt::format("{}/tcp", input.port));
  if (!input.user.empty()) config.user = input.user;

  // The base's version, revision and so on are not ours.
  std::erase_if(config.labels,
                [](const auto& label) { return label.first.starts_with(standard_prefix); });
  const oci::Annotations annotations = annotations_of(input.provenance, base);
  for (const auto& [name, value] : annotations) config.labels[name] = value;

  std::vector<oci::Layer> all = base.layers;
  for (oci::Layer& layer : layers) {
    config.history.push_back(
        {.created = input.provenance.created, .created_by = "docker-push", .comment = layer.name});
    all.push_back(std::move(layer));
  }
  return oci::assemble(std::move(all), std::move(config), annotations);
}

}  // namespace docker_push
