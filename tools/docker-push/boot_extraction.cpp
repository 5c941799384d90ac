// SPDX-License-Identifier: Apache-2.0
#include "docker-push/boot_extraction.hpp"

#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archives/zip_reader.hpp"
#include "base/error.hpp"
#include "docker-push/jar_file.hpp"
#include "docker-push/jar_recipes.hpp"
#include "file/new_file.hpp"
#include "file/temp_dir.hpp"
#include "parallel/parallel.hpp"
#include "springboot/boot_jar.hpp"
#include "springboot/layers.hpp"
#include "springboot/tools_layout.hpp"

namespace docker_push {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view manifest_name = "META-INF/MANIFEST.MF";

// A file of bytes that no file of the machine has; kept as long as an entry needs it. It is never
// renamed: that would wait for the disk.
struct Kept {
  explicit Kept(const fs::path& scratch) : folder("extract", scratch) {}
  file::TempDir folder;
  file::NewFile contents{folder.path() / "contents"};
  JarFile jar{};  // stored libraries are ranges of it
  fs::path path() const { return folder.path() / "contents"; }
};

class Extraction {
 public:
  Extraction(const dockerfile::ExtractBootJar& extraction, const fs::path& scratch)
      : extraction_(extraction),
        kept_(std::make_shared<Kept>(scratch)),
        zip_(open(extraction.origin, scratch)),
        jar_(springboot::boot_jar(zip_)) {}

  dockerfile::Tree run() {
    const auto layers = springboot::layers(zip_, jar_);
    std::optional<springboot::ToolsLayout> tools;
    if (!extraction_.launcher) {
      require_jar();
      tools = springboot::tools_layout(zip_, jar_);
    }
    for (const springboot::Layer& layer : layers) {
      const std::string root = root_of(layer);
      add_folder(root);
      for (const archives::ZipEntry* file : layer.files) {
        if (!tools) {
          add(root + '/' + file->name, *file);
          continue;
        }
        const auto library = springboot::library_path(jar_, file->name);
        if (!library.empty()) add(root + '/' + library, *file);
        if (file->name == manifest_name) {
          add_bytes(fmt::format("{}/{}", root, jar_name()), application_jar_bytes(zip_, *tools));
        }
      }
    }
    check_stored();
    return std::move(tree_);
  }

 private:
  fs::path open(const dockerfile::Origin& origin, const fs::path& scratch) const {
    kept_->jar = jar_file(origin, scratch);
    return kept_->jar.path;
  }

  std::string root_of(const springboot::Layer& layer) const {
    std::string root = extraction_.destination;
    while (root.ends_with('/')) root.pop_back();
    if (extraction_.layers) root += '/' + layer.name;
    return root.empty() ? root : root.substr(1);
  }

  void require_jar() const {
    if (jar_.content_root == "BOOT-INF/") return;
    throw base::Error(
        base::Kind::refused,
        fmt::format("extract {}: a war has no layout of jar and libraries", extraction_.jar),
        "add --launcher to the extraction, and start its launcher");
  }

  std::string_view jar_name() const {
    return std::string_view(extraction_.jar).substr(extraction_.jar.rfind('/') + 1);
  }

  void add_folder(const std::string& path) {
    if (path.empty()) return;
    dockerfile::Entry folder;
    folder.header = {.path = path, .kind = archives::TarKind::directory, .mode = 0755};
    folder.if_absent = true;
    dockerfile::add_parents(tree_, path, folder);
    tree_.emplace(path, std::move(folder));
  }

  void put(std::string path, dockerfile::Origin origin) {
    while (path.starts_with('/')) path.erase(0, 1);
    dockerfile::Entry entry;
    entry.header = {.path = path, .size = origin.size};
    entry.origin = std::move(origin);
    dockerfile::add_parents(tree_, path, {});
    tree_.insert_or_assign(std::move(path), std::move(entry));
  }

  // Libraries are stored in the jar, where their bytes can be taken from.
  void add(std::string path, const archives::ZipEntry& file) {
    if (file.method == archives::ZipMethod::stored) {
      const auto range = zip_.range(file);
      stored_.push_back(&file);
      return put(
          std::move(path),
          {.file = kept_->jar.path, .offset = range.offset, .size = file.size, .keep = kept_});
    }
    const std::uint64_t begin = kept_->contents.size();
    zip_.read(file, [this](std::span<const std::byte> bytes) { kept_->contents.write(bytes); });
    put(std::move(path), kept(begin));
  }

  void add_bytes(std::string path, const std::string& bytes) {
    const std::uint64_t begin = kept_->contents.size();
    kept_->contents.write(archives::bytes_of(bytes));
    put(std::move(path), kept(begin));
  }

  dockerfile::Origin kept(std::uint64_t begin) const {
    return {.file = kept_->path(),
            .offset = begin,
            .size = kept_->contents.size() - begin,
            .keep = kept_};
  }

  // A library whose checksum is wrong must not get into an image.
  void check_stored() const {
    parallel::for_each(stored_.size(), parallel::cores(), [this](std::size_t i) {
      zip_.read(*stored_[i], [](std::span<const std::byte>) {});
    });
  }

  const dockerfile::ExtractBootJar& extraction_;
  std::shared_ptr<Kept> kept_;
  archives::ZipReader zip_;
  springboot::BootJar jar_;
  std::vector<const archives::ZipEntry*> stored_;
  dockerfile::Tree tree_;
};

}  // namespace

dockerfile::Tree extract_boot_jar(const dockerfile::ExtractBootJar& extraction,
                                  const fs::path& scratch) {
  return Extraction(extraction, scratch).run();
}

}  // namespace docker_push
