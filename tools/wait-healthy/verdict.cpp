// SPDX-License-Identifier: Apache-2.0
#include "wait-healthy/verdict.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "text/split.hpp"

namespace wait_healthy {
namespace {

using aws::DeploymentStatus;
using aws::TargetState;
using Word = Verdict::Word;
using Answer = VersionSample::Answer;

// A phase outweighs all targets, a target all samples.
constexpr int phase_weight = 1'000'000;
constexpr int target_weight = 1'000;

Verdict waiting(std::string why, int closeness = 0) {
  return {Word::waiting, std::move(why), closeness};
}

std::string of(std::size_t count, std::size_t all) { return fmt::format("{} of {}", count, all); }

// States that no waiting mends; the service's own reason says what to change.
bool is_hopeless(const aws::TargetHealth& health) {
  static const std::set<std::string, std::less<>> reasons{
      "Target.NotInUse", "Target.IpUnusable", "Target.HealthCheckDisabled", "Target.InvalidState"};
  return reasons.contains(health.reason);
}

std::string reason_of(const aws::TargetHealth& health) {
  std::string text = fmt::format("{} is {}", health.id, aws::word(health.state));
  if (!health.reason.empty()) text += " " + health.reason;
  if (!health.description.empty()) text += ": " + health.description;
  return text;
}

Verdict judge_ended(const Observation& now, const Expectations& expected) {
  const auto& deployment = now.watched.deployment;
  const auto told = fmt::format("deployment {} {}", deployment.id, status_of(deployment));
  if (now.rollback) {
    const auto& rollback = now.rollback->deployment;
    const auto its = fmt::format("rollback {} {}", rollback.id, status_of(rollback));
    if (!aws::is_final(rollback.status)) return waiting(told + "; " + its);
    const bool back = rollback.status == DeploymentStatus::succeeded;
    return {back ? Word::rolled_back : Word::failed, told + "; " + its};
  }
  if (!may_be_rolled_back(deployment)) {
    const bool nowhere_to_go = deployment.auto_rollback;
    return {Word::failed,
            told + (nowhere_to_go ? "; there is no earlier revision to go back to" : "")};
  }
  if (now.since_end < expected.rollback_appears_within) {
    return waiting(told + "; no rollback has begun yet");
  }
  return {Word::failed, told + "; no rollback began"};
}

int phase_of(const aws::Deployment& deployment) {
  if (deployment.status == DeploymentStatus::succeeded) return 4;
  if (has_shifted(deployment)) return 3;
  if (deployment.status == DeploymentStatus::ready) return 2;
  return deployment.overview ? 1 : 0;
}

std::string overview_of(const aws::Overview& overview) {
  std::vector<std::string> parts;
  const auto add = [&](int count, std::string_view what) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, what));
  };
  add(overview.pending, "pending");
  add(overview.in_progress, "in progress");
  add(overview.ready, "ready");
  add(overview.succeeded, "succeeded");
  add(overview.failed, "failed");
  add(overview.skipped, "skipped");
  return parts.empty() ? "no instance yet" : text::join(parts, ", ");
}

// What a deployment that goes on waits for.
std::string why_not_yet(const Observation& now) {
  const auto& deployment = now.watched.deployment;
  auto why = fmt::format("deployment {} {}", deployment.id, status_of(deployment));
  if (deployment.status == DeploymentStatus::ready) return why + ", waits to be continued";
  if (has_shifted(deployment)) return why + ", traffic has shifted, blue is not terminated yet";
  if (!deployment.overview) return why + ", green instances are being provided";
  why += ": " + overview_of(*deployment.overview);
  for (const auto& health : now.health) {
    // Not registered yet is where every green target begins.
    const bool begun = health.target.state != TargetState::unused;
    if (begun && health.target.state != TargetState::healthy) {
      return why + "; " + reason_of(health.target);
    }
  }
  return why;
}

std::size_t count(const std::vector<VersionSample>& samples, Answer answer) {
  return static_cast<std::size_t>(std::ranges::count(samples, answer, &VersionSample::answer));
}

Verdict judge_version(const Observation& now, const Expectations& expected, int closeness) {
  const auto fresh = count(now.samples, Answer::fresh);
  const auto all = now.samples.size();
  if (all > 0 && fresh == all) return {Word::healthy, "", closeness + static_cast<int>(fresh)};
  std::set<std::string> others;
  for (const auto& sample : now.samples) {
    if (sample.answer != Answer::fresh) others.insert(sample.said);
  }
  const auto said = text::join({others.begin(), others.end()}, ", ");
  const bool stuck = all > 0 && fresh == 0 && count(now.samples, Answer::none) == 0 &&
                     now.since_stuck >= expected.wrong_version_lasts;
  if (stuck) {
    return {Word::failed,
            fmt::format("all targets are healthy, but no answer is of the new version: {}", said)};
  }
  if (all == 0) return waiting("the version has not been asked for yet", closeness);
  return waiting(fmt::format("{} answers are of the new version; others: {}", of(fresh, all), said),
                 closeness + static_cast<int>(fresh));
}

Verdict judge_arrived(const Observation& now, const Expectations& expected) {
  const auto& deployment = now.watched.deployment;
  const auto phase = phase_of(deployment) * phase_weight;
  if (deployment.overview && deployment.overview->failed > 0) {
    return {Word::failed,
            fmt::format("deployment {} {} although {} of its instances failed", deployment.id,
                        aws::word(deployment.status), deployment.overview->failed)};
  }
  const auto targets = expected_targets(now.watched);
  if (targets.empty()) return waiting("no green instance is listed yet", phase);
  std::size_t healthy = 0;
  for (const auto* target : targets) {
    if (is_healthy_everywhere(now, target->id)) ++healthy;
  }
  const auto closeness = phase + static_cast<int>(healthy) * target_weight;
  if (healthy < targets.size()) {
    auto why = fmt::format("{} green targets are healthy", of(healthy, targets.size()));
    for (const auto& health : now.health) {
      if (health.target.state == TargetState::healthy) continue;
      if (is_hopeless(health.target)) return {Word::failed, reason_of(health.target)};
      why += "; " + reason_of(health.target);
    }
    return waiting(why, closeness);
  }
  if (!expected.version) return {Word::healthy, ""};
  return judge_version(now, expected, closeness);
}

}  // namespace

Verdict judge(const Observation& now, const Expectations& expected) {
  const auto& deployment = now.watched.deployment;
  switch (deployment.status) {
    case DeploymentStatus::failed:
    case DeploymentStatus::stopped:
      return judge_ended(now, expected);
    case DeploymentStatus::succeeded:
      return judge_arrived(now, expected);
    default:
      break;
  }
  if (expected.until == Until::traffic_shifted && has_shifted(deployment)) {
    return judge_arrived(now, expected);
  }
  return waiting(why_not_yet(now), phase_of(deployment) * phase_weight);
}

std::string status_of(const aws::Deployment& deployment) {
  std::string text(aws::word(deployment.status));
  if (!deployment.error_code.empty()) text += ": " + deployment.error_code;
  if (!deployment.error_message.empty()) text += ": " + deployment.error_message;
  // One line without a full stop, as every message of ours.
  while (text.ends_with('.') || text.ends_with(' ')) text.pop_back();
  return text::replace_all(text, "\n", " ");
}

}  // namespace wait_healthy
