// SPDX-License-Identifier: Apache-2.0
#include "sandbox/agent/agent.hpp"

#include <fmt/core.h>

#include <exception>
#include <optional>
#include <system_error>

#include "appspec/appspec.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "sandbox/agent/bundle.hpp"
#include "sandbox/agent/hook_runner.hpp"
#include "sandbox/agent/install.hpp"

namespace sandbox::agent {
namespace {

namespace fs = std::filesystem;

Diagnostics succeeded() {
  return {.error_code = "Success", .script_name = {}, .message = "Succeeded", .log_tail = {}};
}

// Hooks are read from appspec.yml only; the other spelling serves Install alone.
appspec::Spec spec_in(const fs::path& archive, bool other_spelling) {
  auto path = archive / "appspec.yml";
  auto content = file::find(path, 1U << 20U);
  if (!content && other_spelling) content = file::find(archive / "appspec.yaml", 1U << 20U);
  if (!content) {
    throw base::Error(
        base::Kind::refused,
        fmt::format(
            "The CodeDeploy agent did not find an AppSpec file within the unpacked revision "
            "directory at revision-relative path \"appspec.yml\". The revision was unpacked "
            "to directory \"{}\"",
            archive.string()));
  }
  return appspec::parse(*content, "appspec.yml");
}

std::map<std::string, std::string> variables_of(const HostCommand& command) {
  return {{"APPLICATION_NAME", command.application}, {"DEPLOYMENT_ID", command.deployment},
          {"DEPLOYMENT_GROUP_NAME", command.group},  {"DEPLOYMENT_GROUP_ID", command.group_id},
          {"LIFECYCLE_EVENT", command.event},        {"BUNDLE_BUCKET", command.revision.bucket},
          {"BUNDLE_KEY", command.revision.key},      {"BUNDLE_VERSION", command.revision.version},
          {"BUNDLE_ETAG", command.revision.etag}};
}

}  // namespace

HookSource hook_source(std::string_view event, std::string_view creator, bool archive_present) {
  const bool block = event == "BeforeBlockTraffic" || event == "AfterBlockTraffic";
  const bool allow = event == "BeforeAllowTraffic" || event == "AfterAllowTraffic";
  if (creator == "codeDeployRollback" && block) return HookSource::most_recent_download;
  if (creator == "codeDeployRollback" && allow) return HookSource::last_successful_install;
  if (archive_present) return HookSource::this_deployment;
  if (block || event == "ApplicationStop") return HookSource::last_successful_install;
  return HookSource::this_deployment;
}

Agent::Agent(const Instance& instance, const s3::Store& objects,
             std::map<std::string, std::string> environment)
    : instance_root_(instance.root), objects_(objects), environment_(std::move(environment)) {}

Diagnostics Agent::perform(const HostCommand& command, std::stop_token stop) const {
  const DeploymentRoot root(instance_root_, command.group_id);
  std::string message;
  try {
    file::make_directories(root.agent_folder());
    if (command.event == "DownloadBundle") {
      download_bundle(objects_, command.revision, root.deployment(command.deployment), stop);
      root.set_most_recent_download(command.deployment);
      root.remove_old_revisions(command.deployment);
      return succeeded();
    }
    if (command.event == "Install") {
      install(command, root);
      return succeeded();
    }
    return run_scripts(command, root, stop);
  } catch (const base::Error& error) {
    message = error.message();
  } catch (const std::exception& error) {
    message = error.what();
  }
  return {.error_code = "UnknownError", .script_name = {}, .message = message, .log_tail = {}};
}

void Agent::install(const HostCommand& command, const DeploymentRoot& root) const {
  const auto archive = archive_of(root.deployment(command.deployment));
  const auto spec = spec_in(archive, true);
  const auto file_exists =
      spec.file_exists ? spec.file_exists : appspec::find_file_exists(command.file_exists);
  const auto previous = root.cleanup_list();
  const auto made =
      agent::install({.spec = spec,
                      .archive = archive,
                      .instance_root = instance_root_,
                      .agent_folder = root.agent_folder(),
                      .file_exists = file_exists.value_or(appspec::FileExists::disallow),
                      .previous = previous});
  root.set_cleanup_list(made);
  root.set_last_successful_install(command.deployment);
}

Diagnostics Agent::run_scripts(const HostCommand& command, const DeploymentRoot& root,
                               std::stop_token stop) const {
  const auto own = root.deployment(command.deployment);
  std::optional<fs::path> deployment = own;
  switch (hook_source(command.event, command.creator, fs::exists(archive_of(own)))) {
    case HookSource::this_deployment:
      break;
    case HookSource::last_successful_install:
      deployment = root.last_successful_install();
      break;
    case HookSource::most_recent_download:
      deployment = root.most_recent_download();
      break;
  }
  if (!deployment) return succeeded();  // nothing was installed here: the event is a no-op
  const auto spec = spec_in(archive_of(*deployment), false);
  auto environment = environment_;
  for (auto& [name, value] : variables_of(command)) environment[name] = value;
  return run_hook({.event = command.event,
                   .scripts = spec.scripts(command.event),
                   .deployment = *deployment,
                   .working_folder = root.agent_folder(),
                   .environment = std::move(environment)},
                  stop);
}

}  // namespace sandbox::agent
