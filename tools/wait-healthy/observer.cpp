// SPDX-License-Identifier: Apache-2.0
#include "wait-healthy/observer.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"

namespace wait_healthy {
namespace {

using std::chrono::milliseconds;

constexpr unsigned detail_rounds = 3;
// With n targets of which one is stale, k samples all miss it with probability (1 - 1/n)^k: 0.7 %
// at n = 4 and 5 samples per target.
constexpr std::size_t samples_per_target = 5;
constexpr std::size_t most_samples = 50;

bool has_failed(const aws::Deployment& deployment) {
  return deployment.status == aws::DeploymentStatus::failed ||
         deployment.status == aws::DeploymentStatus::stopped;
}

bool differs(const aws::Deployment& before, const aws::Deployment& now) {
  return before.status != now.status || before.overview != now.overview ||
         before.termination_wait_started != now.termination_wait_started;
}

bool none_is_new(const std::vector<VersionSample>& samples) {
  return !samples.empty() && std::ranges::all_of(samples, [](const VersionSample& sample) {
    return sample.answer == VersionSample::Answer::old ||
           sample.answer == VersionSample::Answer::unknown;
  });
}

}  // namespace

void Observer::look() {
  problem_.clear();
  auto& deployment = now_.watched.deployment;
  const auto before = deployment;
  if (!tolerate([&] { deployment = services_.codedeploy.get_deployment(id_); })) return;
  const bool near = aws::is_final(deployment.status) || has_shifted(deployment);
  const bool detail = !seen_ || differs(before, deployment) || near || rounds_ % detail_rounds == 0;
  seen_ = true;
  ++rounds_;
  if (detail) {
    tolerate([&] { read_details(now_.watched); });
    tolerate([&] { read_health(); });
  }
  if (has_failed(deployment)) {
    if (!ended_at_) ended_at_ = clock_->steady_now();
    now_.since_end = std::chrono::duration_cast<milliseconds>(clock_->steady_now() - *ended_at_);
    tolerate([&] { read_rollback(); });
    return;
  }
  take_samples();
}

bool Observer::tolerate(const std::function<void()>& read) {
  try {
    read();
    return true;
  } catch (const base::Error& error) {
    if (error.kind() != base::Kind::unavailable) throw;
    problem_ = error.message();
    return false;
  }
}

void Observer::read_details(DeploymentSeen& seen) {
  const auto& id = seen.deployment.id;
  const auto targets = services_.codedeploy.list_deployment_targets(id);
  if (targets.empty()) return;
  seen.targets = services_.codedeploy.get_deployment_targets(id, targets);
}

void Observer::read_health() {
  std::vector<std::string> ids;
  for (const auto* target : expected_targets(now_.watched)) ids.push_back(target->id);
  // Without ids the service would answer for every target of the group, blue ones included.
  if (ids.empty()) return;
  std::vector<GroupHealth> health;
  for (const auto& name : now_.watched.deployment.target_groups) {
    auto& arn = arns_[name];
    if (arn.empty()) {
      const auto group = services_.load_balancing.find_target_group(name);
      if (!group) {
        throw base::Error(
            base::Kind::refused,
            fmt::format("read the health of deployment {}: there is no target group {}", id_, name),
            "check the deployment group's load balancer settings");
      }
      arn = group->arn;
    }
    for (auto& target : services_.load_balancing.target_health(arn, ids)) {
      health.push_back({name, std::move(target)});
    }
  }
  now_.health = std::move(health);
}

void Observer::read_rollback() {
  if (rollback_id_.empty()) rollback_id_ = find_rollback_id();
  if (rollback_id_.empty()) return;
  DeploymentSeen seen = now_.rollback.value_or(DeploymentSeen{});
  seen.deployment = services_.codedeploy.get_deployment(rollback_id_);
  now_.rollback = seen;
  read_details(*now_.rollback);
}

// The failed deployment names its rollback; when it does not for half of the time we allow, the
// group's newer deployments are asked whom they roll back.
std::string Observer::find_rollback_id() {
  const auto& deployment = now_.watched.deployment;
  if (!deployment.rollback.deployment_id.empty()) return deployment.rollback.deployment_id;
  const bool is_late = now_.since_end >= expected_.rollback_appears_within / 2;
  if (!may_be_rolled_back(deployment) || !is_late) return {};
  const auto ids = services_.codedeploy.list_deployments({.application = deployment.application,
                                                          .group = deployment.group,
                                                          .created_since = deployment.created});
  for (const auto& other : services_.codedeploy.get_deployments(ids)) {
    if (other.rollback.triggering_deployment_id == deployment.id) return other.id;
  }
  return {};
}

void Observer::take_samples() {
  if (!services_.sampler) return;
  // Only once all else is well: before that the old version answers, and rightly so.
  auto without_version = expected_;
  without_version.version = false;
  if (judge(now_, without_version).word != Verdict::Word::healthy) {
    now_.samples.clear();
    now_.since_stuck = milliseconds(0);
    stuck_since_.reset();
    return;
  }
  const auto wanted = samples_per_target * expected_targets(now_.watched).size();
  now_.samples = services_.sampler->take(std::min(wanted, most_samples));
  if (!none_is_new(now_.samples)) {
    now_.since_stuck = milliseconds(0);
    stuck_since_.reset();
    return;
  }
  if (!stuck_since_) stuck_since_ = clock_->steady_now();
  now_.since_stuck = std::chrono::duration_cast<milliseconds>(clock_->steady_now() - *stuck_since_);
}

}  // namespace wait_healthy
