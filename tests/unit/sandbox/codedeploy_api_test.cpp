// SPDX-License-Identifier: Apache-2.0
#include "sandbox/codedeploy/codedeploy_api.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/field.hpp"
#include "sandbox/codedeploy/shapes.hpp"
#include "sandbox/server/fault.hpp"
#include "support/fake_clock.hpp"

using json::object;
using json::Value;
using sandbox::DeploymentStatus;

namespace {

Value revision(const std::string& key = "app.zip") {
  return object({{"revisionType", "S3"},
                 {"s3Location", object({{"bucket", "b"},
                                        {"key", key},
                                        {"bundleType", "zip"},
                                        {"version", "v1"},
                                        {"eTag", "\"e1\""}})}});
}

// An account with one application, one group and what the group refers to.
struct Fixture {
  file::TempDir folder{"codedeploy-api"};
  support::FakeClock clock;
  sandbox::EventLog events{folder.path() / "events.ndjson", clock};
  sandbox::World world{clock, events};

  Fixture() {
    world.account.auto_scaling_groups["fleet"].name = "fleet";
    world.account.target_groups["web"].name = "web";
    call("CreateApplication", object({{"applicationName", "app"}}));
    call("CreateDeploymentGroup", group_input("production"));
  }

  static Value group_input(const std::string& name) {
    return object({{"applicationName", "app"},
                   {"deploymentGroupName", name},
                   {"serviceRoleArn", "arn:aws:iam::000000000000:role/r"},
                   {"autoScalingGroups", json::Array{"fleet"}},
                   {"deploymentStyle", object({{"deploymentType", "BLUE_GREEN"},
                                               {"deploymentOption", "WITH_TRAFFIC_CONTROL"}})},
                   {"loadBalancerInfo",
                    object({{"targetGroupInfoList", json::Array{object({{"name", "web"}})}}})}});
  }

  static Value deployment_input() {
    return object({{"applicationName", "app"},
                   {"deploymentGroupName", "production"},
                   {"revision", revision()}});
  }

  Value call(const std::string& operation, const Value& input) {
    return answer_codedeploy(world, operation, input);
  }

  // The error code, or "" when the operation is carried out.
  std::string refusal(const std::string& operation, const Value& input) {
    try {
      call(operation, input);
    } catch (const sandbox::Fault& fault) {
      last_message = fault.message();
      CHECK(fault.status() == 400);
      return fault.code();
    }
    return "";
  }

  std::string create() {
    const auto answer = call("CreateDeployment", deployment_input());
    return *answer.find("deploymentId")->find_string();
  }

  sandbox::Deployment& deployment(const std::string& id) {
    return world.account.deployments.at(id);
  }

  Value info(const std::string& id) {
    return *call("GetDeployment", object({{"deploymentId", id}})).find("deploymentInfo");
  }

  std::string last_message;
};

Value with(Value value, std::string_view member, Value replacement) {
  value.set(member, std::move(replacement));
  return value;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a new deployment takes the group's settings and waits for the engine") {
  auto& group = world.account.applications["app"].groups["production"];
  group.auto_rollback = {true, {"DEPLOYMENT_FAILURE"}};
  const auto id = create();
  CHECK(id.size() == 11);
  CHECK(id.starts_with("d-"));
  const auto& created = deployment(id);
  CHECK(created.status == DeploymentStatus::created);
  CHECK(created.config == "CodeDeployDefault.OneAtATime");
  CHECK(created.auto_rollback.events == std::set<std::string>{"DEPLOYMENT_FAILURE"});
  CHECK(created.revision.etag == "e1");
  CHECK_FALSE(created.previous_revision);
  CHECK(group.last_attempted == id);
  CHECK(world.account.applications["app"].revisions.size() == 1);
  CHECK(file::read(folder.path() / "events.ndjson").find("\"to\":\"Created\"") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "a request's own settings go before the group's") {
  auto input = deployment_input();
  input.set("deploymentConfigName", "CodeDeployDefault.AllAtOnce");
  input.set("fileExistsBehavior", "OVERWRITE");
  input.set("ignoreApplicationStopFailures", true);
  input.set("autoRollbackConfiguration",
            object({{"enabled", true}, {"events", json::Array{"DEPLOYMENT_STOP_ON_REQUEST"}}}));
  const auto answer = call("CreateDeployment", input);
  const auto& created = deployment(*answer.find("deploymentId")->find_string());
  CHECK(created.config == "CodeDeployDefault.AllAtOnce");
  CHECK(created.file_exists == "OVERWRITE");
  CHECK(created.ignore_application_stop_failures);
  CHECK(created.auto_rollback.events == std::set<std::string>{"DEPLOYMENT_STOP_ON_REQUEST"});
}

TEST_CASE_FIXTURE(Fixture, "the revision before is that of the last successful deployment") {
  const auto first = create();
  deployment(first).status = DeploymentStatus::succeeded;
  world.account.applications["app"].groups["production"].last_successful = first;
  const auto second = create();
  deployment(second).status = DeploymentStatus::failed;
  const auto third = create();
  CHECK(deployment(third).previous_revision == deployment(first).revision);
}

TEST_CASE_FIXTURE(Fixture, "a group with an active deployment refuses another and names it") {
  const auto id = create();
  for (const auto status :
       {DeploymentStatus::created, DeploymentStatus::queued, DeploymentStatus::in_progress,
        DeploymentStatus::baking, DeploymentStatus::ready}) {
    deployment(id).status = status;
    CHECK(refusal("CreateDeployment", deployment_input()) == "DeploymentLimitExceededException");
    CHECK(last_message ==
          "The Deployment Group 'production' already has an active Deployment '" + id + "'");
  }
  deployment(id).status = DeploymentStatus::stopped;
  CHECK(refusal("CreateDeployment", deployment_input()).empty());
}

TEST_CASE_FIXTURE(Fixture, "what CreateDeployment refuses, by AWS's codes") {
  const auto input = deployment_input();
  const auto location = [&input](std::string_view member, Value value) {
    auto changed = revision();
    changed.find("s3Location")->set(member, std::move(value));
    return with(input, "revision", changed);
  };
  struct Case {
    Value input;
    std::string code;
  };
  const std::vector<Case> cases{
      {object({}), "ApplicationNameRequiredException"},
      {with(input, "applicationName", "a b"), "InvalidApplicationNameException"},
      {with(input, "applicationName", "other"), "ApplicationDoesNotExistException"},
      {with(input, "deploymentGroupName", ""), "DeploymentGroupNameRequiredException"},
      {with(input, "deploymentGroupName", std::string(101, 'a')),
       "InvalidDeploymentGroupNameException"},
      {with(input, "deploymentGroupName", "other"), "DeploymentGroupDoesNotExistException"},
      {with(input, "revision", Value()), "RevisionRequiredException"},
      {with(input, "revision", object({{"revisionType", "GitHub"}})), "InvalidRevisionException"},
      {location("bundleType", "YAML"), "InvalidRevisionException"},
      {location("key", ""), "InvalidRevisionException"},
      {with(input, "deploymentConfigName", "other"), "DeploymentConfigDoesNotExistException"},
      {with(input, "description", std::string(257, 'a')), "DescriptionTooLongException"},
      {with(input, "fileExistsBehavior", "REPLACE"), "InvalidFileExistsBehaviorException"},
      {with(input, "autoRollbackConfiguration",
            object({{"enabled", true}, {"events", json::Array{"SOMETIMES"}}})),
       "InvalidAutoRollbackConfigException"},
      {with(input, "targetInstances", object({{"autoScalingGroups", json::Array{"green"}}})),
       "InvalidTargetInstancesException"},
      {with(input, "updateOutdatedInstancesOnly", true),
       "InvalidUpdateOutdatedInstancesOnlyValueException"},
      {with(input, "overrideAlarmConfiguration", object({{"enabled", true}})),
       "InvalidAlarmConfigException"},
      {with(input, "overrideAlarmConfiguration", object({{"enabled", false}})), ""},
      {with(input, "description", 7), "SerializationException"},
  };
  for (const auto& each : cases) {
    CAPTURE(json::write(each.input));
    CHECK(refusal("CreateDeployment", each.input) == each.code);
    world.account.deployments.clear();
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "a description of 256 characters is taken, however many bytes they are") {
  std::string description;
  for (int i = 0; i < 256; ++i) description += "\xC3\xBC";
  CHECK(refusal("CreateDeployment", with(deployment_input(), "description", description)).empty());
}

TEST_CASE_FIXTURE(Fixture, "an overview and targets appear once the fleet is provisioned") {
  const auto id = create();
  const auto named = object({{"deploymentId", id}});
  CHECK(info(id).find("deploymentOverview") == nullptr);
  CHECK(refusal("ListDeploymentTargets", named) == "DeploymentNotStartedException");

  auto& running = deployment(id);
  running.provisioned = true;
  running.targets = {{.instance = "i-1", .status = sandbox::TargetStatus::succeeded},
                     {.instance = "i-2", .status = sandbox::TargetStatus::failed},
                     {.instance = "i-3", .label = sandbox::Label::blue}};
  const auto shape = info(id);
  const json::Field overview = json::Field(shape, "info")["deploymentOverview"];
  CHECK(overview["Succeeded"].integer() == 1);
  CHECK(overview["Failed"].integer() == 1);
  CHECK(overview["Pending"].integer() == 1);
  CHECK(overview["InProgress"].integer() == 0);

  const auto filtered = with(named, "targetFilters",
                             object({{"ServerInstanceLabel", json::Array{"Green"}},
                                     {"TargetStatus", json::Array{"Failed"}}}));
  CHECK(json::write(call("ListDeploymentTargets", filtered)) == R"({"targetIds":["i-2"]})");
  CHECK(refusal("ListDeploymentTargets",
                with(named, "targetFilters", object({{"TargetStatus", json::Array{"Odd"}}}))) ==
        "InvalidInstanceStatusException");
  CHECK(refusal("GetDeploymentTarget", with(named, "targetId", "i-9")) ==
        "DeploymentTargetDoesNotExistException");
}

TEST_CASE_FIXTURE(Fixture,
                  "timestamps are numbers, eTags are in quotes, absent things are absent") {
  const auto id = create();
  const auto shape = info(id);
  REQUIRE(shape.find("createTime")->find_double() != nullptr);
  CHECK(*shape.find("createTime")->find_double() == doctest::Approx(1'750'000'000.0));
  CHECK(*shape.find_pointer("/revision/s3Location/eTag")->find_string() == "\"e1\"");
  for (const auto* member : {"startTime", "completeTime", "errorInformation", "rollbackInfo",
                             "previousRevision", "description"}) {
    CAPTURE(member);
    CHECK(shape.find(member) == nullptr);
  }
  CHECK(*shape.find_pointer("/deploymentStyle/deploymentType")->find_string() == "BLUE_GREEN");
  CHECK(*shape.find_pointer("/loadBalancerInfo/targetGroupInfoList/0/name")->find_string() ==
        "web");
}

TEST_CASE("a lifecycle event carries its diagnostics, a skipped one only its end") {
  using namespace std::chrono_literals;
  const timing::SystemTime when(1500ms);
  const sandbox::LifecycleEvent failed{
      .name = "ApplicationStart",
      .status = sandbox::TargetStatus::failed,
      .started = when,
      .ended = when + 1s,
      .diagnostics =
          sandbox::Diagnostics{"ScriptFailed", "scripts/start.sh", "exit code 1", "log"}};
  CHECK(json::write(sandbox::codedeploy::shape_of(failed)) ==
        R"({"lifecycleEventName":"ApplicationStart","diagnostics":{"errorCode":"ScriptFailed",)"
        R"("scriptName":"scripts/start.sh","message":"exit code 1","logTail":"log"},)"
        R"("startTime":1.5,"endTime":2.5,"status":"Failed"})");
  const sandbox::LifecycleEvent skipped{
      .name = "AllowTraffic", .status = sandbox::TargetStatus::skipped, .ended = when};
  CHECK(json::write(sandbox::codedeploy::shape_of(skipped)) ==
        R"({"lifecycleEventName":"AllowTraffic","endTime":1.5,"status":"Skipped"})");
}

TEST_CASE_FIXTURE(Fixture, "batches take 25 ids and no more") {
  const auto id = create();
  deployment(id).provisioned = true;
  json::Array ids(25, Value(id));
  const auto batch = object({{"deploymentIds", ids}});
  CHECK(call("BatchGetDeployments", batch).find("deploymentsInfo")->find_array()->size() == 25);
  ids.emplace_back(id);
  CHECK(refusal("BatchGetDeployments", object({{"deploymentIds", ids}})) ==
        "BatchLimitExceededException");
  CHECK(refusal("BatchGetDeploymentTargets",
                object({{"deploymentId", id}, {"targetIds", json::Array(26, Value("i-1"))}})) ==
        "DeploymentTargetListSizeExceededException");
  CHECK(refusal("BatchGetDeployments", object({{"deploymentIds", json::Array{}}})) ==
        "DeploymentIdRequiredException");
  const auto unknown =
      call("BatchGetDeployments", object({{"deploymentIds", json::Array{"d-000000000"}}}));
  CHECK(unknown.find("deploymentsInfo")->find_array()->empty());
}

TEST_CASE_FIXTURE(Fixture, "stop and continue leave a request for the engine") {
  const auto id = create();
  const auto named = object({{"deploymentId", id}});
  CHECK(refusal("ContinueDeployment", named) == "DeploymentIsNotInReadyStateException");
  deployment(id).status = DeploymentStatus::ready;
  CHECK(call("ContinueDeployment", named).is_null());
  CHECK(deployment(id).continue_requested);

  const auto termination = with(named, "deploymentWaitType", "TERMINATION_WAIT");
  CHECK(refusal("ContinueDeployment", termination) == "DeploymentIsNotInReadyStateException");
  deployment(id).termination_wait_started = true;
  CHECK(refusal("ContinueDeployment", termination).empty());
  CHECK(deployment(id).skip_termination_requested);

  const auto stopped = call("StopDeployment", with(named, "autoRollbackEnabled", true));
  CHECK(*stopped.find("status")->find_string() == "Pending");
  CHECK(deployment(id).stop_requested);
  CHECK(deployment(id).stop_with_rollback == true);

  deployment(id).status = DeploymentStatus::stopped;
  for (const auto* operation :
       {"StopDeployment", "ContinueDeployment", "SkipWaitTimeForInstanceTermination"}) {
    CHECK(refusal(operation, named) == "DeploymentAlreadyCompletedException");
  }
}

TEST_CASE_FIXTURE(Fixture, "deployments are listed newest first, by status, group and time") {
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(create());
    deployment(ids.back()).status = DeploymentStatus::succeeded;
    clock.advance(std::chrono::seconds(10));
  }
  deployment(ids[1]).status = DeploymentStatus::failed;
  const auto list = [this](const Value& input) {
    std::vector<std::string> result;
    const auto page = call("ListDeployments", input);
    for (const auto& id : *page.find("deployments")->find_array()) {
      result.push_back(*id.find_string());
    }
    return result;
  };
  CHECK(list(object({})) == std::vector{ids[2], ids[1], ids[0]});
  CHECK(list(object({{"includeOnlyStatuses", json::Array{"Failed"}}})) == std::vector{ids[1]});
  CHECK(list(object({{"createTimeRange", object({{"start", 1'750'000'005}, {"end", Value()}})}})) ==
        std::vector{ids[2], ids[1]});
  CHECK(refusal("ListDeployments", object({{"applicationName", "app"}})) ==
        "DeploymentGroupNameRequiredException");
  CHECK(refusal("ListDeployments", object({{"includeOnlyStatuses", json::Array{"Done"}}})) ==
        "InvalidDeploymentStatusException");
}

TEST_CASE_FIXTURE(Fixture, "lists come in pages of a hundred") {
  for (int i = 0; i < 250; ++i) {
    call("CreateApplication", object({{"applicationName", "more-" + std::to_string(i)}}));
  }
  std::set<std::string> seen;
  int pages = 0;
  Value input = object({});
  while (true) {
    const auto page = call("ListApplications", input);
    for (const auto& name : *page.find("applications")->find_array())
      seen.insert(*name.find_string());
    ++pages;
    if (page.find("nextToken") == nullptr) break;
    input.set("nextToken", *page.find("nextToken"));
  }
  CHECK(pages == 3);
  CHECK(seen.size() == 251);
  CHECK(refusal("ListApplications", object({{"nextToken", "made-up"}})) ==
        "InvalidNextTokenException");
}

TEST_CASE_FIXTURE(Fixture, "a group is validated when it is made and when it is changed") {
  const auto input = group_input("second");
  const auto ready = [](const std::string& action, int minutes) {
    return object({{"deploymentReadyOption",
                    object({{"actionOnTimeout", action}, {"waitTimeInMinutes", minutes}})}});
  };
  struct Case {
    Value input;
    std::string code;
  };
  const std::vector<Case> cases{
      {with(input, "serviceRoleArn", ""), "RoleRequiredException"},
      {with(input, "serviceRoleArn", "role"), "InvalidRoleException"},
      {with(input, "autoScalingGroups", json::Array{"absent"}), "InvalidAutoScalingGroupException"},
      {with(input, "autoScalingGroups", json::Array{"fleet", "fleet"}),
       "InvalidBlueGreenDeploymentConfigurationException"},
      {with(input, "autoScalingGroups", json::Array{}),
       "InvalidBlueGreenDeploymentConfigurationException"},
      {with(input, "loadBalancerInfo", Value()), "InvalidLoadBalancerInfoException"},
      {with(input, "deploymentStyle", object({{"deploymentType", "IN_PLACE"}})),
       "InvalidDeploymentStyleException"},
      {with(input, "blueGreenDeploymentConfiguration", ready("CONTINUE_DEPLOYMENT", 5)),
       "InvalidBlueGreenDeploymentConfigurationException"},
      {with(input, "deploymentConfigName", "absent"), "DeploymentConfigDoesNotExistException"},
      {with(input, "ec2TagFilters", json::Array{object({{"Key", "a"}})}), "InvalidInputException"},
      {group_input("production"), "DeploymentGroupAlreadyExistsException"},
      {with(input, "blueGreenDeploymentConfiguration", ready("STOP_DEPLOYMENT", 5)), ""},
  };
  for (const auto& each : cases) {
    CAPTURE(json::write(each.input));
    CHECK(refusal("CreateDeploymentGroup", each.input) == each.code);
  }
  call("UpdateDeploymentGroup",
       object({{"applicationName", "app"},
               {"currentDeploymentGroupName", "second"},
               {"newDeploymentGroupName", "third"},
               {"deploymentConfigName", "CodeDeployDefault.HalfAtATime"}}));
  const auto info = call("GetDeploymentGroup",
                         object({{"applicationName", "app"}, {"deploymentGroupName", "third"}}));
  const json::Field group = json::Field(info, "group")["deploymentGroupInfo"];
  CHECK(group["deploymentConfigName"].string() == "CodeDeployDefault.HalfAtATime");
  CHECK(group["blueGreenDeploymentConfiguration"]["deploymentReadyOption"]["waitTimeInMinutes"]
            .integer() == 5);
  CHECK(group["autoScalingGroups"].items().front()["name"].string() == "fleet");
}

TEST_CASE_FIXTURE(Fixture, "the predefined configurations and own ones are told") {
  const auto minimum = [this](const std::string& name) {
    const auto info = call("GetDeploymentConfig", object({{"deploymentConfigName", name}}));
    return json::write(*info.find_pointer("/deploymentConfigInfo/minimumHealthyHosts"));
  };
  CHECK(minimum("CodeDeployDefault.AllAtOnce") == R"({"type":"FLEET_PERCENT","value":0})");
  CHECK(minimum("CodeDeployDefault.HalfAtATime") == R"({"type":"FLEET_PERCENT","value":50})");
  CHECK(minimum("CodeDeployDefault.OneAtATime") == R"({"type":"FLEET_PERCENT","value":99})");

  const auto own =
      object({{"deploymentConfigName", "own"},
              {"minimumHealthyHosts", object({{"type", "HOST_COUNT"}, {"value", 2}})}});
  CHECK(refusal("CreateDeploymentConfig", own).empty());
  CHECK(minimum("own") == R"({"type":"HOST_COUNT","value":2})");
  CHECK(refusal("CreateDeploymentConfig", own) == "DeploymentConfigAlreadyExistsException");
  CHECK(refusal("CreateDeploymentConfig", object({{"deploymentConfigName", "other"}})) ==
        "InvalidMinimumHealthyHostValueException");
}

TEST_CASE_FIXTURE(Fixture, "a revision is registered once and found again") {
  const auto input = object({{"applicationName", "app"}, {"revision", revision("r.zip")}});
  CHECK(refusal("GetApplicationRevision", input) == "RevisionDoesNotExistException");
  CHECK(call("RegisterApplicationRevision", input).is_null());
  call("RegisterApplicationRevision", input);
  CHECK(world.account.applications["app"].revisions.size() == 1);
  CHECK(refusal("GetApplicationRevision", input).empty());
}

TEST_CASE_FIXTURE(Fixture, "revisions are listed by bucket and prefix, and described in batches") {
  for (const auto* key : {"a/1.zip", "a/2.zip", "b/1.zip"}) {
    call("RegisterApplicationRevision",
         object({{"applicationName", "app"}, {"description", key}, {"revision", revision(key)}}));
  }
  const auto bucket = *revision("x").find_pointer("/s3Location/bucket")->find_string();
  const auto listed = [&](json::Value input) {
    input.set("applicationName", "app");
    const auto answer = call("ListApplicationRevisions", input);
    std::string keys;
    for (const auto& each : *answer.find("revisions")->find_array()) {
      keys += *each.find_pointer("/s3Location/key")->find_string() + " ";
    }
    return keys;
  };
  CHECK(listed(object({})) == "a/1.zip a/2.zip b/1.zip ");
  CHECK(listed(object({{"s3Bucket", bucket}, {"s3KeyPrefix", "a/"}})) == "a/1.zip a/2.zip ");
  CHECK(listed(object({{"sortBy", "registerTime"}, {"sortOrder", "descending"}}))
            .ends_with("a/1.zip "));
  CHECK(listed(object({{"deployed", "include"}})).empty());
  CHECK(refusal("ListApplicationRevisions",
                object({{"applicationName", "app"}, {"sortBy", "size"}})) ==
        "InvalidSortByException");

  const auto batch = call("BatchGetApplicationRevisions",
                          object({{"applicationName", "app"},
                                  {"revisions", json::Array{revision("a/2.zip"), revision("c")}}}));
  CHECK(batch.find("revisions")->find_array()->size() == 1);
  CHECK(*batch.find_pointer("/revisions/0/genericRevisionInfo/description")->find_string() ==
        "a/2.zip");
}

TEST_CASE_FIXTURE(Fixture, "an operation that CodeDeploy has and the sandbox has not is refused") {
  CHECK(refusal("DeleteApplication", object({{"applicationName", "app"}})) ==
        "UnknownOperationException");
  CHECK(refusal("GetDeployment", object({{"deploymentId", "d-1"}})) ==
        "InvalidDeploymentIdException");
  CHECK(refusal("GetDeployment", object({})) == "DeploymentIdRequiredException");
}
