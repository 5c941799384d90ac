// SPDX-License-Identifier: Apache-2.0
#include "docker-push/build_context.hpp"

#include <memory>
#include <string_view>
#include <utility>

#include "archives/tar_writer.hpp"
#include "dockerfile/ignore.hpp"
#include "dockerfile/parser.hpp"
#include "dockerfile/tree.hpp"
#include "file/file.hpp"
#include "file/read_at.hpp"
#include "file/scratch_file.hpp"
#include "file/steady_file.hpp"

namespace docker_push {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view ignore_name = ".dockerignore";
constexpr std::string_view extra_name = ".stagecraft.Dockerfile";

dockerfile::Entry text_entry(std::string_view path, std::string text) {
  dockerfile::Entry entry;
  entry.header.path = path;
  entry.header.size = text.size();
  entry.origin = {.size = text.size(), .text = std::move(text)};
  return entry;
}

// The engine reads .dockerignore once more, and takes the Dockerfile and that file itself away when
// it names them; that is how docker's own program sends a Dockerfile from outside too.
void add_unseen_dockerfile(dockerfile::Tree& tree, std::string text) {
  const auto found = tree.find(ignore_name);
  std::string patterns;
  if (found != tree.end() && !found->second.origin.file.empty()) {
    patterns = file::read(found->second.origin.file) + '\n';
  } else {
    patterns = std::string(ignore_name) + '\n';
  }
  patterns += std::string(extra_name) + '\n';
  tree.insert_or_assign(std::string(ignore_name), text_entry(ignore_name, std::move(patterns)));
  tree.insert_or_assign(std::string(extra_name), text_entry(extra_name, std::move(text)));
}

void write(const dockerfile::Tree& tree, const archives::Sink& sink) {
  archives::TarWriter tar(sink);
  for (const auto& [path, entry] : tree) {
    archives::TarEntry header = entry.header;
    if (header.kind != archives::TarKind::regular || entry.origin.file.empty()) {
      tar.add(header, entry.origin.text);
      continue;
    }
    const file::SteadyFile file(entry.origin.file);
    header.size = file.size();
    tar.begin(header);
    file.read([&tar](std::span<const std::byte> bytes) { tar.write(bytes); });
  }
  tar.finish();
}

}  // namespace

BuildContext pack_context(const fs::path& dockerfile, const fs::path& folder,
                          const fs::path& scratch) {
  dockerfile::Tree tree =
      dockerfile::read_context(folder, dockerfile::read_ignore_patterns(dockerfile, folder));
  BuildContext context;
  context.dockerfile =
      fs::weakly_canonical(dockerfile).lexically_relative(fs::weakly_canonical(folder));
  if (!tree.contains(context.dockerfile)) {
    add_unseen_dockerfile(tree, file::read(dockerfile, dockerfile::most_dockerfile_bytes));
    context.dockerfile = extra_name;
  }
  const auto file = std::make_shared<file::ScratchFile>(scratch);
  write(tree, [&file](std::span<const std::byte> bytes) { file->append(bytes); });
  context.tar = {
      .size = file->size(), .read = [file](std::uint64_t offset, std::span<char> buffer) {
        return file::read_at(file->descriptor(), offset, buffer, "read the build context back");
      }};
  return context;
}

}  // namespace docker_push
