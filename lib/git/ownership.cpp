// SPDX-License-Identifier: Apache-2.0
#include "git/ownership.hpp"

#include <fmt/core.h>
#include <git2.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/c_handle.hpp"
#include "git/library.hpp"
#include "text/split.hpp"

namespace git {
namespace {

namespace fs = std::filesystem;
using Configuration = base::CHandle<git_config, git_config_free>;

constexpr std::string_view key = "safe.directory";
constexpr std::uint64_t most_command_values = 10'000;  // of GIT_CONFIG_COUNT

int keep_value(const git_config_entry* entry, void* payload) {
  static_cast<std::vector<std::string>*>(payload)->emplace_back(
      entry->value == nullptr ? "" : entry->value);
  return 0;
}

void read_file(const fs::path& path, std::vector<std::string>& values) {
  git_config* opened = nullptr;
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return;
  if (git_config_open_ondisk(&opened, path.c_str()) != 0) return;
  const Configuration configuration(opened);
  git_config_get_multivar_foreach(configuration.get(), key.data(), nullptr, keep_value, &values);
}

std::vector<fs::path> protected_files(const process::Environment& environment) {
  std::vector<fs::path> files;
  if (!environment("GIT_CONFIG_NOSYSTEM")) {
    files.emplace_back(environment("GIT_CONFIG_SYSTEM").value_or("/etc/gitconfig"));
  }
  if (const auto global = environment("GIT_CONFIG_GLOBAL")) {
    files.emplace_back(*global);
    return files;
  }
  const auto home = environment("HOME");
  if (const auto xdg = environment("XDG_CONFIG_HOME")) {
    files.push_back(fs::path(*xdg) / "git" / "config");
  } else if (home) {
    files.push_back(fs::path(*home) / ".config" / "git" / "config");
  }
  if (home) files.push_back(fs::path(*home) / ".gitconfig");
  return files;
}

void read_command_values(const process::Environment& environment,
                         std::vector<std::string>& values) {
  const auto count = text::find_number(environment("GIT_CONFIG_COUNT").value_or("0")).value_or(0);
  for (std::uint64_t i = 0; i < std::min(count, most_command_values); ++i) {
    const auto name = environment(fmt::format("GIT_CONFIG_KEY_{}", i)).value_or("");
    if (!text::equal_ignoring_case(name, key)) continue;
    values.push_back(environment(fmt::format("GIT_CONFIG_VALUE_{}", i)).value_or(""));
  }
}

// Both sides as real paths without a trailing slash, so that links and "/repo/" do not matter.
std::string comparable(const fs::path& path) {
  std::error_code error;
  auto real = fs::weakly_canonical(path, error);
  if (error) real = path.lexically_normal();
  auto text = real.string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

std::string with_home(std::string_view value, const process::Environment& environment) {
  if (!value.starts_with("~/")) return std::string(value);
  return environment("HOME").value_or("~") + std::string(value.substr(1));
}

std::optional<uid_t> find_sudo_user(uid_t user, const process::Environment& environment) {
  if (user != 0) return std::nullopt;
  const auto number = text::find_number(environment("SUDO_UID").value_or(""));
  return number ? std::optional(static_cast<uid_t>(*number)) : std::nullopt;
}

// Where a .git file, as linked work trees and submodules have, says the git directory is.
std::optional<fs::path> find_linked_git_directory(const fs::path& work_tree) {
  const Library library;
  git_buf found{};
  if (git_repository_discover(&found, work_tree.c_str(), 0, nullptr) != 0) return std::nullopt;
  fs::path path(std::string_view(found.ptr, found.size));
  git_buf_dispose(&found);
  return path;
}

}  // namespace

std::vector<std::string> safe_directories(const process::Environment& environment) {
  const Library library;
  std::vector<std::string> values;
  for (const auto& file : protected_files(environment)) read_file(file, values);
  read_command_values(environment, values);
  return values;
}

bool allows(const std::vector<std::string>& values, const fs::path& work_tree,
            const process::Environment& environment) {
  const auto wanted = comparable(work_tree);
  bool safe = false;
  for (const auto& value : values) {
    if (value.empty()) {
      safe = false;
    } else if (value == "*") {
      safe = true;
    } else if (value.ends_with("/*")) {
      const auto folder =
          with_home(std::string_view(value).substr(0, value.size() - 2), environment);
      const auto prefix = comparable(folder.empty() ? "/" : folder);
      safe = safe || wanted.starts_with(prefix == "/" ? prefix : prefix + "/");
    } else {
      safe = safe || comparable(with_home(value, environment)) == wanted;
    }
  }
  return safe;
}

std::optional<Foreign> find_foreign(const fs::path& work_tree, uid_t user,
                                    const process::Environment& environment) {
  const auto sudo_user = find_sudo_user(user, environment);
  std::vector<fs::path> looked_at{work_tree, work_tree / ".git"};
  if (const auto linked = find_linked_git_directory(work_tree)) looked_at.push_back(*linked);
  for (const auto& path : looked_at) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) continue;
    if (status.st_uid != user && status.st_uid != sudo_user) return Foreign{path, status.st_uid};
  }
  return std::nullopt;
}

std::optional<fs::path> find_work_tree(const fs::path& folder) {
  std::error_code error;
  auto here = fs::weakly_canonical(folder, error);
  if (error) return std::nullopt;
  while (true) {
    if (fs::exists(here / ".git", error)) return here;
    if (here == here.root_path()) return std::nullopt;
    here = here.parent_path();
  }
}

}  // namespace git
