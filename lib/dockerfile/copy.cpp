// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/copy.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/error.hpp"
#include "dockerfile/glob.hpp"
#include "dockerfile/local_archive.hpp"
#include "text/split.hpp"

namespace dockerfile {
namespace {

using archives::TarKind;

constexpr std::uint64_t most_id = 0xffff'fffeU;

std::string joined(std::string_view folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  return name.empty() ? std::string(folder) : fmt::format("{}/{}", folder, name);
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view relative(std::string_view path, std::string_view folder) {
  return folder.empty() ? path : path.substr(folder.size() + 1);
}

class Copier {
 public:
  Copier(const CopyRequest& request, const Tree& source, const Target& target)
      : request_(request),
        source_(source),
        target_(target),
        excluded_(request.excludes),
        destination_(request.destination.substr(1)) {}

  Copied run() {
    for (const std::string& each : request_.sources) {
      if (request_.parents) {
        add_with_parents(each);
        continue;
      }
      if (!has_wildcards(each)) {
        const std::string path = clean(each);
        if (!is_excluded(path, base_name(path))) add_source(path);
        continue;
      }
      SourceMatches found{.source = each, .paths = wildcard_matches(each)};
      for (const std::string& path : found.paths) add_source(path);
      result_.matches.push_back(std::move(found));
    }
    for (const Document& document : request_.documents) add_document(document);
    return std::move(result_);
  }

 private:
  static std::string clean(std::string_view path) {
    const std::string cleaned = clean_path("/" + std::string(path));
    return cleaned.substr(1);
  }
  [[noreturn]] void refuse(const std::string& reason) const {
    throw base::Error(base::Kind::refused, reason);
  }

  [[noreturn]] void refuse_absent(std::string_view path) const {
    refuse(fmt::format("{} is not in {}", path, request_.where));
  }

  std::vector<std::string> wildcard_matches(const std::string& source) const;
  bool is_excluded(std::string_view path, std::string_view inner) const;
  void add_source(const std::string& path);
  void add_with_parents(const std::string& source);
  void add_folder(const std::string& folder);
  void add_destination_folder();
  void add_file(const std::string& path, std::string_view name);
  bool add_unpacked(const std::string& path);
  void add_document(const Document& document);
  std::string file_place(std::string_view name);
  void put(const std::string& place, Entry entry, bool if_absent);
  NodeKind target_kind() const;

  const CopyRequest& request_;
  const Tree& source_;
  const Target& target_;
  PathPatterns excluded_;
  std::string destination_;  // without "/" in front
  Copied result_;
  std::size_t files_to_destination_ = 0;
};

// What the image has at the destination; absent where that is not known.
NodeKind Copier::target_kind() const {
  return target_.open_places.contains(destination_) ? NodeKind::absent
                                                    : kind_at(target_.tree, destination_);
}

std::vector<std::string> Copier::wildcard_matches(const std::string& source) const {
  std::string folder;
  std::string pattern;
  const std::string cleaned = clean(source);
  for (const std::string_view part : text::split(cleaned, '/')) {
    std::string& into = pattern.empty() && !has_wildcards(part) ? folder : pattern;
    into = joined(into, part);
  }
  const std::optional<std::string> found = find_resolved(source_, folder);
  if (!found) refuse_absent(folder);
  const std::optional<Glob> glob = find_glob(pattern, GlobDialect::go);
  if (!glob) refuse(fmt::format("\"{}\" is no pattern of paths", source));
  std::vector<std::string> paths;
  std::string last_folder;
  for (const std::string_view path : paths_below(source_, *found)) {
    if (!last_folder.empty() && path.starts_with(last_folder)) continue;
    const std::string_view inner = relative(path, *found);
    if (!glob->matches(inner)) continue;
    if (!is_excluded(path, inner)) paths.emplace_back(path);
    if (kind_at(source_, path) == NodeKind::directory) last_folder = std::string(path) + "/";
  }
  return paths;
}

// `inner` is the path from the folder in which a wildcard was looked for.
bool Copier::is_excluded(std::string_view path, std::string_view inner) const {
  return !excluded_.empty() && !inner.empty() &&
         (excluded_.matches(inner) || excluded_.matches(path));
}

void Copier::add_source(const std::string& path) {
  const std::optional<std::string> found = find_resolved(source_, path);
  if (!found) refuse_absent(path);
  if (kind_at(source_, *found) == NodeKind::directory) return add_folder(*found);
  if (request_.unpack && add_unpacked(*found)) return;
  add_file(*found, base_name(path));
}

// COPY --parents a/./b/*.txt keeps b/ in the destination, with the folders above it.
void Copier::add_with_parents(const std::string& source) {
  std::string pivot;
  std::string pattern = source;
  if (const auto parts = text::cut(source, "/./")) {
    pivot = parts->first;
    pattern = parts->second;
  }
  const std::optional<std::string> root = find_resolved(source_, clean(pivot));
  if (!root) refuse_absent(pivot);
  const std::string cleaned = clean(pattern);
  const PathPatterns included({cleaned.empty() ? "**" : cleaned});
  bool any = false;
  for (const std::string_view path : paths_below(source_, *root)) {
    const std::string_view inner = relative(path, *root);
    if (!included.matches(inner) || excluded_.matches(inner)) continue;
    any = true;
    put(joined(destination_, inner), source_.find(path)->second, true);
  }
  if (!any && !has_wildcards(pattern)) refuse_absent(source);
  if (any) result_.matches.push_back({.source = source, .paths = {cleaned}});
}

void Copier::add_folder(const std::string& folder) {
  if (target_kind() == NodeKind::file || kind_at(result_.entries, destination_) == NodeKind::file) {
    refuse(fmt::format("/{} is a file, a folder cannot become it", destination_));
  }
  add_destination_folder();
  for (const std::string_view path : paths_below(source_, folder)) {
    const std::string_view inner = relative(path, folder);
    if (excluded_.matches(inner)) continue;
    put(joined(destination_, inner), source_.find(path)->second, false);
  }
}

// The engine makes it as it makes missing parents: --chown holds for it, --chmod does not.
void Copier::add_destination_folder() {
  if (destination_.empty()) return;
  Entry folder;
  folder.header = {.path = destination_, .kind = TarKind::directory, .mode = 0755};
  folder.if_absent = true;
  set_owner(folder, request_.owner);
  add_parents(result_.entries, destination_, folder);
  result_.entries.emplace(destination_, std::move(folder));
}

// Where a single file goes; leaves the question open when only the image knows.
std::string Copier::file_place(std::string_view name) {
  if (request_.into_folder || request_.parents) return joined(destination_, name);
  const NodeKind there = target_kind();
  if (there == NodeKind::directory) return joined(destination_, name);
  if (kind_at(result_.entries, destination_) == NodeKind::directory) {
    return joined(destination_, name);
  }
  if (++files_to_destination_ > 1) result_.several_for_one_name = true;
  if (there == NodeKind::absent && !target_.complete) {
    result_.undecided = Undecided{.path = destination_, .name = std::string(name)};
  }
  return destination_;
}

void Copier::add_file(const std::string& path, std::string_view name) {
  put(file_place(name), source_.find(path)->second, false);
}

bool Copier::add_unpacked(const std::string& path) {
  const Entry& archive = source_.find(path)->second;
  if (archive.header.kind != TarKind::regular || archive.origin.file.empty()) return false;
  std::optional<Tree> members = find_unpacked(archive.origin.file, request_.scratch);
  if (!members) return false;
  add_destination_folder();
  // Owners and modes are the archive's: --chown and --chmod do not reach into it.
  for (auto& [inner, member] : *members) {
    const std::string place = joined(destination_, inner);
    member.header.path = place;
    if (member.if_absent) {  // the archive does not have the folder itself
      refuse_clash(member, kind_at(result_.entries, place));
      result_.entries.emplace(place, std::move(member));
      continue;
    }
    member.replaces = true;
    put_over(result_.entries, std::move(member));
  }
  return true;
}

void Copier::add_document(const Document& document) {
  Entry entry;
  entry.header.size = document.content.size();
  entry.origin = {.size = document.content.size(), .text = document.content};
  put(file_place(document.name), std::move(entry), false);
}

void Copier::put(const std::string& place, Entry entry, bool if_absent) {
  entry.header.path = place;
  entry.header.mtime = archives::fixed_mtime;
  entry.if_absent = if_absent && entry.header.kind == TarKind::directory;
  Entry parent;  // a folder made on the way belongs to root, or to whom --chown names
  set_owner(parent, request_.owner);
  if (!request_.owner.empty()) {
    entry.header.uid = parent.header.uid;
    entry.header.gid = parent.header.gid;
    entry.owner = parent.owner;
  }
  if (request_.mode && entry.header.kind != TarKind::symlink) entry.header.mode = *request_.mode;
  add_parents(result_.entries, place, parent);
  refuse_clash(entry, kind_at(result_.entries, place));
  result_.entries.insert_or_assign(place, std::move(entry));
}

}  // namespace

Copied copy(const CopyRequest& request, const Tree& source, const Target& target) {
  return Copier(request, source, target).run();
}

void merge(const Tree& entries, Tree& tree) {
  for (const auto& [path, entry] : entries) {
    if (entry.if_absent) {
      tree.emplace(path, entry);
    } else {
      put_over(tree, entry);
    }
  }
}

void refuse_clash(const Entry& entry, NodeKind there) {
  if (there == NodeKind::absent || entry.replaces) return;
  const bool folder = entry.header.kind == TarKind::directory;
  if (folder == (there == NodeKind::directory)) return;
  throw base::Error(
      base::Kind::refused,
      folder ? fmt::format("/{} is a file, a folder cannot become it", entry.header.path)
             : fmt::format("/{} is a folder, a file cannot become it", entry.header.path));
}

void put_into_folder(Copied& copied) {
  if (!copied.undecided) return;
  auto node = copied.entries.extract(copied.undecided->path);
  const std::string place = copied.undecided->path + "/" + copied.undecided->name;
  node.key() = place;
  node.mapped().header.path = place;
  add_parents(copied.entries, place, {});
  copied.entries.insert(std::move(node));
  copied.undecided.reset();
}

void set_owner(Entry& entry, const std::string& owner) {
  if (owner.empty()) return;
  const auto parts = text::cut(owner, ":");
  const auto uid = text::find_number(parts ? parts->first : std::string_view(owner));
  const auto gid = parts ? text::find_number(parts->second) : uid;
  if (!uid || !gid || *uid > most_id || *gid > most_id) {
    entry.owner = owner;
    return;
  }
  entry.header.uid = static_cast<unsigned>(*uid);
  entry.header.gid = static_cast<unsigned>(*gid);
}

}  // namespace dockerfile
