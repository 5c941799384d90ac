// SPDX-License-Identifier: Apache-2.0
#include "sandbox/balancer/target_groups_api.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>

#include "crypto/sha256.hpp"
#include "sandbox/server/fault.hpp"

namespace sandbox::balancing {
namespace {

using xml::leaf;
using xml::node;

constexpr Paging paging{"PageSize", "Marker", 400};
constexpr std::string_view delay_attribute = "deregistration_delay.timeout_seconds";

Fault validation_error(std::string message) { return {400, "ValidationError", std::move(message)}; }

Fault not_found(std::string_view code, std::string_view things) {
  return {400, std::string(code), fmt::format("One or more {} not found", things)};
}

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::vector<xml::Element> elements_of(const TargetGroup& group, const Account& account) {
  std::vector<std::string> balancers;
  if (account.load_balancer.target_group == group.name) {
    balancers.push_back(account.load_balancer.arn);
  }
  return {leaf("TargetGroupArn", group.arn),
          leaf("TargetGroupName", group.name),
          leaf("Protocol", "HTTP"),
          leaf("Port", group.port),
          leaf("HealthCheckProtocol", "HTTP"),
          leaf("HealthCheckPort", "traffic-port"),
          leaf("HealthCheckEnabled", "true"),
          leaf("HealthCheckIntervalSeconds", group.interval.count()),
          leaf("HealthCheckTimeoutSeconds", group.timeout.count()),
          leaf("HealthyThresholdCount", group.healthy_threshold),
          leaf("UnhealthyThresholdCount", group.unhealthy_threshold),
          leaf("HealthCheckPath", group.health_path),
          node("Matcher", {leaf("HttpCode", group.matcher)}),
          text_list("LoadBalancerArns", balancers),
          leaf("TargetType", "instance"),
          leaf("ProtocolVersion", "HTTP1"),
          leaf("IpAddressType", "ipv4")};
}

// The groups that a request asks for: by ARN, by name, by load balancer, or all.
std::vector<const TargetGroup*> asked_groups(const Account& account, const QueryRequest& request) {
  const auto arns = request.members("TargetGroupArns");
  const auto names = request.members("Names");
  const auto balancer = request.find("LoadBalancerArn");
  if (balancer && *balancer != account.load_balancer.arn) {
    throw not_found("LoadBalancerNotFound", "load balancers");
  }
  std::vector<const TargetGroup*> result;
  for (const auto& [name, group] : account.target_groups) {
    const bool asked =
        (arns.empty() && names.empty()) || contains(arns, group.arn) || contains(names, name);
    if (asked && (!balancer || account.load_balancer.target_group == name)) {
      result.push_back(&group);
    }
  }
  if (result.size() < std::max(arns.size(), names.size())) {
    throw not_found("TargetGroupNotFound", "target groups");
  }
  return result;
}

xml::Element health_of(const Target& target) {
  auto health = node("TargetHealth", {leaf("State", name_of(target.state))});
  if (!target.reason.empty()) health.children.push_back(leaf("Reason", target.reason));
  if (!target.description.empty()) {
    health.children.push_back(leaf("Description", target.description));
  }
  return health;
}

Target unregistered(const std::string& id, int port) {
  return {.instance = id,
          .port = port,
          .state = TargetState::unused,
          .reason = "Target.NotRegistered",
          .description = "Target is not registered to the target group"};
}

std::vector<Target> asked_targets(const TargetGroup& group, const QueryRequest& request) {
  std::vector<Target> result;
  const auto asked = request.structures("Targets");
  for (const auto& target : asked) {
    const auto id = target.required("Id");
    const auto port = target.find_integer("Port").value_or(group.port);
    const auto found = group.targets.find(id);
    const bool registered = found != group.targets.end() && found->second.port == port;
    result.push_back(registered ? found->second : unregistered(id, port));
  }
  if (asked.empty()) {
    for (const auto& [id, target] : group.targets) result.push_back(target);
  }
  return result;
}

// Reads a number within the bounds that AWS documents for an HTTP target group.
template <typename Store>
void set_number(const QueryRequest& request, std::string_view name, std::pair<int, int> bounds,
                Store store) {
  const auto number = request.find_integer(name);
  if (!number) return;
  if (*number < bounds.first || *number > bounds.second) {
    throw validation_error(
        fmt::format("{} must be between {} and {}", name, bounds.first, bounds.second));
  }
  store(*number);
}

void read_health_check(const QueryRequest& request, TargetGroup& group) {
  using std::chrono::seconds;
  for (const auto* name : {"HealthCheckProtocol", "Protocol"}) {
    if (request.find(name).value_or("HTTP") != "HTTP") {
      throw validation_error("the sandbox's target groups speak HTTP");
    }
  }
  if (request.find("HealthCheckPort").value_or("traffic-port") != "traffic-port" ||
      !request.find_boolean("HealthCheckEnabled").value_or(true)) {
    throw validation_error("the sandbox checks every target on its traffic port");
  }
  if (const auto path = request.find("HealthCheckPath")) {
    if (!path->starts_with('/') || path->size() > 1024) {
      throw validation_error("HealthCheckPath must begin with /");
    }
    group.health_path = *path;
  }
  set_number(request, "HealthCheckIntervalSeconds", {5, 300},
             [&group](int number) { group.interval = seconds(number); });
  set_number(request, "HealthCheckTimeoutSeconds", {2, 120},
             [&group](int number) { group.timeout = seconds(number); });
  set_number(request, "HealthyThresholdCount", {2, 10},
             [&group](int number) { group.healthy_threshold = number; });
  set_number(request, "UnhealthyThresholdCount", {2, 10},
             [&group](int number) { group.unhealthy_threshold = number; });
  if (group.timeout >= group.interval) {
    throw validation_error("Health check timeout must be smaller than the interval");
  }
  if (const auto matcher = request.find("Matcher.HttpCode")) group.matcher = *matcher;
}

std::map<std::string, std::string> attributes_of(const TargetGroup& group) {
  return {{std::string(delay_attribute), std::to_string(group.deregistration_delay.count())},
          {"load_balancing.algorithm.type", "round_robin"},
          {"slow_start.duration_seconds", "0"},
          {"stickiness.enabled", "false"}};
}

xml::Element attribute_list(const TargetGroup& group) {
  return member_list("Attributes", attributes_of(group), [](const auto& attribute) {
    return std::vector{leaf("Key", attribute.first), leaf("Value", attribute.second)};
  });
}

std::vector<xml::Element> group_list(const TargetGroup& group, const Account& account) {
  return {node("TargetGroups", {node("member", elements_of(group, account))})};
}

}  // namespace

TargetGroup& require_target_group(Account& account, const QueryRequest& request) {
  const auto arn = request.required("TargetGroupArn");
  for (auto& [name, group] : account.target_groups) {
    if (group.arn == arn) return group;
  }
  throw not_found("TargetGroupNotFound", "target groups");
}

QueryResult describe_load_balancers(World& world, const QueryRequest& request) {
  const std::lock_guard lock(world.mutex);
  const auto& balancer = world.account.load_balancer;
  const auto arns = request.members("LoadBalancerArns");
  const auto names = request.members("Names");
  const auto unknown = [](const auto& asked, std::string_view ours) {
    return std::any_of(asked.begin(), asked.end(), [ours](const auto& e) { return e != ours; });
  };
  if (unknown(arns, balancer.arn) || unknown(names, balancer.name)) {
    throw not_found("LoadBalancerNotFound", "load balancers");
  }
  return std::vector{node(
      "LoadBalancers",
      {node("member",
            {leaf("LoadBalancerArn", balancer.arn), leaf("DNSName", balancer.dns_name),
             leaf("LoadBalancerName", balancer.name), leaf("Scheme", "internal"),
             node("State", {leaf("Code", "active")}), leaf("Type", "application"),
             node("AvailabilityZones", {node("member", {leaf("ZoneName", world.region + "a")})}),
             leaf("IpAddressType", "ipv4")})})};
}

QueryResult describe_listeners(World& world, const QueryRequest& request) {
  const std::lock_guard lock(world.mutex);
  const auto& account = world.account;
  const auto& balancer = account.load_balancer;
  if (request.find("LoadBalancerArn").value_or(balancer.arn) != balancer.arn) {
    throw not_found("LoadBalancerNotFound", "load balancers");
  }
  const auto arns = request.members("ListenerArns");
  if (!arns.empty() && arns != std::vector{balancer.listener_arn}) {
    throw not_found("ListenerNotFound", "listeners");
  }
  const auto group = account.target_groups.find(balancer.target_group);
  const auto action =
      node("member",
           {leaf("Type", "forward"), leaf("Order", 1),
            leaf("TargetGroupArn", group == account.target_groups.end() ? "" : group->second.arn)});
  return std::vector{
      node("Listeners",
           {node("member", {leaf("ListenerArn", balancer.listener_arn),
                            leaf("LoadBalancerArn", balancer.arn), leaf("Port", balancer.port),
                            leaf("Protocol", "HTTP"), node("DefaultActions", {action})})})};
}

QueryResult describe_target_groups(World& world, const QueryRequest& request) {
  const std::lock_guard lock(world.mutex);
  const auto groups = asked_groups(world.account, request);
  const auto page = page_of(request, paging, groups.size());
  auto list = node("TargetGroups");
  for (auto i = page.begin; i < page.end; ++i) {
    list.children.push_back(node("member", elements_of(*groups[i], world.account)));
  }
  std::vector<xml::Element> result{std::move(list)};
  if (page.next) result.push_back(leaf("NextMarker", *page.next));
  return result;
}

QueryResult describe_target_group_attributes(World& world, const QueryRequest& request) {
  const std::lock_guard lock(world.mutex);
  return std::vector{attribute_list(require_target_group(world.account, request))};
}

QueryResult describe_target_health(World& world, const QueryRequest& request) {
  const std::lock_guard lock(world.mutex);
  const auto& group = require_target_group(world.account, request);
  return std::vector{member_list(
      "TargetHealthDescriptions", asked_targets(group, request), [](const Target& target) {
        return std::vector{node("Target", {leaf("Id", target.instance), leaf("Port", target.port)}),
                           leaf("HealthCheckPort", target.port), health_of(target)};
      })};
}

QueryResult create_target_group(World& world, const QueryRequest& request) {
  TargetGroup group;
  group.name = request.required("Name");
  group.port = request.find_integer("Port").value_or(group.port);
  if (request.find("TargetType").value_or("instance") != "instance") {
    throw validation_error("the sandbox's targets are instances");
  }
  read_health_check(request, group);
  group.arn = fmt::format("arn:aws:elasticloadbalancing:{}:{}:targetgroup/{}/{}", world.region,
                          world.account_id, group.name, crypto::random_hex(8));
  const std::lock_guard lock(world.mutex);
  const auto [place, added] = world.account.target_groups.emplace(group.name, group);
  if (!added) {
    throw Fault(400, "DuplicateTargetGroupName",
                fmt::format("A target group with the same name '{}' exists", group.name));
  }
  return group_list(place->second, world.account);
}

QueryResult modify_target_group(World& world, const QueryRequest& request) {
  const std::lock_guard lock(world.mutex);
  auto& group = require_target_group(world.account, request);
  auto changed = group;
  read_health_check(request, changed);
  group = std::move(changed);
  return group_list(group, world.account);
}

QueryResult modify_target_group_attributes(World& world, const QueryRequest& request) {
  const std::lock_guard lock(world.mutex);
  auto& group = require_target_group(world.account, request);
  const auto known = attributes_of(group);
  auto delay = group.deregistration_delay;
  for (const auto& attribute : request.structures("Attributes")) {
    const auto key = attribute.required("Key");
    const auto value = attribute.find("Value").value_or("");
    if (key == delay_attribute) {
      set_number(attribute, "Value", {0, 3600},
                 [&delay](int number) { delay = std::chrono::seconds(number); });
      continue;
    }
    const auto found = known.find(key);
    if (found == known.end() || found->second != value) {
      throw validation_error(fmt::format("the sandbox cannot set {} to {}", key, value));
    }
  }
  group.deregistration_delay = delay;
  return std::vector{attribute_list(group)};
}

}  // namespace sandbox::balancing
