// SPDX-License-Identifier: Apache-2.0
#include "sandbox/codedeploy/lifecycle.hpp"

#include "sandbox/codedeploy/deployment_config.hpp"

namespace sandbox {

const std::vector<std::string>& install_events() {
  static const std::vector<std::string> events{
      "ApplicationStop", "DownloadBundle",   "BeforeInstall",  "Install",
      "AfterInstall",    "ApplicationStart", "ValidateService"};
  return events;
}

const std::vector<std::string>& allow_events() {
  static const std::vector<std::string> events{"BeforeAllowTraffic", "AllowTraffic",
                                               "AfterAllowTraffic"};
  return events;
}

const std::vector<std::string>& block_events() {
  static const std::vector<std::string> events{"BeforeBlockTraffic", "BlockTraffic",
                                               "AfterBlockTraffic"};
  return events;
}

std::vector<std::string> green_events() {
  auto events = install_events();
  events.insert(events.end(), allow_events().begin(), allow_events().end());
  return events;
}

DeploymentTarget new_target(const std::string& instance, Label label,
                            const std::vector<std::string>& events) {
  DeploymentTarget target{.instance = instance, .label = label};
  for (const auto& name : events) target.events.push_back(LifecycleEvent{.name = name});
  return target;
}

bool failure_is_ignorable(std::string_view event) {
  return event == "ApplicationStop" || event == "BeforeBlockTraffic" ||
         event == "AfterBlockTraffic";
}

std::optional<HealthRule> health_rule(const DeploymentConfig& config, int total) {
  if (config.name == "CodeDeployDefault.OneAtATime") {
    return HealthRule{.concurrency = 1, .failures_allowed = 0, .last_may_fail = total > 1};
  }
  // Without a minimum one success is still needed.
  if (config.value == 0) return HealthRule{.concurrency = total, .failures_allowed = total - 1};
  // A percentage is rounded up to whole instances when the deployment starts.
  const int minimum =
      config.type == "FLEET_PERCENT" ? (total * config.value + 99) / 100 : config.value;
  if (total <= minimum) return std::nullopt;
  return HealthRule{.concurrency = most_at_once(config, total),
                    .failures_allowed = total - minimum};
}

bool is_violated(const HealthRule& rule, int failed, int waiting) {
  if (rule.last_may_fail && failed == 1 && waiting == 0) return false;
  return failed > rule.failures_allowed;
}

bool wants_rollback(const Deployment& deployment, DeploymentStatus ending) {
  if (deployment.creator == "codeDeployRollback") return false;
  const auto& rule = deployment.auto_rollback;
  if (ending == DeploymentStatus::failed) {
    return rule.enabled && rule.events.contains("DEPLOYMENT_FAILURE");
  }
  if (ending == DeploymentStatus::stopped) {
    return deployment.stop_with_rollback.value_or(
        rule.enabled && rule.events.contains("DEPLOYMENT_STOP_ON_REQUEST"));
  }
  return false;
}

}  // namespace sandbox
