// SPDX-License-Identifier: Apache-2.0
#include "aws/codedeploy_answers.hpp"

#include <doctest/doctest.h>

#include <string_view>

#include "timing/timestamp.hpp"

namespace {

template <typename Read>
auto read(std::string_view text, const Read& read_field) {
  const auto document = json::parse(text, "answer");
  return read_field(json::Field(document, "answer"));
}

}  // namespace

TEST_CASE("a deployment is read with status, revision, overview and rollback") {
  const auto deployment = read(
      R"({"applicationName":"app","deploymentGroupName":"dg","deploymentId":"d-ABC",
          "status":"Failed","creator":"user","createTime":1409764576.589,
          "completeTime":"2014-09-03T17:20:00Z","description":"1.0 key=abc",
          "errorInformation":{"code":"HEALTH_CONSTRAINTS","message":"too few"},
          "revision":{"revisionType":"S3","s3Location":{"bucket":"b","key":"k","bundleType":"zip",
            "version":"v1","eTag":"\"quoted\""}},
          "previousRevision":{"revisionType":"GitHub","gitHubLocation":{}},
          "deploymentOverview":{"Pending":0,"Succeeded":1,"Failed":2},
          "autoRollbackConfiguration":{"enabled":true,"events":["DEPLOYMENT_FAILURE"]},
          "rollbackInfo":{"rollbackDeploymentId":"d-DEF"},
          "instanceTerminationWaitTimeStarted":false,
          "deploymentStyle":{"deploymentType":"BLUE_GREEN","deploymentOption":"WITH_TRAFFIC_CONTROL"},
          "blueGreenDeploymentConfiguration":{
            "terminateBlueInstancesOnDeploymentSuccess":{"action":"TERMINATE",
              "terminationWaitTimeInMinutes":5},
            "deploymentReadyOption":{"actionOnTimeout":"CONTINUE_DEPLOYMENT"},
            "greenFleetProvisioningOption":{"action":"COPY_AUTO_SCALING_GROUP"}},
          "loadBalancerInfo":{"targetGroupInfoList":[{"name":"web"}]}})",
      aws::read_deployment);

  CHECK(deployment.status == aws::DeploymentStatus::failed);
  CHECK(aws::is_final(deployment.status));
  CHECK(deployment.revision ==
        aws::Revision{
            .bucket = "b", .key = "k", .bundle_type = "zip", .version = "v1", .etag = "quoted"});
  CHECK_FALSE(deployment.previous_revision.has_value());
  CHECK(timing::epoch_seconds(deployment.created.value()) == doctest::Approx(1409764576.589));
  CHECK(timing::rfc3339(deployment.completed.value()) == "2014-09-03T17:20:00Z");
  CHECK(deployment.overview == aws::Overview{.succeeded = 1, .failed = 2});
  CHECK(deployment.auto_rollback);
  CHECK(deployment.rollback.deployment_id == "d-DEF");
  CHECK(deployment.error_code == "HEALTH_CONSTRAINTS");
  CHECK(deployment.blue_green.blue_wait == std::chrono::minutes(5));
  CHECK(deployment.target_groups == std::vector<std::string>{"web"});
}

TEST_CASE("a deployment whose fleet is not there yet has no overview") {
  const auto deployment =
      read(R"({"deploymentId":"d-1","status":"Created"})", aws::read_deployment);

  CHECK(deployment.status == aws::DeploymentStatus::created);
  CHECK_FALSE(deployment.overview.has_value());
  CHECK_FALSE(deployment.created.has_value());
}

TEST_CASE("states that come later read as unknown") {
  CHECK(read(R"({"deploymentId":"d-1","status":"Marinating"})", aws::read_deployment).status ==
        aws::DeploymentStatus::unknown);
  CHECK(word(aws::DeploymentStatus::in_progress) == "InProgress");
  CHECK(word(aws::Progress::skipped) == "Skipped");
}

TEST_CASE("a target is read with its events and their diagnostics") {
  const auto target = read(
      R"({"deploymentId":"d-1","targetId":"i-0aaa","status":"Failed","lastUpdatedAt":1556918687.5,
          "instanceLabel":"Green","lifecycleEvents":[
            {"lifecycleEventName":"BeforeInstall","status":"Succeeded","startTime":1.5,"endTime":2.5,
             "diagnostics":{"errorCode":"Success","scriptName":"","message":"Succeeded",
                            "logTail":""}},
            {"lifecycleEventName":"ApplicationStart","status":"Failed",
             "diagnostics":{"errorCode":"ScriptFailed","scriptName":"scripts/start.sh",
                            "message":"exit code 1","logTail":"LifecycleEvent - X\n"}},
            {"lifecycleEventName":"ValidateService","status":"Skipped","endTime":3}]})",
      aws::read_target);

  CHECK(target.id == "i-0aaa");
  CHECK(target.label == "Green");
  CHECK(target.status == aws::Progress::failed);
  REQUIRE(target.events.size() == 3);
  CHECK(target.events[1].diagnostics.value().script == "scripts/start.sh");
  CHECK(target.events[2].status == aws::Progress::skipped);
  CHECK_FALSE(target.events[2].diagnostics.has_value());
}

TEST_CASE("a request names version and eTag, and leaves out what was not given") {
  aws::NewDeployment deployment{
      .application = "app",
      .group = "dg",
      .revision = {.bucket = "b", .key = "k.zip", .version = "v1", .etag = "abc"},
      .description = "words"};

  CHECK(json::write(aws::request_of(deployment)) ==
        R"({"applicationName":"app","deploymentGroupName":"dg","revision":{"revisionType":"S3",)"
        R"("s3Location":{"bucket":"b","key":"k.zip","bundleType":"zip","version":"v1",)"
        R"("eTag":"abc"}},"description":"words"})");

  deployment.revision.version.clear();
  deployment.config = "CodeDeployDefault.AllAtOnce";
  deployment.file_exists = "OVERWRITE";
  const auto request = json::write(aws::request_of(deployment));
  CHECK(request.find("\"version\"") == std::string::npos);
  CHECK(request.find(R"("deploymentConfigName":"CodeDeployDefault.AllAtOnce")") !=
        std::string::npos);
  CHECK(request.find(R"("fileExistsBehavior":"OVERWRITE")") != std::string::npos);
}
