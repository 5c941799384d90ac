// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "file/temp_dir.hpp"
#include "sandbox/balancer/target_groups_api.hpp"
#include "sandbox/fleet/groups_api.hpp"
#include "sandbox/server/fault.hpp"
#include "support/fake_clock.hpp"

using sandbox::Pairs;
using sandbox::QueryRequest;
using sandbox::QueryResult;
namespace balancing = sandbox::balancing;
namespace scaling = sandbox::scaling;

namespace {

struct Fixture {
  file::TempDir folder{"query-api"};
  support::FakeClock clock;
  sandbox::EventLog events{folder.path() / "events.ndjson", clock};
  sandbox::World world{clock, events};

  Fixture() {
    auto& account = world.account;
    auto& group = account.target_groups["web"];
    group.name = "web";
    group.arn = "arn:web";
    add_target("i-1", sandbox::TargetState::healthy);
    auto& unhealthy = add_target("i-2", sandbox::TargetState::unhealthy);
    unhealthy.reason = "Target.ResponseCodeMismatch";
    unhealthy.description = "Health checks failed with these codes: [503]";
    account.load_balancer = {"lb", "arn:lb", "arn:listener", "127.0.0.1", 8081, "web"};
    auto& fleet = account.auto_scaling_groups["fleet"];
    fleet.name = "fleet";
    fleet.desired = 2;
    fleet.target_groups = {"web"};
    add_instance("i-1", sandbox::LifecycleState::in_service);
    add_instance("i-0", sandbox::LifecycleState::terminated);
  }

  sandbox::Target& add_target(const std::string& id, sandbox::TargetState state) {
    auto& target = world.account.target_groups["web"].targets[id];
    target.instance = id;
    target.port = 8080;
    target.state = state;
    return target;
  }

  void add_instance(const std::string& id, sandbox::LifecycleState state) {
    auto& instance = world.account.instances[id];
    instance.id = id;
    instance.auto_scaling_group = "fleet";
    instance.state = state;
  }

  using Action = QueryResult (*)(sandbox::World&, const QueryRequest&);

  std::string answer(Action action, const Pairs& parameters) {
    std::string text;
    const auto result = action(world, QueryRequest(parameters));
    REQUIRE(result.has_value());
    for (const auto& element : *result) text += sandbox::xml::write(element);
    return text;
  }

  std::string refusal(Action action, const Pairs& parameters) {
    try {
      action(world, QueryRequest(parameters));
    } catch (const sandbox::Fault& fault) {
      return fault.code();
    }
    return "";
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "target health is told with reason and description") {
  CHECK(answer(balancing::describe_target_health, {{"TargetGroupArn", "arn:web"}}) ==
        "<TargetHealthDescriptions>"
        "<member><Target><Id>i-1</Id><Port>8080</Port></Target><HealthCheckPort>8080"
        "</HealthCheckPort><TargetHealth><State>healthy</State></TargetHealth></member>"
        "<member><Target><Id>i-2</Id><Port>8080</Port></Target><HealthCheckPort>8080"
        "</HealthCheckPort><TargetHealth><State>unhealthy</State>"
        "<Reason>Target.ResponseCodeMismatch</Reason>"
        "<Description>Health checks failed with these codes: [503]</Description></TargetHealth>"
        "</member></TargetHealthDescriptions>");
}

TEST_CASE_FIXTURE(Fixture, "a target asked for by an id that is not registered is unused") {
  const auto text = answer(balancing::describe_target_health, {{"TargetGroupArn", "arn:web"},
                                                               {"Targets.member.1.Id", "i-1"},
                                                               {"Targets.member.2.Id", "i-9"}});
  CHECK(text.find("<State>healthy</State>") != std::string::npos);
  CHECK(text.find("i-2") == std::string::npos);
  CHECK(text.find("<State>unused</State><Reason>Target.NotRegistered</Reason>") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "groups are found by name and ARN, unknown ones are refused") {
  CHECK(answer(balancing::describe_target_groups, {{"Names.member.1", "web"}})
            .find("<HealthCheckIntervalSeconds>30</HealthCheckIntervalSeconds>") !=
        std::string::npos);
  CHECK(answer(balancing::describe_target_groups, {{"TargetGroupArns.member.1", "arn:web"}})
            .find("<LoadBalancerArns><member>arn:lb</member></LoadBalancerArns>") !=
        std::string::npos);
  CHECK(refusal(balancing::describe_target_groups, {{"Names.member.1", "absent"}}) ==
        "TargetGroupNotFound");
  CHECK(refusal(balancing::describe_target_health, {{"TargetGroupArn", "arn:absent"}}) ==
        "TargetGroupNotFound");
  CHECK(refusal(balancing::describe_load_balancers, {{"Names.member.1", "absent"}}) ==
        "LoadBalancerNotFound");
  CHECK(refusal(balancing::describe_listeners, {{"ListenerArns.member.1", "absent"}}) ==
        "ListenerNotFound");
}

TEST_CASE_FIXTURE(Fixture,
                  "health-check settings change within AWS's bounds, all or none of them") {
  const Pairs wrong{{"TargetGroupArn", "arn:web"},
                    {"HealthCheckIntervalSeconds", "10"},
                    {"HealthyThresholdCount", "11"}};
  CHECK(refusal(balancing::modify_target_group, wrong) == "ValidationError");
  CHECK(world.account.target_groups["web"].interval == std::chrono::seconds(30));

  const Pairs right{{"TargetGroupArn", "arn:web"},
                    {"HealthCheckIntervalSeconds", "10"},
                    {"HealthyThresholdCount", "2"},
                    {"HealthCheckPath", "/health"}};
  CHECK(refusal(balancing::modify_target_group, right).empty());
  CHECK(world.account.target_groups["web"].interval == std::chrono::seconds(10));
  CHECK(world.account.target_groups["web"].health_path == "/health");

  const Pairs delay{{"TargetGroupArn", "arn:web"},
                    {"Attributes.member.1.Key", "deregistration_delay.timeout_seconds"},
                    {"Attributes.member.1.Value", "7"}};
  CHECK(refusal(balancing::modify_target_group_attributes, delay).empty());
  CHECK(world.account.target_groups["web"].deregistration_delay == std::chrono::seconds(7));
  const Pairs sticky{{"TargetGroupArn", "arn:web"},
                     {"Attributes.member.1.Key", "stickiness.enabled"},
                     {"Attributes.member.1.Value", "true"}};
  CHECK(refusal(balancing::modify_target_group_attributes, sticky) == "ValidationError");
}

TEST_CASE_FIXTURE(Fixture, "a target group is made once per name") {
  CHECK(answer(balancing::create_target_group, {{"Name", "other"}, {"Port", "9000"}})
            .find("<Port>9000</Port>") != std::string::npos);
  CHECK(refusal(balancing::create_target_group, {{"Name", "other"}}) == "DuplicateTargetGroupName");
}

TEST_CASE_FIXTURE(
    Fixture, "a group tells its instances, target groups and capacity; an unknown one is absent") {
  const auto text = answer(scaling::describe_groups, {{"AutoScalingGroupNames.member.1", "fleet"}});
  CHECK(text.find("<DesiredCapacity>2</DesiredCapacity>") != std::string::npos);
  CHECK(text.find("<TargetGroupARNs><member>arn:web</member></TargetGroupARNs>") !=
        std::string::npos);
  CHECK(text.find("<InstanceId>i-1</InstanceId>") != std::string::npos);
  CHECK(text.find("i-0") == std::string::npos);
  CHECK(answer(scaling::describe_groups, {{"AutoScalingGroupNames.member.1", "absent"}}) ==
        "<AutoScalingGroups/>");
}

TEST_CASE_FIXTURE(Fixture, "no lifecycle hooks are told, none can be completed") {
  CHECK(answer(scaling::describe_lifecycle_hooks, {{"AutoScalingGroupName", "fleet"}}) ==
        "<LifecycleHooks/>");
  CHECK(refusal(scaling::complete_lifecycle_action,
                {{"AutoScalingGroupName", "fleet"}, {"LifecycleHookName", "h"}}) ==
        "ValidationError");
  CHECK(refusal(scaling::describe_lifecycle_hooks, {{"AutoScalingGroupName", "absent"}}) ==
        "ValidationError");
}
