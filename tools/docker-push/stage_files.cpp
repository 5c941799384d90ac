// SPDX-License-Identifier: Apache-2.0
#include "docker-push/stage_files.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "docker-push/tree_recipes.hpp"
#include "file/file.hpp"
#include "oci/layer.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

using dockerfile::NodeKind;

constexpr std::uint64_t accounts_cap = 1U << 20U;

constexpr std::array<std::string_view, 33> usual_folders{
    "",         "bin",       "boot",   "dev",           "etc",           "home",
    "lib",      "lib32",     "lib64",  "libx32",        "media",         "mnt",
    "opt",      "proc",      "root",   "run",           "sbin",          "srv",
    "sys",      "tmp",       "usr",    "usr/bin",       "usr/lib",       "usr/local",
    "usr/sbin", "usr/share", "var",    "usr/local/bin", "usr/local/lib", "var/cache",
    "var/lib",  "var/log",   "var/tmp"};

// Links in systems with a merged /usr or /run.
constexpr std::array<std::string_view, 8> possible_links{"bin",    "lib",  "lib32",   "lib64",
                                                         "libx32", "sbin", "var/run", "var/lock"};

bool is_usual(std::string_view path) {
  return std::ranges::find(usual_folders, path) != usual_folders.end();
}

bool leads_through_link(std::string_view path) {
  return std::ranges::any_of(possible_links, [path](std::string_view link) {
    return path == link || (path.starts_with(link) && path[link.size()] == '/');
  });
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
  std::string text(origin.size, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const auto count = oci::read_at(fd, origin.offset + done,
                                    std::span<char>(text.data() + done, text.size() - done));
    if (count == 0) break;
    done += count;
  }
  return text.substr(0, done);
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

void StageFiles::learn_all() {
  if (complete_) return;
  dockerfile::Tree all = read_(*base_);
  for (auto& [path, entry] : tree_) {
    if (!entry.if_absent) all.erase(path);
    all.emplace(path, std::move(entry));
  }
  tree_ = std::move(all);
  complete_ = true;
}

bool StageFiles::base_may_have(std::string_view path) const {
  if (complete_) return false;
  if (is_usual(path) || base_->config.history.empty()) return true;
  const std::string name = fmt::format("/{}", path);
  if (base_->config.working_dir == name || base_->config.working_dir.starts_with(name + '/')) {
    return true;
  }
  return std::ranges::any_of(base_->config.history, [&name](const oci::History& step) {
    return step.created_by.find(name) != std::string::npos;
  });
}

void StageFiles::learn(std::string_view source) {
  while (source.starts_with('/') || source.starts_with("./")) {
    source.remove_prefix(source.front() == '/' ? 1 : 2);
  }
  const std::string_view top = source.substr(0, source.find('/'));
  if (base_may_have(top) || dockerfile::kind_at(tree_, top) == NodeKind::absent) learn_all();
}

bool StageFiles::has_folder(std::string_view path) {
  if (dockerfile::kind_at(tree_, path) == NodeKind::directory) return true;
  if (complete_) {
    const auto place = dockerfile::find_resolved(tree_, path);
    return place && dockerfile::kind_at(tree_, *place) == NodeKind::directory;
  }
  if (is_usual(path)) return true;
  if (!base_may_have(path)) return false;
  learn_all();
  return has_folder(path);
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
    if (!found && !complete_) {
      learn_all();
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
  if (copied.undecided && has_folder(copied.undecided->path)) put_into_folder(copied);
  const bool links = std::ranges::any_of(
      copied.entries, [](const auto& each) { return leads_through_link(each.first); });
  if (links) learn_all();
  dockerfile::Tree layer;
  bool any = false;
  for (auto& [path, entry] : copied.entries) {
    std::string place = followed(path);
    if (entry.if_absent) {
      const auto there = dockerfile::find_resolved(tree_, place);
      if (there) {
        repeat_folders(*there, tree_, layer);
        continue;
      }
      if (base_may_have(place)) {
        entry.owner.clear();
        tree_.emplace(std::move(place), std::move(entry));
        continue;
      }
      entry.if_absent = false;
    }
    any = true;
    set_numbers(entry);
    entry.header.path = place;
    layer.insert_or_assign(std::move(place), std::move(entry));
  }
  if (!any) return {};
  merge(layer, tree_);
  return layer;
}

}  // namespace docker_push
