// SPDX-License-Identifier: Apache-2.0
#include "wait-healthy/subject.hpp"

#include "logging/log.hpp"
#include "timing/timestamp.hpp"

namespace wait_healthy {
namespace {

constexpr std::size_t abbreviation = 12;

std::string state_of(const Observation& now, const aws::DeploymentTarget& target) {
  for (const auto& health : now.health) {
    if (health.target.id == target.id && health.target.state != aws::TargetState::healthy) {
      return std::string(aws::word(health.target.state));
    }
  }
  return is_healthy_everywhere(now, target.id) ? "healthy" : "unknown";
}

}  // namespace

std::string Subject::name() const {
  return expected.version.empty() ? expected.commit.substr(0, abbreviation) : expected.version;
}

Subject subject(const std::string& asked, const std::string& record_path,
                const process::Environment& environment) {
  const auto stamp = release::stamp_of(environment);
  auto record = asked.empty() ? release::Record::open(record_path, stamp)
                              : release::Record::find(record_path, stamp);
  const auto recorded = record && record->has("deployment")
                            ? record->section("deployment")["deployment_id"].string()
                            : std::string();
  if (!asked.empty() && asked != recorded) {
    logging::info("{} is not the release record's deployment: its outcome is not recorded", asked);
    return {.deployment_id = asked};
  }
  Subject found{.deployment_id = record->section("deployment")["deployment_id"].string(),
                .expected = {.commit = record->section("source")["commit"].string()}};
  if (record->has("jar")) {
    found.expected.version = record->section("jar")["version"].maybe_string().value_or("");
  }
  found.record = std::move(record);
  return found;
}

json::Value health_section(const Subject& subject, const Observation& now,
                           const std::string& status, const std::string& why,
                           timing::SystemTime when) {
  json::Value targets{json::Array{}};
  for (const auto* target : expected_targets(now.watched)) {
    targets.push_back(json::object({{"id", target->id}, {"state", state_of(now, *target)}}));
  }
  auto section = json::object({{"status", status},
                               {"deployment_id", subject.deployment_id},
                               {"version", subject.name()},
                               {"targets", std::move(targets)}});
  const bool healthy = status == "healthy";
  if (!now.samples.empty()) section.set("answers", now.samples.front().said);
  if (!healthy) section.set("reason", why);
  if (now.rollback) section.set("rollback_deployment_id", now.rollback->deployment.id);
  section.set(healthy ? "healthy_at" : "ended_at", timing::rfc3339(when));
  return section;
}

}  // namespace wait_healthy
