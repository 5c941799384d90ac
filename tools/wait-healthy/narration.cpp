// SPDX-License-Identifier: Apache-2.0
#include "wait-healthy/narration.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "text/split.hpp"
#include "wait-healthy/verdict.hpp"

namespace wait_healthy {
namespace {

using Lines = std::vector<std::string>;
using aws::Progress;

const aws::DeploymentTarget* find_target(const DeploymentSeen& seen, const std::string& id) {
  const auto found = std::ranges::find(seen.targets, id, &aws::DeploymentTarget::id);
  return found == seen.targets.end() ? nullptr : &*found;
}

Progress status_of_event(const aws::DeploymentTarget* target, const std::string& name) {
  if (target == nullptr) return Progress::pending;
  const auto found = std::ranges::find(target->events, name, &aws::LifecycleEvent::name);
  return found == target->events.end() ? Progress::pending : found->status;
}

// Pending is where every event begins, and Skipped what all after a failure are.
bool is_worth_a_line(Progress progress) {
  return progress != Progress::pending && progress != Progress::skipped;
}

void tell_target(const aws::DeploymentTarget* before, const aws::DeploymentTarget& now,
                 Lines& lines) {
  const auto name = now.label.empty() ? now.id : now.id + " " + now.label;
  for (const auto& event : now.events) {
    if (!is_worth_a_line(event.status)) continue;
    if (status_of_event(before, event.name) == event.status) continue;
    const auto took = event_duration(event);
    lines.push_back(fmt::format("{} {} {}{}{}", name, event.name, aws::word(event.status),
                                took.empty() ? "" : " ", took));
  }
}

void tell_deployment(const DeploymentSeen& before, const DeploymentSeen& now,
                     std::string_view prefix, Lines& lines) {
  const auto& was = before.deployment;
  const auto& is = now.deployment;
  if (was.id != is.id || was.status != is.status) {
    lines.push_back(fmt::format("{}{} {}", prefix, is.id, status_of(is)));
  }
  for (const auto& target : now.targets) tell_target(find_target(before, target.id), target, lines);
  if (is.termination_wait_started && !was.termination_wait_started) {
    lines.push_back(fmt::format("{}{} traffic has shifted to green", prefix, is.id));
  }
}

std::string health_text(const aws::TargetHealth& health) {
  std::string text(aws::word(health.state));
  if (!health.reason.empty()) text += " " + health.reason;
  if (!health.description.empty()) text += ": " + health.description;
  return text;
}

void tell_health(const std::vector<GroupHealth>& before, const std::vector<GroupHealth>& now,
                 Lines& lines) {
  std::map<std::string, std::string> known;
  for (const auto& [group, health] : before) known[group + "/" + health.id] = health_text(health);
  for (const auto& [group, health] : now) {
    const auto text = health_text(health);
    const auto found = known.find(group + "/" + health.id);
    // Not registered is where every green target begins.
    const bool begins = found == known.end() && health.state == aws::TargetState::unused;
    if (begins || (found != known.end() && found->second == text)) continue;
    lines.push_back(fmt::format("{} in {}: {}", health.id, group, text));
  }
}

std::string version_text(const std::vector<VersionSample>& samples) {
  std::map<std::string, int> counts;
  for (const auto& sample : samples) {
    const bool fresh = sample.answer == VersionSample::Answer::fresh;
    ++counts[fmt::format("{}{}", fresh ? "new " : "", sample.said)];
  }
  Lines parts;
  for (const auto& [said, count] : counts) parts.push_back(fmt::format("{} × {}", count, said));
  return text::join(parts, ", ");
}

}  // namespace

std::vector<std::string> changes(const Observation& before, const Observation& now) {
  Lines lines;
  tell_deployment(before.watched, now.watched, "", lines);
  tell_health(before.health, now.health, lines);
  const auto version = version_text(now.samples);
  if (!version.empty() && version != version_text(before.samples)) {
    lines.push_back("the service answers " + version);
  }
  if (now.rollback) {
    tell_deployment(before.rollback.value_or(DeploymentSeen{}), *now.rollback, "rollback ", lines);
  }
  return lines;
}

std::string event_duration(const aws::LifecycleEvent& event) {
  if (!event.started || !event.ended) return {};
  const std::chrono::duration<double> took = *event.ended - *event.started;
  if (took.count() < 0) return {};
  return took.count() < 10 ? fmt::format("{:.1f}s", took.count())
                           : fmt::format("{:.0f}s", took.count());
}

}  // namespace wait_healthy
