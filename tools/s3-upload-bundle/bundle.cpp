// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/bundle.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "appspec/appspec.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "file/tree.hpp"
#include "s3-upload-bundle/release_env.hpp"
#include "text/human.hpp"
#include "text/nearest.hpp"
#include "text/split.hpp"

namespace s3_upload_bundle {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view appspec_name = "appspec.yml";
constexpr std::uint64_t most_bytes = 1ULL << 30U;
constexpr std::uint64_t most_appspec_bytes = 1U << 20U;

[[noreturn]] void refuse(const fs::path& where, std::string_view why, std::string hint) {
  throw base::Error(base::Kind::integrity, fmt::format("check {}: {}", where.string(), why),
                    std::move(hint));
}

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_left_out(std::string_view name) {
  constexpr std::array<std::string_view, 4> names{".git", ".svn", ".hg", ".DS_Store"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Below a folder that is left out, or left out itself.
bool is_left_out_path(std::string_view path) {
  const auto parts = text::split(path, '/');
  return std::any_of(parts.begin(), parts.end(), is_left_out);
}

bool leads_out(const fs::path& relative) {
  return relative.is_absolute() || (!relative.empty() && *relative.begin() == "..");
}

// Both as written and as the file system has it: "here/../.." is inside as text and may be outside
// when "here" is a link itself.
void refuse_link_out(const fs::path& folder, const file::TreeEntry& link) {
  const fs::path target(link.link_target);
  const auto place = fs::path(link.path).parent_path() / target;
  const auto written = place.lexically_normal();
  std::error_code error;
  const auto resolved = fs::weakly_canonical(folder / place, error);
  const auto inside = resolved.lexically_relative(fs::weakly_canonical(folder));
  if (!error && !target.is_absolute() && !leads_out(written) && !leads_out(inside)) return;
  refuse(folder / link.path,
         fmt::format("rule B01: the link leads out of the bundle, to {}", link.link_target),
         "put the file itself into the folder, or link to one inside it");
}

void check_entry(const fs::path& folder, const file::TreeEntry& entry) {
  if (file_name(entry.path) == ".env") {
    refuse(folder / entry.path, "rule B01: .env files hold secrets and do not go into a bundle",
           "move it out of the folder; hosts read secrets from Parameter Store or Secrets Manager");
  }
  if (entry.path == release_env_name) {
    refuse(folder / entry.path, "this name is taken: it is written from the release record",
           "remove or rename it");
  }
  if (entry.kind == file::EntryKind::symlink) refuse_link_out(folder, entry);
}

archives::ZipInput input_of(const fs::path& folder, const file::TreeEntry& entry) {
  switch (entry.kind) {
    case file::EntryKind::directory:
      return {.path = entry.path, .kind = archives::ZipKind::directory};
    case file::EntryKind::symlink:
      return {.path = entry.path, .kind = archives::ZipKind::symlink, .content = entry.link_target};
    case file::EntryKind::regular:
      break;
  }
  return {.path = entry.path, .executable = entry.executable, .file = folder / entry.path};
}

std::vector<file::TreeEntry> entries_of(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw base::Error(base::Kind::usage, fmt::format("read {}: no such folder", folder.string()),
                      "give the folder that holds appspec.yml with --source");
  }
  return file::tree(folder);
}

// Where the appspec is when it is not in the root.
std::string find_nested_appspec(const std::vector<file::TreeEntry>& entries) {
  for (const auto& entry : entries) {
    const auto name = file_name(entry.path);
    if (name == appspec_name || name == "appspec.yaml") return entry.path;
  }
  return {};
}

[[noreturn]] void refuse_without_appspec(const fs::path& folder,
                                         const std::vector<file::TreeEntry>& entries) {
  const auto nested = find_nested_appspec(entries);
  std::string hint = "give the folder that holds appspec.yml with --source";
  if (nested == "appspec.yaml") {
    hint = "rename appspec.yaml: the agent's hooks look for appspec.yml only";
  } else if (!nested.empty()) {
    hint = fmt::format("--source {}", (folder / nested).parent_path().string());
  }
  refuse(folder, "rule A01: no appspec.yml in its root", std::move(hint));
}

// The bundle's file that a wrong location most likely means: the same name elsewhere, else a slip.
std::string nearest_file(std::string_view location, const std::set<std::string>& files) {
  for (const auto& file : files) {
    if (text::equal_ignoring_case(file_name(file), file_name(location))) return file;
  }
  return text::nearest(location, {files.begin(), files.end()});
}

// A script may also be reached through a link to its folder.
bool is_file_in(const fs::path& folder, const std::string& path) {
  std::error_code error;
  return !is_left_out_path(path) && !leads_out(fs::path(path).lexically_normal()) &&
         fs::is_regular_file(folder / path, error);
}

void check_appspec(const fs::path& folder, const std::set<std::string>& files) {
  const auto path = folder / appspec_name;
  const auto spec = appspec::parse(file::read(path, most_appspec_bytes), path.string());
  for (const auto& missing : appspec::missing_scripts(spec, files)) {
    const auto location = appspec::path_in_bundle(missing.location);
    if (is_file_in(folder, location)) continue;
    const auto near = nearest_file(location, files);
    refuse(path,
           fmt::format("line {}: rule H04: {} names {}, which is not in the bundle", missing.line,
                       missing.event, missing.location),
           near.empty()
               ? "add the script, or correct its location: it counts from the bundle's root"
               : fmt::format("did you mean '{}'? it counts from the bundle's root", near));
  }
}

}  // namespace

Bundle read_bundle(const fs::path& folder, std::string release_env) {
  Bundle bundle;
  std::vector<file::TreeEntry> kept;
  std::set<std::string> files;
  for (auto& entry : entries_of(folder)) {
    if (is_left_out_path(entry.path)) {
      if (is_left_out(file_name(entry.path))) bundle.left_out.push_back(entry.path);
      continue;
    }
    check_entry(folder, entry);
    bundle.size += entry.size;
    if (entry.kind != file::EntryKind::directory) files.insert(entry.path);
    kept.push_back(std::move(entry));
  }
  if (bundle.size > most_bytes) {
    refuse(folder,
           fmt::format("its files are {}, more than {}", text::human_size(bundle.size),
                       text::human_size(most_bytes)),
           "leave big files to the image; the bundle only starts it");
  }
  if (!files.contains(std::string(appspec_name))) refuse_without_appspec(folder, kept);
  files.insert(std::string(release_env_name));
  check_appspec(folder, files);

  for (const auto& entry : kept) bundle.entries.push_back(input_of(folder, entry));
  bundle.size += release_env.size();
  bundle.entries.push_back(
      {.path = std::string(release_env_name), .content = std::move(release_env)});
  return bundle;
}

}  // namespace s3_upload_bundle
