// SPDX-License-Identifier: Apache-2.0
#include "sandbox/agent/install.hpp"

#include <fmt/core.h>
#include <fnmatch.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>

#include "base/error.hpp"
#include "file/file.hpp"

namespace sandbox::agent {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(std::string what) {
  throw base::Error(base::Kind::refused, std::move(what));
}

void remove_previous(const std::vector<fs::path>& previous) {
  std::error_code error;
  // Files came after their folders, so the reverse empties a folder before its turn.
  for (auto path = previous.rbegin(); path != previous.rend(); ++path) {
    const bool is_folder = fs::is_directory(fs::symlink_status(*path, error));
    if (!is_folder || fs::is_empty(*path, error)) fs::remove(*path, error);
  }
}

class Copier {
 public:
  explicit Copier(const InstallPlan& plan) : plan_(plan) {}

  void copy_rule(const appspec::FileRule& rule) {
    const auto source = (plan_.archive / fs::path(rule.source).relative_path()).lexically_normal();
    // The AWS agent follows ".." out of the bundle; on a laptop that is somebody's home folder.
    if (!(source.string() + "/").starts_with(plan_.archive.lexically_normal().string())) {
      refuse(fmt::format("the source {} lies outside of the bundle", rule.source));
    }
    const auto status = fs::symlink_status(source);
    if (!fs::exists(status)) refuse(fmt::format("No such file or directory - {}", rule.source));
    const auto destination = place_on_instance(plan_, rule.destination);
    make_folder(destination);
    if (fs::is_directory(status)) {
      copy_contents(source, destination);
    } else {
      copy_entry(source, destination / source.filename());
    }
  }

  std::vector<fs::path> made() && { return std::move(made_); }
  const std::vector<fs::path>& made() const& { return made_; }

 private:
  void make_folder(const fs::path& folder) {
    if (fs::is_directory(folder)) return;
    if (fs::exists(fs::symlink_status(folder))) {
      refuse(fmt::format("a file is in the place of the folder {}", folder.string()));
    }
    make_folder(folder.parent_path());
    fs::create_directory(folder);
    remember(folder);
  }

  void copy_contents(const fs::path& source, const fs::path& destination) {
    for (const auto& entry : fs::directory_iterator(source)) {
      const auto target = destination / entry.path().filename();
      if (entry.is_directory() && !entry.is_symlink()) {
        make_folder(target);
        copy_contents(entry.path(), target);
      } else {
        copy_entry(entry.path(), target);
      }
    }
  }

  void copy_entry(const fs::path& source, const fs::path& target) {
    if (known_.contains(target)) {
      refuse(fmt::format("two sources have the same destination {}", target.string()));
    }
    if (fs::exists(fs::symlink_status(target))) {
      if (fs::is_directory(target) || plan_.file_exists == appspec::FileExists::disallow) {
        refuse(
            fmt::format("The deployment failed because a specified file already exists at this "
                        "location: {}",
                        target.string()));
      }
      if (plan_.file_exists == appspec::FileExists::retain) return;
      fs::remove(target);
    }
    fs::copy(source, target, fs::copy_options::copy_symlinks);
    remember(target);
  }

  void remember(const fs::path& path) {
    made_.push_back(path);
    known_.insert(path);
  }

  const InstallPlan& plan_;
  std::vector<fs::path> made_;
  std::set<fs::path> known_;
};

bool matches(const appspec::PermissionRule& rule, const fs::path& object, const fs::path& path) {
  const bool is_folder = fs::is_directory(fs::symlink_status(path));
  const auto wanted = is_folder ? appspec::ObjectType::directory : appspec::ObjectType::file;
  if (std::find(rule.types.begin(), rule.types.end(), wanted) == rule.types.end()) return false;
  if (path == object) return !is_folder;
  const auto relative = path.lexically_relative(object);
  if (relative.empty() || *relative.begin() == "..") return false;
  const auto fits = [&](const std::string& pattern) {
    return pattern == "**" ||
           (relative.parent_path().empty() && ::fnmatch(pattern.c_str(), relative.c_str(), 0) == 0);
  };
  return fits(rule.pattern) && std::none_of(rule.except.begin(), rule.except.end(), fits);
}

template <typename Entry>
auto id_of(const Entry* entry, std::string_view what, const std::string& name) {
  if (entry == nullptr) refuse(fmt::format("can't find {} for {}", what, name));
  return entry;
}

void apply(const appspec::PermissionRule& rule, const fs::path& path) {
  if (rule.mode && ::chmod(path.c_str(), *rule.mode) != 0) {
    throw base::from_errno(fmt::format("set the mode of {}", path.string()), errno);
  }
  if (rule.owner.empty() && rule.group.empty()) return;
  uid_t owner = static_cast<uid_t>(-1);
  gid_t group = static_cast<gid_t>(-1);
  if (!rule.owner.empty())
    owner = id_of(::getpwnam(rule.owner.c_str()), "user", rule.owner)->pw_uid;
  if (!rule.group.empty())
    group = id_of(::getgrnam(rule.group.c_str()), "group", rule.group)->gr_gid;
  if (::geteuid() == 0 && ::lchown(path.c_str(), owner, group) != 0) {
    throw base::from_errno(fmt::format("set the owner of {}", path.string()), errno);
  }
}

void set_permissions(const InstallPlan& plan, const std::vector<fs::path>& made) {
  std::set<fs::path> done;
  for (const auto& rule : plan.spec.permissions) {
    // A relative object matches nothing: it is compared with absolute paths.
    if (!rule.object.starts_with('/')) continue;
    const auto object = place_on_instance(plan, rule.object);
    for (const auto& path : made) {
      if (path == object && !fs::is_directory(path) &&
          (rule.pattern != "**" || !rule.except.empty())) {
        refuse(
            fmt::format("the permission of the file {} has a pattern or exceptions", rule.object));
      }
      if (!matches(rule, object, path)) continue;
      if (!done.insert(path).second) {
        refuse(fmt::format("two permissions match {}", path.string()));
      }
      apply(rule, path);
    }
  }
}

}  // namespace

fs::path place_on_instance(const InstallPlan& plan, const std::string& path) {
  const auto absolute =
      path.starts_with('/')
          ? fs::path(path)
          : fs::path("/") / plan.agent_folder.lexically_relative(plan.instance_root) / path;
  // Normalised from the root, ".." at the front disappears.
  auto inside = absolute.lexically_normal().relative_path();
  if (!inside.empty() && inside.filename().empty()) inside = inside.parent_path();
  return (plan.instance_root / inside).lexically_normal();
}

std::vector<fs::path> install(const InstallPlan& plan) {
  remove_previous(plan.previous);
  Copier copier(plan);
  try {
    for (const auto& rule : plan.spec.files) copier.copy_rule(rule);
    set_permissions(plan, copier.made());
  } catch (const fs::filesystem_error& error) {
    refuse(error.what());
  }
  return std::move(copier).made();
}

}  // namespace sandbox::agent
