// SPDX-License-Identifier: Apache-2.0
#include "docker-push/stage_files.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "docker-push/tree_recipes.hpp"
#include "file/file.hpp"
#include "file/read_at.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

using dockerfile::NodeKind;

constexpr std::uint64_t accounts_cap = 1U << 20U;

bool lacks_bytes(const dockerfile::Entry& entry) {
  return entry.header.kind == archives::TarKind::regular && entry.header.size > 0 &&
         entry.origin.file.empty() && entry.origin.text.empty();
}

// An engine takes the mode of a folder from the topmost layer that has it or that has a file below
// it, so folders that are known are repeated as they are.
void repeat_folders(std::string_view path, const dockerfile::Tree& tree, dockerfile::Tree& layer) {
  while (!path.empty()) {
    const auto found = tree.find(path);
    if (found != tree.end() && !found->second.if_absent) layer.emplace(path, found->second);
    const auto slash = path.rfind('/');
    path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  }
}

std::string text_of(const dockerfile::Entry& entry) {
  const dockerfile::Origin& origin = entry.origin;
  if (origin.file.empty()) return origin.text;
  if (origin.size > accounts_cap) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read /{} of the image: larger than 1 MiB", entry.header.path));
  }
  const file::UniqueFd fd = file::open_for_reading(origin.file);
  std::string text;
  file::read_pieces(fd, {.offset = origin.offset, .size = origin.size}, "read a layer back",
                    [&text](std::span<const std::byte> bytes) { text += crypto::as_text(bytes); });
  return text;
}

// The line "name:…" of /etc/passwd or /etc/group, cut at the colons.
std::optional<std::vector<std::string>> find_account(const dockerfile::Tree& tree,
                                                     std::string_view file, std::string_view name) {
  const auto place = dockerfile::find_resolved(tree, file);
  if (!place || dockerfile::kind_at(tree, *place) != NodeKind::file) return std::nullopt;
  const std::string text = text_of(tree.find(*place)->second);
  for (const std::string_view line : text::lines(text)) {
    std::vector<std::string> fields;
    for (const std::string_view field : text::split(line, ':')) fields.emplace_back(field);
    if (fields.size() >= 3 && fields[0] == name) return fields;
  }
  return std::nullopt;
}

unsigned number_of(const std::string& field, std::string_view owner) {
  const auto number = text::find_number(field);
  if (number && *number <= 0xffff'fffeU) return static_cast<unsigned>(*number);
  throw base::Error(
      base::Kind::refused,
      fmt::format("look up the owner {}: its number in the image is '{}'", owner, field));
}

[[noreturn]] void refuse_unknown(std::string_view name, std::string_view file) {
  throw base::Error(
      base::Kind::refused,
      fmt::format("look up the owner {}: /{} of the stage has no such name", name, file),
      "give its number, as in --chown=1000:1000");
}

}  // namespace

Guess StageFiles::guess(std::string_view path) const {
  return known_ == Known::guessed ? guess_folder(*base_, path) : Guess::absent;
}

void StageFiles::learn_names() {
  if (known_ != Known::guessed) return;
  take_over(read_.names(*base_));
  known_ = Known::names;
}

void StageFiles::learn_files() {
  if (known_ == Known::files) return;
  take_over(read_.files(*base_));
  known_ = Known::files;
}

// Puts what the stage made, and no guess of ours, over what the base has.
void StageFiles::take_over(dockerfile::Tree all) {
  for (auto& [path, entry] : tree_) {
    if (entry.if_absent || lacks_bytes(entry)) {
      all.emplace(path, std::move(entry));
    } else {
      dockerfile::put_over(all, std::move(entry));
    }
  }
  tree_ = std::move(all);
}

// True when nothing at or below the path is the base's, or may lead to what is.
bool StageFiles::has_bytes(std::string_view path) const {
  const auto is_own = [this](std::string_view each) {
    return dockerfile::kind_at(tree_, each) != NodeKind::symlink &&
           !lacks_bytes(tree_.find(each)->second);
  };
  return is_own(path) && std::ranges::all_of(dockerfile::paths_below(tree_, path), is_own);
}

void StageFiles::learn(std::string_view source) {
  while (source.starts_with('/') || source.starts_with("./")) {
    source.remove_prefix(source.front() == '/' ? 1 : 2);
  }
  const std::string_view top = source.substr(0, source.find('/'));
  const bool there = dockerfile::kind_at(tree_, top) != NodeKind::absent && !top.empty();
  if (known_ == Known::guessed && there && guess(top) == Guess::absent) return;
  if (known_ == Known::names && there && has_bytes(top)) return;
  learn_files();
}

bool StageFiles::has(std::string_view path) {
  if (dockerfile::find_resolved(tree_, path)) return true;
  switch (guess(path)) {
    case Guess::absent:
      return false;
    case Guess::ordinary:
      return true;
    case Guess::unknown:
      break;
  }
  learn_names();
  return has(path);
}

// True when a folder that the entries go into, or are, may be of the base and unlike ours.
bool StageFiles::needs_names(const dockerfile::Copied& copied) const {
  if (known_ != Known::guessed) return false;
  const auto is_unknown = [this](std::string_view folder) {
    return dockerfile::kind_at(tree_, folder) == NodeKind::absent &&
           guess(folder) == Guess::unknown;
  };
  if (copied.undecided && is_unknown(copied.undecided->path)) return true;
  // Entries have all their folders, so each is looked at by itself.
  return std::ranges::any_of(copied.entries, [&](const auto& each) {
    return each.second.header.kind == archives::TarKind::directory && is_unknown(each.first);
  });
}

// The folders above a new file may be links in the image: the file belongs behind them.
std::string StageFiles::followed(std::string_view path) const {
  for (auto slash = path.rfind('/'); slash != std::string_view::npos && slash > 0;
       slash = path.rfind('/', slash - 1)) {
    if (const auto folder = dockerfile::find_resolved(tree_, path.substr(0, slash))) {
      return fmt::format("{}{}", *folder, path.substr(folder->empty() ? slash + 1 : slash));
    }
  }
  return std::string(path);
}

void StageFiles::set_numbers(dockerfile::Entry& entry) {
  if (entry.owner.empty()) return;
  const std::string owner = std::exchange(entry.owner, {});
  const auto parts = text::cut(owner, ":");
  const std::string user(parts ? parts->first : std::string_view(owner));
  const std::string group(parts ? parts->second : std::string_view());
  const auto account = [this](std::string_view file, const std::string& name) {
    auto found = find_account(tree_, file, name);
    if (!found && known_ == Known::guessed) {
      learn_names();
      found = find_account(tree_, file, name);
    }
    if (!found) refuse_unknown(name, file);
    return *found;
  };
  unsigned& uid = entry.header.uid;
  unsigned& gid = entry.header.gid;
  if (user == "root") {
    uid = gid = 0;
  } else if (text::find_number(user)) {
    uid = gid = number_of(user, owner);
  } else {
    const auto fields = account("etc/passwd", user);
    uid = number_of(fields[2], owner);
    gid = fields.size() > 3 ? number_of(fields[3], owner) : uid;
  }
  if (group.empty()) return;
  if (group == "root") {
    gid = 0;
  } else if (text::find_number(group)) {
    gid = number_of(group, owner);
  } else {
    gid = number_of(account("etc/group", group)[2], owner);
  }
}

dockerfile::Tree StageFiles::take(dockerfile::Copied copied) {
  if (needs_names(copied)) learn_names();
  if (copied.undecided) {
    const auto there = dockerfile::find_resolved(tree_, copied.undecided->path);
    const bool folder = there ? dockerfile::kind_at(tree_, *there) == NodeKind::directory
                              : guess(copied.undecided->path) == Guess::ordinary;
    if (folder) put_into_folder(copied);
  }
  dockerfile::Tree layer;
  bool any = false;
  for (auto& [path, entry] : copied.entries) {
    std::string place = followed(path);
    if (entry.if_absent) {
      const auto there = dockerfile::find_resolved(tree_, place);
      if (there) {
        if (dockerfile::kind_at(tree_, *there) != NodeKind::directory) {
          throw base::Error(base::Kind::refused, fmt::format("/{} is no folder", place));
        }
        repeat_folders(*there, tree_, layer);
        continue;
      }
      if (guess(place) == Guess::ordinary) {
        entry.owner.clear();
        tree_.emplace(std::move(place), std::move(entry));
        continue;
      }
      entry.if_absent = false;
    }
    any = true;
    set_numbers(entry);
    entry.header.path = place;
    dockerfile::refuse_clash(entry, dockerfile::kind_at(tree_, place));
    layer.insert_or_assign(std::move(place), std::move(entry));
  }
  if (!any) return {};
  merge(layer, tree_);
  return layer;
}

}  // namespace docker_push
