// SPDX-License-Identifier: Apache-2.0
//
// The CodeDeploy agent of one instance. The AWS agent polls for commands; here the engine calls.
#pragma once

#include <filesystem>
#include <map>
#include <stop_token>
#include <string>

#include "sandbox/agent/deployment_root.hpp"
#include "sandbox/model.hpp"
#include "sandbox/s3/store.hpp"

namespace sandbox::agent {

// One lifecycle event for one instance.
struct HostCommand {
  std::string event;
  std::string application;
  std::string group;
  std::string group_id;
  std::string deployment;
  std::string creator;  // codeDeployRollback chooses other bundles for the traffic hooks
  std::string file_exists = "DISALLOW";
  S3Location revision;
};

class Agent {
 public:
  // `environment` is what hooks get besides the variables that CodeDeploy sets.
  Agent(const Instance& instance, const s3::Store& objects,
        std::map<std::string, std::string> environment);

  // Never throws base::Error: every failure is told by the diagnostics, "Success" included.
  Diagnostics perform(const HostCommand& command, std::stop_token stop) const;

 private:
  void install(const HostCommand& command, const DeploymentRoot& root) const;
  Diagnostics run_scripts(const HostCommand& command, const DeploymentRoot& root,
                          std::stop_token stop) const;

  std::filesystem::path instance_root_;
  const s3::Store& objects_;
  std::map<std::string, std::string> environment_;
};

// Whose bundle a hook comes from (the measured rules of the agent).
enum class HookSource { this_deployment, last_successful_install, most_recent_download };

// `archive_present`: this deployment's bundle is on the host already.
HookSource hook_source(std::string_view event, std::string_view creator, bool archive_present);

}  // namespace sandbox::agent
