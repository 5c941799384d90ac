// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/bundle.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/steady_file.hpp"
#include "s3-upload-bundle/release_env.hpp"
#include "text/human.hpp"
#include "text/split.hpp"

namespace s3_upload_bundle {
namespace {

namespace fs = std::filesystem;
using file::EntryKind;

constexpr std::uint64_t most_bytes = 1ULL << 40U;
constexpr std::uint64_t most_ignore_bytes = 1U << 20U;
constexpr std::size_t most_entries = 100'000;
constexpr int most_hops = 40;  // as the kernel follows links
constexpr std::string_view ignore_name = ".bundleignore";

appspec::Finding link_finding(const std::string& path, std::string message) {
  return {.rule = "B01",
          .severity = appspec::Severity::error,
          .path = path,
          .message = std::move(message),
          .agent = "unpacks it as it is: on the host it leads to what happens to be there",
          .fix = "put the file itself into the folder, or link to one inside it"};
}

// Reads a source folder into entries.
class FolderReader {
 public:
  FolderReader(const FolderOptions& options, Selection selection, fs::path ignore_file)
      : root_(options.source),
        canonical_root_(fs::canonical(options.source)),
        ignore_file_(std::move(ignore_file)),
        selection_(std::move(selection)),
        symlinks_(options.symlinks) {}

  Bundle take() && {
    read(root_, "", 0);
    return std::move(bundle_);
  }

 private:
  // The folder `place` as the bundle's folder `prefix` (empty, or ending in "/").
  void read(const fs::path& place, const std::string& prefix, int hops) {
    const auto found = file::tree(
        place,
        [&](const std::string& below, EntryKind kind) {
          return visit(place, prefix + below, kind);
        },
        most_entries);
    for (const auto& each : found) {
      const std::string path = prefix + each.path;
      if (each.kind == EntryKind::symlink && symlinks_ == Symlinks::follow) {
        follow(place / each.path, path, hops);
        continue;
      }
      add({.path = path,
           .kind = each.kind,
           .mode = mode_of(each.kind, each.executable),
           .size = each.size,
           .link_target = each.link_target,
           .file = each.kind == EntryKind::regular ? place / each.path : fs::path()});
    }
  }

  file::Visit visit(const fs::path& place, const std::string& path, EntryKind kind) {
    if (is_left_out(path)) {
      bundle_.left_out.push_back(path);
      return file::Visit::skip;
    }
    if (kind == EntryKind::regular && !ignore_file_.empty() && place == root_ &&
        path == ignore_file_) {
      return file::Visit::skip;
    }
    const bool is_folder = kind == EntryKind::directory;
    if (selection_.takes(path, is_folder)) return file::Visit::take;
    ++bundle_.ignored;
    return is_folder && selection_.may_take_below(path) ? file::Visit::pass : file::Visit::skip;
  }

  void follow(const fs::path& link, const std::string& path, int hops) {
    std::error_code error;
    const auto target = fs::canonical(link, error);
    if (error) {
      bundle_.findings.push_back(
          link_finding(path, fmt::format("the link cannot be followed: {}", error.message())));
      return;
    }
    const auto inside = target.lexically_relative(canonical_root_);
    if (inside.empty() || *inside.begin() == "..") {
      bundle_.findings.push_back(link_finding(
          path,
          fmt::format("the link leads out of the bundle, to {}", fs::read_symlink(link).string())));
      return;
    }
    const auto status = fs::status(target);
    if (status.type() == fs::file_type::directory) {
      // A folder that holds the link would be in itself without end.
      const auto up = fs::canonical(link.parent_path()).lexically_relative(target);
      if (hops >= most_hops || (!up.empty() && *up.begin() != "..")) {
        bundle_.findings.push_back(link_finding(path, "the link leads to a folder that it is in"));
        return;
      }
      add({.path = path, .kind = EntryKind::directory, .mode = 0755});
      read(target, path + "/", hops + 1);
      return;
    }
    if (status.type() != fs::file_type::regular || is_left_out(inside.generic_string())) {
      bundle_.findings.push_back(link_finding(path, "the link leads to what no bundle may hold"));
      return;
    }
    const bool executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
    add({.path = path,
         .mode = mode_of(EntryKind::regular, executable),
         .size = fs::file_size(target),
         .file = target});
  }

  static unsigned mode_of(EntryKind kind, bool executable) {
    if (kind == EntryKind::symlink) return 0777;
    return kind == EntryKind::directory || executable ? 0755 : 0644;
  }

  void add(Entry entry) {
    if (entry.path == release_env_name) {
      throw base::Error(base::Kind::integrity,
                        fmt::format("check {}: this name is taken: it is written from the release "
                                    "record",
                                    (root_ / entry.path).string()),
                        "remove or rename it, or leave it out with --exclude");
    }
    bundle_.size += entry.size;
    if (bundle_.entries.size() >= most_entries || bundle_.size > most_bytes) {
      throw base::Error(base::Kind::integrity,
                        fmt::format("read {}: more than {} entries or {}", root_.string(),
                                    most_entries, text::human_size(most_bytes)),
                        "leave big files to the image; the bundle only starts it");
    }
    bundle_.entries.push_back(std::move(entry));
  }

  fs::path root_;
  fs::path canonical_root_;
  fs::path ignore_file_;  // relative to the root; empty: not in it
  Selection selection_;
  Symlinks symlinks_;
  Bundle bundle_{};
};

void require_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::is_directory(folder, error)) return;
  throw base::Error(base::Kind::usage, fmt::format("read {}: no such folder", folder.string()),
                    "give the folder that holds appspec.yml with --source");
}

// Where the ignore file is below the root; empty when it is elsewhere.
fs::path path_below(const fs::path& root, const fs::path& file) {
  const auto inside = fs::weakly_canonical(file).lexically_relative(fs::canonical(root));
  return inside.empty() || *inside.begin() == ".." ? fs::path() : inside;
}

// Folders that selected files are in, but that are not selected themselves.
void add_implied_folders(std::vector<Entry>& entries) {
  std::set<std::string, std::less<>> known;
  for (const auto& entry : entries) known.insert(entry.path);
  const std::size_t given = entries.size();
  for (std::size_t i = 0; i < given; ++i) {
    auto path = entries[i].path;
    for (auto slash = path.rfind('/'); slash != std::string::npos; slash = path.rfind('/')) {
      path.resize(slash);
      if (!known.insert(path).second) break;
      entries.push_back({.path = path, .kind = EntryKind::directory, .mode = 0755});
    }
  }
}

std::string read_entry(const Entry& entry, std::uint64_t cap) {
  if (entry.file.empty()) return entry.content;
  const file::SteadyFile file(entry.file);
  if (file.size() > cap) {
    throw base::Error(
        base::Kind::integrity,
        fmt::format("read {}: larger than {}", entry.file.string(), text::human_size(cap)));
  }
  std::string content;
  content.reserve(file.size());
  file.read([&content](std::span<const std::byte> bytes) {
    content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  return content;
}

// Where a link's way ends; false when it leaves the root. Components that are not there are taken
// as written.
class LinkWalk {
 public:
  explicit LinkWalk(const Bundle& bundle) {
    for (const auto& entry : bundle.entries) {
      if (entry.kind == EntryKind::symlink) links_.emplace(entry.path, &entry.link_target);
    }
  }

  bool stays_inside(const Entry& link) {
    hops_ = 0;
    const auto slash = link.path.rfind('/');
    std::string at = slash == std::string::npos ? std::string() : link.path.substr(0, slash);
    return walk(at, link.link_target);
  }

 private:
  bool walk(std::string& at, std::string_view target) {
    if (target.starts_with('/')) return false;
    for (const auto part : text::split(target, '/')) {
      if (part.empty() || part == ".") continue;
      if (part == "..") {
        if (at.empty()) return false;
        const auto slash = at.rfind('/');
        at.resize(slash == std::string::npos ? 0 : slash);
        continue;
      }
      const std::string parent = at;
      if (!at.empty()) at += '/';
      at += part;
      const auto found = links_.find(at);
      if (found == links_.end()) continue;
      if (++hops_ > most_hops) return true;  // a loop leads nowhere
      at = parent;
      if (!walk(at, *found->second)) return false;
    }
    return true;
  }

  std::map<std::string, const std::string*, std::less<>> links_;
  int hops_ = 0;
};

}  // namespace

const Entry* Bundle::find(std::string_view path) const {
  const auto found = std::ranges::lower_bound(entries, path, {}, &Entry::path);
  return found != entries.end() && found->path == path ? &*found : nullptr;
}

Bundle read_folder(const FolderOptions& options, std::string release_env) {
  require_folder(options.source);
  const bool named = !options.ignore_file.empty();
  const auto ignore_file = named ? options.ignore_file : options.source / ignore_name;
  const auto text = file::find(ignore_file, most_ignore_bytes);
  if (!text && named) {
    throw base::Error(base::Kind::usage, fmt::format("read {}: no such file", ignore_file.string()),
                      "--ignore-file names a list of patterns like .gitignore");
  }
  FolderReader reader(options, Selection(text ? IgnoreFile(*text) : IgnoreFile(), options.filters),
                      text ? path_below(options.source, ignore_file) : fs::path());
  auto bundle = std::move(reader).take();
  bundle.size += release_env.size();
  bundle.entries.push_back({.path = std::string(release_env_name),
                            .size = release_env.size(),
                            .content = std::move(release_env)});
  add_implied_folders(bundle.entries);
  std::ranges::sort(bundle.entries, {}, &Entry::path);
  std::ranges::sort(bundle.left_out);
  bundle.read = read_entry;
  return bundle;
}

std::vector<appspec::Finding> links_out(const Bundle& bundle) {
  std::vector<appspec::Finding> findings;
  LinkWalk walk(bundle);
  for (const auto& entry : bundle.entries) {
    if (entry.kind != EntryKind::symlink || walk.stays_inside(entry)) continue;
    findings.push_back(link_finding(
        entry.path, fmt::format("the link leads out of the bundle, to {}", entry.link_target)));
  }
  return findings;
}

}  // namespace s3_upload_bundle
