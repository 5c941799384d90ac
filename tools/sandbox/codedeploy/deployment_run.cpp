// SPDX-License-Identifier: Apache-2.0
#include "sandbox/codedeploy/deployment_run.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "sandbox/codedeploy/deployment_config.hpp"

namespace sandbox {
namespace {

constexpr std::chrono::milliseconds tick{500};

constexpr const char* too_many_failed =
    "too many instances failed, so fewer than the required number are healthy";

std::vector<std::string> healthy_instances(const Account& account, const std::string& group) {
  std::vector<std::string> ids;
  for (const auto& [id, instance] : account.instances) {
    if (instance.auto_scaling_group == group && instance.healthy &&
        instance.state == LifecycleState::in_service) {
      ids.push_back(id);
    }
  }
  return ids;
}

}  // namespace

std::string copied_group_name(const std::string& deployment_group, const std::string& deployment) {
  return fmt::format("CodeDeploy_{}_{}", deployment_group, deployment);
}

DeploymentRun::DeploymentRun(EngineParts parts, std::string id, Leftovers leftovers,
                             std::stop_token stop)
    : parts_(parts),
      record_(parts.world, std::move(id)),
      leftovers_(leftovers),
      stop_(std::move(stop)) {}

void DeploymentRun::run() {
  record_.set_status(DeploymentStatus::queued, "");
  record_.set_status(DeploymentStatus::in_progress, "");
  if (record_.snapshot().creator == "codeDeployRollback") return roll_back();
  for (const auto step :
       {&DeploymentRun::provision, &DeploymentRun::install, &DeploymentRun::wait_until_ready,
        &DeploymentRun::reroute, &DeploymentRun::block, &DeploymentRun::wait_for_termination}) {
    const auto result = (this->*step)();
    if (stopping()) return;
    if (result != Step::done) return conclude(result);
  }
  finish();
}

DeploymentRun::Step DeploymentRun::provision() {
  const auto group = record_.group();
  blue_group_ = group.auto_scaling_group;
  green_group_ = copied_group_name(group.name, record_.id());
  {
    const std::lock_guard lock(parts_.world.mutex);
    auto& account = parts_.world.account;
    blue_ = healthy_instances(account, blue_group_);
    if (blue_.empty()) {
      return fail("NO_INSTANCES",
                  fmt::format("Auto Scaling group {} has no healthy instance", blue_group_));
    }
    auto copy = account.auto_scaling_groups[blue_group_];
    copy.name = green_group_;
    copy.desired = static_cast<int>(blue_.size());
    copy.target_groups.clear();
    copy.created = parts_.world.clock.now();
    account.auto_scaling_groups[green_group_] = copy;
    parts_.world.events.write("auto_scaling_group", {{"group", green_group_}, {"to", "created"}});
  }
  record_.note("the copied Auto Scaling group is attached to the target group at reroute");
  green_ = parts_.fleet.launch(green_group_, static_cast<int>(blue_.size()));
  std::vector<DeploymentTarget> targets;
  for (const auto& id : green_) targets.push_back(new_target(id, Label::green, green_events()));
  for (const auto& id : blue_) targets.push_back(new_target(id, Label::blue, block_events()));
  record_.set_targets(std::move(targets));
  return record_.snapshot().stop_requested ? Step::stopped : Step::done;
}

DeploymentRun::Step DeploymentRun::install() {
  const auto rule = rule_for_green();
  if (!rule) {
    return fail(
        "HEALTH_CONSTRAINTS_INVALID",
        fmt::format("{} cannot hold with {} instances", record_.snapshot().config, green_.size()));
  }
  const auto outcomes =
      work_on(green_, install_events(), rule->concurrency,
              [&](int failed, int waiting) { return is_violated(*rule, failed, waiting); });
  if (record_.snapshot().stop_requested) return Step::stopped;
  std::vector<std::string> installed;
  for (std::size_t i = 0; i < green_.size(); ++i) {
    if (outcomes[i] == TargetOutcome::succeeded) installed.push_back(green_[i]);
  }
  const auto failed =
      static_cast<int>(std::count(outcomes.begin(), outcomes.end(), TargetOutcome::failed));
  if (is_violated(*rule, failed, 0)) return fail("HEALTH_CONSTRAINTS", too_many_failed);
  green_ = installed;
  return Step::done;
}

DeploymentRun::Step DeploymentRun::wait_until_ready() {
  const auto deployment = record_.snapshot();
  if (deployment.blue_green.ready_action != "STOP_DEPLOYMENT") return Step::done;
  for (const auto& id : green_) record_.set_target(id, TargetStatus::ready);
  record_.set_status(DeploymentStatus::ready, "waits for ContinueDeployment");
  const bool goes_on = wait_for(deployment.blue_green.ready_wait,
                                [](const Deployment& now) { return now.continue_requested; });
  if (!goes_on) {
    error_ = {.code = "TIMEOUT", .message = "the wait for ContinueDeployment is over"};
    return Step::stopped;
  }
  record_.set_status(DeploymentStatus::in_progress, "ContinueDeployment");
  return Step::done;
}

DeploymentRun::Step DeploymentRun::reroute() {
  record_.set_rerouted();
  {
    const auto target_group = record_.group().target_group;
    const std::lock_guard lock(parts_.world.mutex);
    auto& green = parts_.world.account.auto_scaling_groups[green_group_];
    if (!target_group.empty()) green.target_groups.insert(target_group);
  }
  const auto outcomes = work_on(green_, allow_events(), static_cast<int>(green_.size()),
                                [](int, int) { return false; });
  if (record_.snapshot().stop_requested) return Step::stopped;
  const auto rule = rule_for_green();
  const auto failed =
      static_cast<int>(std::count(outcomes.begin(), outcomes.end(), TargetOutcome::failed));
  std::vector<std::string> serving;
  std::vector<std::string> lame;
  for (std::size_t i = 0; i < green_.size(); ++i) {
    (outcomes[i] == TargetOutcome::succeeded ? serving : lame).push_back(green_[i]);
  }
  if (serving.empty() || (rule && is_violated(*rule, failed, 0))) {
    return fail("HEALTH_CONSTRAINTS", too_many_failed);
  }
  parts_.balancer.deregister_targets(record_.group().target_group, lame);
  for (const auto& id : serving) record_.set_target(id, TargetStatus::succeeded);
  green_ = serving;
  return Step::done;
}

// From here on green has the traffic; blue is drained.
DeploymentRun::Step DeploymentRun::block() {
  block_began_ = true;
  const auto outcomes = work_on(blue_, block_events(), static_cast<int>(blue_.size()),
                                [](int, int) { return false; });
  if (record_.snapshot().stop_requested) return Step::stopped;
  if (std::count(outcomes.begin(), outcomes.end(), TargetOutcome::failed) > 0) {
    return fail("HEALTH_CONSTRAINTS",
                "an instance of the original fleet could not be taken out of traffic");
  }
  for (const auto& id : blue_) record_.set_target(id, TargetStatus::succeeded);
  return Step::done;
}

DeploymentRun::Step DeploymentRun::wait_for_termination() {
  const auto settings = record_.snapshot().blue_green;
  if (settings.terminate_action != "TERMINATE") return Step::done;
  record_.start_termination_wait();
  wait_for(settings.termination_wait,
           [](const Deployment& now) { return now.skip_termination_requested; });
  return record_.snapshot().stop_requested ? Step::stopped : Step::done;
}

// The point of no return is behind: a stop that comes now is too late.
void DeploymentRun::finish() {
  if (record_.snapshot().blue_green.terminate_action == "TERMINATE") {
    parts_.fleet.remove_group(blue_group_);
    if (stopping()) return;
  } else {
    record_.note("the original fleet is kept and no longer belongs to the deployment group");
  }
  if (record_.snapshot().stop_requested)
    record_.note("the stop came after the termination had begun");
  record_.succeed(green_group_);
}

std::optional<HealthRule> DeploymentRun::rule_for_green() const {
  const auto name = record_.snapshot().config;
  const std::lock_guard lock(parts_.world.mutex);
  const auto config = find_deployment_config(parts_.world.account, name);
  return health_rule(config.value_or(DeploymentConfig{}), static_cast<int>(green_.size()));
}

DeploymentRun::Step DeploymentRun::fail(std::string code, std::string message) {
  error_ = {.code = std::move(code), .message = std::move(message)};
  return Step::failed;
}

void DeploymentRun::conclude(Step step) {
  const auto status = step == Step::failed ? DeploymentStatus::failed : DeploymentStatus::stopped;
  if (error_.code.empty())
    error_ = {.code = "MANUAL_STOP", .message = "the deployment was stopped"};
  record_.skip_open_events();
  const auto deployment = record_.snapshot();
  const bool wanted = wants_rollback(deployment, status);
  if (wanted && deployment.previous_revision) {
    record_.end_badly(status, error_, deployment.previous_revision,
                      "rolled back to the previous revision");
    return;
  }
  give_up_green();
  record_.end_badly(status, error_, std::nullopt,
                    wanted ? "no rollback: the group has no previous successful revision" : "");
  if (leftovers_ == Leftovers::remove)
    parts_.fleet.remove_group(block_began_ ? blue_group_ : green_group_);
}

// No rollback follows: leaves one fleet with all the traffic.
void DeploymentRun::give_up_green() {
  const auto group = record_.group();
  if (block_began_) {
    record_.note("traffic stays on green, which becomes the group's environment");
    parts_.balancer.deregister_targets(group.target_group, blue_);
    const std::lock_guard lock(parts_.world.mutex);
    auto& application = parts_.world.account.applications.at(group.application);
    application.groups.at(group.name).auto_scaling_group = green_group_;
    return;
  }
  if (!record_.snapshot().rerouted) return;
  record_.note("traffic stays on blue, green is deregistered");
  std::vector<std::string> registered;
  for (const auto& target : record_.snapshot().targets) {
    if (target.label == Label::green) registered.push_back(target.instance);
  }
  parts_.balancer.deregister_targets(group.target_group, registered);
}

std::vector<TargetOutcome> DeploymentRun::work_on(
    const std::vector<std::string>& instances, const std::vector<std::string>& events,
    int concurrency, const std::function<bool(int failed, int waiting)>& enough) {
  TargetWork work(parts_, record_, stop_);
  // A target that nobody began counts as stopped.
  std::vector<TargetOutcome> outcomes(instances.size(), TargetOutcome::stopped);
  std::mutex mutex;
  std::size_t next = 0;
  int failed = 0;
  int through = 0;
  const auto take_targets = [&] {
    while (true) {
      std::size_t mine = 0;
      {
        const std::lock_guard lock(mutex);
        const int waiting = static_cast<int>(instances.size()) - through;
        if (next == instances.size() || work.stop_wanted() || enough(failed, waiting)) return;
        mine = next++;
      }
      const auto outcome = work.run(instances[mine], events);
      const std::lock_guard lock(mutex);
      outcomes[mine] = outcome;
      ++through;
      if (outcome == TargetOutcome::failed) ++failed;
    }
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < concurrency; ++i) threads.emplace_back(take_targets);
  threads.clear();  // joins
  return outcomes;
}

bool DeploymentRun::wait_for(std::chrono::milliseconds limit,
                             const std::function<bool(const Deployment&)>& done) {
  auto& clock = parts_.world.clock;
  const auto deadline = clock.steady_now() + limit;
  while (true) {
    const auto now = record_.snapshot();
    if (done(now)) return true;
    if (now.stop_requested || clock.steady_now() >= deadline) return false;
    if (!clock.sleep_until(std::min(deadline, clock.steady_now() + tick), stop_)) return false;
  }
}

}  // namespace sandbox
