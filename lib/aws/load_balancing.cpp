// SPDX-License-Identifier: Apache-2.0
#include "aws/load_balancing.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "text/split.hpp"

namespace aws {
namespace {

constexpr std::string_view version = "2015-12-01";

constexpr std::array<std::pair<TargetState, std::string_view>, 7> state_words{{
    {TargetState::initial, "initial"},
    {TargetState::healthy, "healthy"},
    {TargetState::unhealthy, "unhealthy"},
    {TargetState::unused, "unused"},
    {TargetState::draining, "draining"},
    {TargetState::unhealthy_draining, "unhealthy.draining"},
    {TargetState::unavailable, "unavailable"},
}};

TargetState state_of(std::string_view text) {
  const auto place = std::find_if(state_words.begin(), state_words.end(),
                                  [&](const auto& each) { return each.second == text; });
  return place == state_words.end() ? TargetState::unknown : place->first;
}

int number(const std::string& text) {
  return static_cast<int>(text::find_number(text).value_or(0));
}

TargetGroup read_target_group(const xml::Element& member) {
  const auto* matcher = member.find("Matcher");
  return {
      .name = member.text_of("TargetGroupName"),
      .arn = member.text_of("TargetGroupArn"),
      .protocol = member.text_of("Protocol"),
      .target_type = member.text_of("TargetType"),
      .port = number(member.text_of("Port")),
      .check = {
          .protocol = member.text_of("HealthCheckProtocol"),
          .port = member.text_of("HealthCheckPort"),
          .path = member.text_of("HealthCheckPath"),
          .matcher = matcher == nullptr ? "" : matcher->text_of("HttpCode"),
          .interval = std::chrono::seconds(number(member.text_of("HealthCheckIntervalSeconds"))),
          .timeout = std::chrono::seconds(number(member.text_of("HealthCheckTimeoutSeconds"))),
          .healthy_threshold = number(member.text_of("HealthyThresholdCount")),
          .unhealthy_threshold = number(member.text_of("UnhealthyThresholdCount"))}};
}

TargetHealth read_target_health(const xml::Element& member) {
  TargetHealth target;
  if (const auto* name = member.find("Target")) {
    target.id = name->text_of("Id");
    target.port = number(name->text_of("Port"));
  }
  if (const auto* health = member.find("TargetHealth")) {
    target.state = state_of(health->text_of("State"));
    target.reason = health->text_of("Reason");
    target.description = health->text_of("Description");
  }
  return target;
}

}  // namespace

std::string_view word(TargetState state) {
  const auto place = std::find_if(state_words.begin(), state_words.end(),
                                  [&](const auto& each) { return each.first == state; });
  return place == state_words.end() ? "unknown" : place->second;
}

std::optional<TargetGroup> LoadBalancing::find_target_group(const std::string& name) {
  auto answer = caller_->query(Service::load_balancing, "DescribeTargetGroups", version,
                               {{"Names.member.1", name}});
  const auto* failure = std::get_if<Failure>(&answer);
  if (failure != nullptr &&
      (failure->code == "TargetGroupNotFound" || failure->code == "TargetGroupNotFoundException")) {
    return std::nullopt;
  }
  const auto result =
      value_or_throw(std::move(answer), fmt::format("describe target group {}", name));
  const auto members = result.members("TargetGroups");
  if (members.empty()) return std::nullopt;
  return read_target_group(*members.front());
}

std::vector<TargetHealth> LoadBalancing::target_health(const std::string& target_group_arn,
                                                       const std::vector<std::string>& ids) {
  Parameters parameters{{"TargetGroupArn", target_group_arn}};
  for (const auto& id : ids) {
    parameters.emplace_back(fmt::format("Targets.member.{}.Id", parameters.size()), id);
  }
  const auto result = value_or_throw(
      caller_->query(Service::load_balancing, "DescribeTargetHealth", version, parameters),
      "describe the health of the targets");
  std::vector<TargetHealth> targets;
  for (const auto* member : result.members("TargetHealthDescriptions")) {
    targets.push_back(read_target_health(*member));
  }
  return targets;
}

std::map<std::string, std::string> LoadBalancing::target_group_attributes(
    const std::string& target_group_arn) {
  const auto result =
      value_or_throw(caller_->query(Service::load_balancing, "DescribeTargetGroupAttributes",
                                    version, {{"TargetGroupArn", target_group_arn}}),
                     "describe the target group's attributes");
  std::map<std::string, std::string> attributes;
  for (const auto* member : result.members("Attributes")) {
    attributes[member->text_of("Key")] = member->text_of("Value");
  }
  return attributes;
}

}  // namespace aws
