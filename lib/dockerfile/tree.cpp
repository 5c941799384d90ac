// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/tree.hpp"

#include <fmt/core.h>

#include <deque>
#include <utility>

#include "base/error.hpp"
#include "text/split.hpp"

namespace dockerfile {
namespace {

namespace fs = std::filesystem;

constexpr int most_links = 64;

class ContextReader {
 public:
  ContextReader(const PathPatterns& ignored, std::size_t most) : ignored_(ignored), most_(most) {}

  void read(const fs::path& folder, const std::string& prefix, const PathPatterns::Memory& above) {
    for (const auto& found : fs::directory_iterator(folder)) {
      const std::string path = prefix + found.path().filename().string();
      PathPatterns::Memory below;
      const bool out = ignored_.matches(path, above, below);
      const fs::file_status status = found.symlink_status();
      if (!out) add(path, found, status);
      if (status.type() == fs::file_type::directory && (!out || ignored_.has_exceptions())) {
        read(found.path(), path + "/", below);
      }
    }
  }

  Tree take() { return std::move(tree_); }

 private:
  void add(const std::string& path, const fs::directory_entry& found,
           const fs::file_status& status) {
    Entry entry;
    entry.header.path = path;
    switch (status.type()) {
      case fs::file_type::regular: {
        const auto bits = status.permissions() & fs::perms::owner_exec;
        entry.header.mode = bits == fs::perms::none ? 0644 : 0755;
        entry.header.size = found.file_size();
        entry.origin = {.file = found.path(), .size = entry.header.size};
        break;
      }
      case fs::file_type::directory:
        entry.header.kind = archives::TarKind::directory;
        entry.header.mode = 0755;
        break;
      case fs::file_type::symlink:
        entry.header.kind = archives::TarKind::symlink;
        entry.header.mode = 0777;
        entry.header.link_target = fs::read_symlink(found.path()).string();
        break;
      default:
        return;
    }
    if (tree_.size() == most_) {
      throw base::Error(base::Kind::integrity,
                        fmt::format("more than {} files in the build context", most_),
                        "leave folders out with a .dockerignore");
    }
    add_parents(tree_, path, {});  // of a file brought back out of an ignored folder
    tree_.insert_or_assign(path, std::move(entry));
  }

  const PathPatterns& ignored_;
  std::size_t most_;
  Tree tree_;
};

std::deque<std::string> components(std::string_view path) {
  std::deque<std::string> parts;
  for (const std::string_view part : text::split(path, '/')) {
    if (!part.empty() && part != ".") parts.emplace_back(part);
  }
  return parts;
}

}  // namespace

Tree read_context(const fs::path& root, const PathPatterns& ignored, std::size_t most) {
  try {
    ContextReader reader(ignored, most);
    reader.read(root, "", {});
    return reader.take();
  } catch (const fs::filesystem_error& error) {
    throw base::from_errno(fmt::format("read build context {}", root.string()),
                           error.code().value());
  }
}

NodeKind kind_at(const Tree& tree, std::string_view path) {
  if (path.empty()) return NodeKind::directory;
  const auto found = tree.find(path);
  if (found != tree.end()) {
    switch (found->second.header.kind) {
      case archives::TarKind::directory:
        return NodeKind::directory;
      case archives::TarKind::symlink:
        return NodeKind::symlink;
      case archives::TarKind::regular:
        return NodeKind::file;
    }
  }
  return NodeKind::absent;
}

void add_parents(Tree& tree, std::string_view path, const Entry& like) {
  for (std::size_t slash = path.rfind('/'); slash != std::string_view::npos;
       slash = path.rfind('/')) {
    path = path.substr(0, slash);
    const auto found = tree.find(path);
    if (found != tree.end()) {
      if (found->second.header.kind == archives::TarKind::directory) return;
      throw base::Error(base::Kind::refused, fmt::format("/{} is no folder", path));
    }
    Entry folder;
    folder.header = {.path = std::string(path),
                     .kind = archives::TarKind::directory,
                     .mode = 0755,
                     .uid = like.header.uid,
                     .gid = like.header.gid};
    folder.owner = like.owner;
    folder.if_absent = true;
    tree.emplace(std::string(path), std::move(folder));
  }
}

void put_over(Tree& tree, Entry entry) {
  std::string path = entry.header.path;
  if (entry.header.kind != archives::TarKind::directory &&
      kind_at(tree, path) == NodeKind::directory) {
    // '0' comes after '/': the keys between are those below the path.
    tree.erase(tree.lower_bound(path + '/'), tree.lower_bound(path + '0'));
  }
  tree.insert_or_assign(std::move(path), std::move(entry));
}

std::optional<std::string> find_resolved(const Tree& tree, std::string_view path) {
  std::deque<std::string> ahead = components(path);
  std::string here;
  int links = 0;
  while (!ahead.empty()) {
    const std::string part = std::move(ahead.front());
    ahead.pop_front();
    if (part == "..") {
      const std::size_t slash = here.rfind('/');
      here.erase(slash == std::string::npos ? 0 : slash);
      continue;
    }
    const std::string next = here.empty() ? part : here + "/" + part;
    const NodeKind kind = kind_at(tree, next);
    if (kind == NodeKind::absent || (kind == NodeKind::file && !ahead.empty())) return std::nullopt;
    if (kind != NodeKind::symlink) {
      here = next;
      continue;
    }
    if (++links > most_links) return std::nullopt;
    const std::string& target = tree.find(next)->second.header.link_target;
    if (target.starts_with('/')) here.clear();
    std::deque<std::string> inserted = components(target);
    ahead.insert(ahead.begin(), inserted.begin(), inserted.end());
  }
  return here;
}

std::vector<std::string_view> paths_below(const Tree& tree, std::string_view folder) {
  std::vector<std::string_view> paths;
  const std::string prefix = folder.empty() ? std::string() : std::string(folder) + "/";
  for (auto at = tree.lower_bound(prefix); at != tree.end(); ++at) {
    if (!at->first.starts_with(prefix)) break;
    paths.push_back(at->first);
  }
  return paths;
}

}  // namespace dockerfile
