// SPDX-License-Identifier: Apache-2.0
#include "aws/auto_scaling.hpp"

#include <fmt/core.h>

#include <utility>

#include "text/split.hpp"

namespace aws {
namespace {

constexpr std::string_view version = "2011-01-01";
constexpr int most_pages = 100;

int number(const std::string& text) {
  return static_cast<int>(text::find_number(text).value_or(0));
}

AutoScalingGroup read_group(const xml::Element& member) {
  AutoScalingGroup group{.name = member.text_of("AutoScalingGroupName"),
                         .minimum = number(member.text_of("MinSize")),
                         .maximum = number(member.text_of("MaxSize")),
                         .desired = number(member.text_of("DesiredCapacity")),
                         .health_check_type = member.text_of("HealthCheckType"),
                         .warm_pool = member.find("WarmPoolConfiguration") != nullptr};
  for (const auto* arn : member.members("TargetGroupARNs")) {
    group.target_group_arns.push_back(arn->text);
  }
  for (const auto* instance : member.members("Instances")) {
    group.instances.push_back({.id = instance->text_of("InstanceId"),
                               .zone = instance->text_of("AvailabilityZone"),
                               .lifecycle_state = instance->text_of("LifecycleState"),
                               .health_status = instance->text_of("HealthStatus")});
  }
  for (const auto* process : member.members("SuspendedProcesses")) {
    group.suspended_processes.push_back(process->text_of("ProcessName"));
  }
  return group;
}

}  // namespace

std::vector<AutoScalingGroup> AutoScaling::describe_groups(const std::vector<std::string>& names) {
  std::vector<AutoScalingGroup> groups;
  std::string next;
  for (int page = 0; page < most_pages; ++page) {
    Parameters parameters;
    for (const auto& name : names) {
      parameters.emplace_back(fmt::format("AutoScalingGroupNames.member.{}", parameters.size() + 1),
                              name);
    }
    if (!next.empty()) parameters.emplace_back("NextToken", next);
    const auto result = value_or_throw(
        caller_->query(Service::auto_scaling, "DescribeAutoScalingGroups", version, parameters),
        "describe Auto Scaling groups");
    for (const auto* member : result.members("AutoScalingGroups")) {
      groups.push_back(read_group(*member));
    }
    next = result.text_of("NextToken");
    if (next.empty()) break;
  }
  return groups;
}

}  // namespace aws
