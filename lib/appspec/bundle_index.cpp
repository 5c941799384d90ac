// SPDX-License-Identifier: Apache-2.0
#include "appspec/bundle_index.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "text/nearest.hpp"
#include "text/split.hpp"

namespace appspec {
namespace {

constexpr int most_links = 40;  // as Linux has it
constexpr std::size_t most_slips = 2000;

std::string parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? "" : path.substr(0, slash));
}

}  // namespace

std::string_view file_name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

PlainPath plain_path(std::string_view path) {
  std::vector<std::string> parts;
  bool inside = true;
  for (const auto part : text::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.emplace_back(part);
    } else if (parts.empty()) {
      inside = false;
    } else {
      parts.pop_back();
    }
  }
  return {text::join(parts, "/"), inside};
}

BundleIndex::BundleIndex(const BundleView& bundle, std::string folder)
    : folder_(std::move(folder)) {
  entries_.emplace("", BundleFile{.kind = FileKind::directory, .mode = 0755});
  for (const auto& file : bundle.files) {
    if (!std::string_view(file.path).starts_with(folder_)) continue;
    auto path = plain_path(std::string_view(file.path).substr(folder_.size())).path;
    if (path.empty()) continue;
    for (auto up = parent_of(path); !up.empty(); up = parent_of(up)) {
      if (!entries_
               .try_emplace(up, BundleFile{.path = up, .kind = FileKind::directory, .mode = 0755})
               .second) {
        break;
      }
    }
    auto entry = file;
    entry.path = path;
    entries_.insert_or_assign(std::move(path), std::move(entry));
  }
}

const BundleFile* BundleIndex::find(std::string_view path) const {
  std::deque<std::string> todo;
  for (const auto part : text::split(path, '/')) todo.emplace_back(part);
  std::string place;
  int links = 0;
  const BundleFile* entry = &entries_.at("");
  while (!todo.empty()) {
    const auto part = std::move(todo.front());
    todo.pop_front();
    if (part.empty() || part == ".") continue;
    if (entry->kind != FileKind::directory) return nullptr;
    if (part == "..") {
      if (place.empty()) return nullptr;
      place = parent_of(place);
    } else {
      place += (place.empty() ? "" : "/") + part;
    }
    const auto found = entries_.find(place);
    if (found == entries_.end()) return nullptr;
    entry = &found->second;
    if (entry->kind != FileKind::symlink) continue;
    if (++links > most_links || entry->link_target.starts_with('/')) return nullptr;
    const auto target = text::split(entry->link_target, '/');
    todo.insert(todo.begin(), target.begin(), target.end());
    place = parent_of(place);
    entry = &entries_.at(place);
  }
  return entry;
}

const BundleFile* BundleIndex::find_regular(std::string_view path) const {
  const auto* entry = find(path);
  return entry != nullptr && entry->kind == FileKind::regular ? entry : nullptr;
}

bool BundleIndex::is_directory(std::string_view path) const {
  const auto* entry = find(path);
  return entry != nullptr && entry->kind == FileKind::directory;
}

bool BundleIndex::is_link(std::string_view path) const {
  const auto found = entries_.find(plain_path(path).path);
  return found != entries_.end() && found->second.kind == FileKind::symlink;
}

std::vector<const BundleFile*> BundleIndex::below(std::string_view folder) const {
  std::vector<const BundleFile*> result;
  const auto prefix = folder.empty() ? std::string() : std::string(folder) + '/';
  for (auto it = entries_.lower_bound(prefix); it != entries_.end(); ++it) {
    if (!it->first.starts_with(prefix)) break;
    if (!it->first.empty()) result.push_back(&it->second);
  }
  return result;
}

BundleIndex::Suggestion BundleIndex::suggest(std::string_view wrong) const {
  const auto path = plain_path(wrong).path;
  std::vector<std::string> same_name;
  std::vector<std::string> all;
  for (const auto& [name, file] : entries_) {
    if (file.kind != FileKind::regular) continue;
    if (text::equal_ignoring_case(name, path)) return {name, true};
    if (text::equal_ignoring_case(file_name_of(name), file_name_of(path)))
      same_name.push_back(name);
    if (all.size() < most_slips) all.push_back(name);
  }
  if (!same_name.empty()) {
    const auto scripts = std::find(same_name.begin(), same_name.end(), "scripts/" + path);
    return {scripts != same_name.end() ? *scripts : same_name.front()};
  }
  return {text::nearest(path, all)};
}

}  // namespace appspec
