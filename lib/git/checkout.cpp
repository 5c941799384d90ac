// SPDX-License-Identifier: Apache-2.0
//
// libgit2 runs no hooks, no fsmonitor and no filter programs, so a checkout made by someone else is
// read without running anything of theirs.
#include "git/checkout.hpp"

#include <fmt/core.h>
#include <git2.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "base/c_handle.hpp"
#include "base/error.hpp"
#include "git/library.hpp"
#include "git/ownership.hpp"
#include "text/split.hpp"

namespace git {
namespace {

namespace fs = std::filesystem;
using Repository = base::CHandle<git_repository, git_repository_free>;
using Reference = base::CHandle<git_reference, git_reference_free>;
using Commit = base::CHandle<git_commit, git_commit_free>;
using Configuration = base::CHandle<git_config, git_config_free>;
using Iterator = base::CHandle<git_config_iterator, git_config_iterator_free>;
using StatusList = base::CHandle<git_status_list, git_status_list_free>;
using Description = base::CHandle<git_describe_result, git_describe_result_free>;

constexpr unsigned abbreviation = 12;

std::string last_words() {
  const auto* error = git_error_last();
  return error == nullptr || error->message == nullptr ? "no reason given" : error->message;
}

[[noreturn]] void fail(std::string_view doing, const fs::path& folder, std::string hint = {}) {
  throw base::Error(base::Kind::environment,
                    fmt::format("{} {}: {}", doing, folder.string(), last_words()),
                    std::move(hint));
}

// Owner validation is a switch of the whole library; off only while a repository that git itself
// would open is opened.
class WithoutOwnerValidation {
 public:
  WithoutOwnerValidation() { git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0); }
  WithoutOwnerValidation(const WithoutOwnerValidation&) = delete;
  WithoutOwnerValidation& operator=(const WithoutOwnerValidation&) = delete;
  ~WithoutOwnerValidation() { git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 1); }
};

void demand_trust(const fs::path& work_tree, const process::Environment& environment) {
  const auto foreign = find_foreign(work_tree, ::geteuid(), environment);
  if (!foreign || allows(safe_directories(environment), work_tree, environment)) return;
  throw base::Error(
      base::Kind::environment,
      fmt::format("open the repository {}: {} belongs to uid {}, we are uid {}", work_tree.string(),
                  foreign->path.string(), foreign->owner, ::geteuid()),
      fmt::format("git config --global --add safe.directory {}", work_tree.string()));
}

bool is_owner_refusal(int code) {
  if (code == GIT_EOWNER) return true;
  return code == GIT_ENOTFOUND && last_words().find("safe.directory") != std::string::npos;
}

Repository open(const fs::path& folder, const process::Environment& environment) {
  git_repository* opened = nullptr;
  auto code = git_repository_open_ext(&opened, folder.c_str(), 0, nullptr);
  const auto work_tree = find_work_tree(folder);
  if (is_owner_refusal(code) && work_tree) {
    demand_trust(*work_tree, environment);
    const WithoutOwnerValidation trusted;
    code = git_repository_open_ext(&opened, folder.c_str(), 0, nullptr);
  }
  Repository repository(opened);
  if (code == GIT_ENOTFOUND) {
    throw base::Error(base::Kind::environment,
                      fmt::format("{} lies in no git repository", folder.string()),
                      "run it in a checkout, or name one with --project");
  }
  if (code != 0)
    fail("open the repository of", folder, "the git format may be newer than libgit2's");
  if (git_repository_is_bare(repository.get()) != 0) {
    throw base::Error(base::Kind::environment,
                      fmt::format("{} is a bare repository without files", folder.string()));
  }
  return repository;
}

std::string_view without_trailing_slash(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

std::string branch_of(git_repository* repository) {
  if (git_repository_head_detached(repository) != 0) return {};
  git_reference* found = nullptr;
  if (git_repository_head(&found, repository) != 0) return {};
  const Reference head(found);
  const char* name = git_reference_shorthand(head.get());
  return name == nullptr ? "" : name;
}

Commit head_commit(git_repository* repository, const fs::path& folder) {
  git_oid id{};
  const int code = git_reference_name_to_id(&id, repository, "HEAD");
  if (code == GIT_EUNBORNBRANCH || git_repository_head_unborn(repository) == 1) {
    throw base::Error(base::Kind::environment,
                      fmt::format("the repository of {} has no commit yet", folder.string()),
                      "commit first: a release is named after its commit");
  }
  if (code != 0) fail("read HEAD of", folder);
  git_commit* found = nullptr;
  if (git_commit_lookup(&found, repository, &id) != 0) fail("read the commit of", folder);
  return Commit(found);
}

// git counts a submodule as changed when its commit moved or tracked files in it differ; libgit2
// also when it holds an untracked file.
bool submodule_changed(git_repository* repository, const char* path) {
  unsigned flags = 0;
  if (git_submodule_status(&flags, repository, path, GIT_SUBMODULE_IGNORE_UNTRACKED) != 0) {
    return true;
  }
  constexpr unsigned changes =
      GIT_SUBMODULE_STATUS_INDEX_ADDED | GIT_SUBMODULE_STATUS_INDEX_DELETED |
      GIT_SUBMODULE_STATUS_INDEX_MODIFIED | GIT_SUBMODULE_STATUS_WD_ADDED |
      GIT_SUBMODULE_STATUS_WD_DELETED | GIT_SUBMODULE_STATUS_WD_MODIFIED |
      GIT_SUBMODULE_STATUS_WD_INDEX_MODIFIED | GIT_SUBMODULE_STATUS_WD_WD_MODIFIED;
  return (flags & changes) != 0;
}

bool is_dirty(git_repository* repository, const fs::path& folder) {
  git_status_options options{};
  git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION);
  options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR;
  options.flags = 0;  // tracked files only
  git_status_list* found = nullptr;
  if (git_status_list_new(&found, repository, &options) != 0) fail("compare the files of", folder);
  const StatusList list(found);
  for (std::size_t i = 0; i < git_status_list_entrycount(list.get()); ++i) {
    const auto* entry = git_status_byindex(list.get(), i);
    if (entry->status == GIT_STATUS_CURRENT || entry->status == GIT_STATUS_IGNORED) continue;
    const auto* delta =
        entry->index_to_workdir != nullptr ? entry->index_to_workdir : entry->head_to_index;
    const bool submodule = delta != nullptr && (delta->old_file.mode == GIT_FILEMODE_COMMIT ||
                                                delta->new_file.mode == GIT_FILEMODE_COMMIT);
    if (!submodule || submodule_changed(repository, delta->old_file.path)) return true;
  }
  return false;
}

// Absent when no tag can be reached: that is no failure.
std::optional<std::string> find_description(git_commit* commit) {
  git_describe_options options{};
  git_describe_options_init(&options, GIT_DESCRIBE_OPTIONS_VERSION);
  options.describe_strategy = GIT_DESCRIBE_TAGS;
  git_describe_result* found = nullptr;
  // libgit2 declares the commit as an object.
  if (git_describe_commit(&found, reinterpret_cast<git_object*>(commit), &options) != 0) {
    return std::nullopt;
  }
  const Description description(found);
  git_describe_format_options format{};
  git_describe_format_options_init(&format, GIT_DESCRIBE_FORMAT_OPTIONS_VERSION);
  format.abbreviated_size = abbreviation;
  git_buf text{};
  if (git_describe_format(&text, description.get(), &format) != 0) return std::nullopt;
  std::string result(text.ptr, text.size);
  git_buf_dispose(&text);
  return result;
}

std::string version_of(git_commit* commit, const Checkout& checkout) {
  const auto abbreviated = checkout.commit.substr(0, abbreviation);
  std::string version;
  if (checkout.shallow) {
    // libgit2 before 1.7 knows no shallow grafts: it fails here, or counts where git refuses to.
    version = "0.0.0-shallow-g" + abbreviated;
  } else {
    version = find_description(commit).value_or("0.0.0-g" + abbreviated);
  }
  const bool numbered = version.size() > 1 && version[1] >= '0' && version[1] <= '9';
  if (version.starts_with('v') && numbered) version.erase(0, 1);
  return checkout.dirty ? version + "-dirty" : version;
}

// Read from the configuration's entries: libgit2's own list of remotes matches a pattern against
// every key and leaks 20 KiB for each that does not match (1.5.1 with PCRE2).
std::string remote_of(git_repository* repository) {
  git_config* opened = nullptr;
  if (git_repository_config_snapshot(&opened, repository) != 0) return {};
  const Configuration configuration(opened);
  git_config_iterator* started = nullptr;
  if (git_config_iterator_new(&started, configuration.get()) != 0) return {};
  const Iterator iterator(started);
  std::string first;
  git_config_entry* entry = nullptr;
  while (git_config_next(&entry, iterator.get()) == 0) {
    const std::string_view name = entry->name;
    if (!name.starts_with("remote.") || !name.ends_with(".url") || entry->value == nullptr)
      continue;
    if (name == "remote.origin.url") return without_credentials(entry->value);
    if (first.empty()) first = without_credentials(entry->value);
  }
  return first;
}

}  // namespace

Checkout checkout(const fs::path& folder, const process::Environment& environment) {
  const Library library;
  const auto repository = open(folder, environment);
  const auto commit = head_commit(repository.get(), folder);

  Checkout result;
  result.work_tree = without_trailing_slash(git_repository_workdir(repository.get()));
  std::array<char, GIT_OID_HEXSZ + 1> digits{};
  git_oid_tostr(digits.data(), digits.size(), git_commit_id(commit.get()));
  result.commit = digits.data();
  result.commit_time = git_commit_time(commit.get());
  result.branch = branch_of(repository.get());
  result.shallow = git_repository_is_shallow(repository.get()) == 1;
  result.dirty = is_dirty(repository.get(), folder);
  result.version = version_of(commit.get(), result);
  result.remote = remote_of(repository.get());
  return result;
}

std::string without_credentials(std::string_view url) {
  const auto parts = text::cut(url, "://");
  if (!parts) return std::string(url);  // a path, or git@host:path, whose user is no secret
  const auto slash = parts->second.find('/');
  const auto authority = parts->second.substr(0, slash);
  const auto rest = slash == std::string_view::npos ? "" : parts->second.substr(slash);
  const auto at = authority.rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  auto user = authority.substr(0, at);
  const auto host = authority.substr(at + 1);
  const auto scheme = text::lower(parts->first);
  // Tokens travel as the user name too: https://TOKEN@host/repo.
  if (scheme == "http" || scheme == "https") return fmt::format("{}://{}{}", scheme, host, rest);
  user = user.substr(0, user.find(':'));
  return fmt::format("{}://{}@{}{}", scheme, user, host, rest);
}

}  // namespace git
