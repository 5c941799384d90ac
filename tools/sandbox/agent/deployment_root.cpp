// SPDX-License-Identifier: Apache-2.0
#include "sandbox/agent/deployment_root.hpp"

#include <algorithm>
#include <system_error>

#include "file/file.hpp"
#include "text/split.hpp"

namespace sandbox::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t revisions_kept = 5;

}  // namespace

DeploymentRoot::DeploymentRoot(const fs::path& instance_root, std::string group_id)
    : agent_(instance_root / "opt" / "codedeploy-agent"),
      group_(agent_ / "deployment-root" / group_id),
      group_id_(std::move(group_id)) {}

fs::path DeploymentRoot::instruction(std::string_view suffix) const {
  return agent_ / "deployment-root" / "deployment-instructions" / (group_id_ + std::string(suffix));
}

std::optional<fs::path> DeploymentRoot::pointer(std::string_view suffix) const {
  const auto content = file::find(instruction(suffix));
  if (!content) return std::nullopt;
  return fs::path(text::trim(*content));
}

std::optional<fs::path> DeploymentRoot::last_successful_install() const {
  return pointer("_last_successful_install");
}

std::optional<fs::path> DeploymentRoot::most_recent_download() const {
  return pointer("_most_recent_install");
}

void DeploymentRoot::set_last_successful_install(const std::string& id) const {
  file::write_atomically(instruction("_last_successful_install"), deployment(id).string());
}

void DeploymentRoot::set_most_recent_download(const std::string& id) const {
  file::write_atomically(instruction("_most_recent_install"), deployment(id).string());
}

std::vector<fs::path> DeploymentRoot::cleanup_list() const {
  std::vector<fs::path> paths;
  const auto content = file::find(instruction("-cleanup")).value_or("");
  for (const auto line : text::lines(content)) {
    if (!line.empty()) paths.emplace_back(line);
  }
  return paths;
}

void DeploymentRoot::set_cleanup_list(const std::vector<fs::path>& paths) const {
  std::string content;
  for (const auto& path : paths) content += path.string() + '\n';
  file::write_atomically(instruction("-cleanup"), content);
}

void DeploymentRoot::remove_old_revisions(const std::string& current) const {
  const auto kept = last_successful_install();
  std::vector<std::pair<fs::file_time_type, fs::path>> revisions;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(group_, error)) {
    revisions.emplace_back(entry.last_write_time(error), entry.path());
  }
  std::sort(revisions.rbegin(), revisions.rend());
  for (std::size_t i = revisions_kept; i < revisions.size(); ++i) {
    const auto& path = revisions[i].second;
    if (path.filename() != current && path != kept) fs::remove_all(path, error);
  }
}

}  // namespace sandbox::agent
