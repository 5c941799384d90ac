// SPDX-License-Identifier: Apache-2.0
//
// Where the agent keeps things on its instance, below /opt/codedeploy-agent/deployment-root:
//   <group id>/<deployment id>/deployment-archive   the unpacked bundle
//   <group id>/<deployment id>/logs/scripts.log
//   deployment-instructions/<group id>_last_successful_install   path of a deployment's folder
//   deployment-instructions/<group id>_most_recent_install
//   deployment-instructions/<group id>-cleanup                    what the last Install made
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sandbox::agent {

class DeploymentRoot {
 public:
  DeploymentRoot(const std::filesystem::path& instance_root, std::string group_id);

  std::filesystem::path agent_folder() const { return agent_; }
  std::filesystem::path deployment(const std::string& id) const { return group_ / id; }

  // Folders of deployments; absent when the host has none. "Successful" means that Install was
  // done: it is written before ApplicationStart.
  std::optional<std::filesystem::path> last_successful_install() const;
  std::optional<std::filesystem::path> most_recent_download() const;
  void set_last_successful_install(const std::string& id) const;
  void set_most_recent_download(const std::string& id) const;

  std::vector<std::filesystem::path> cleanup_list() const;
  void set_cleanup_list(const std::vector<std::filesystem::path>& paths) const;

  // Keeps the five newest revisions; the last successful one and `current` always stay.
  void remove_old_revisions(const std::string& current) const;

 private:
  std::filesystem::path instruction(std::string_view suffix) const;
  std::optional<std::filesystem::path> pointer(std::string_view suffix) const;

  std::filesystem::path agent_;
  std::filesystem::path group_;
  std::string group_id_;
};

inline std::filesystem::path archive_of(const std::filesystem::path& deployment) {
  return deployment / "deployment-archive";
}
inline std::filesystem::path scripts_log_of(const std::filesystem::path& deployment) {
  return deployment / "logs" / "scripts.log";
}

}  // namespace sandbox::agent
