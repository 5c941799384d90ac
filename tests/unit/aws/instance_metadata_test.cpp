// SPDX-License-Identifier: Apache-2.0
#include "aws/instance_metadata.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/scripted_server.hpp"
#include "unit/aws/profile_home.hpp"

namespace {

using std::chrono::minutes;
using support::answer;
using support::Step;

const Step silence{.bytes = {}, .after = Step::After::silence};

std::string keys_json(timing::SystemTime expires) {
  return fmt::format(R"({{"Code":"Success","LastUpdated":"2025-06-15T14:00:00Z",)"
                     R"("Type":"AWS-HMAC","AccessKeyId":"AIMDS",)"
                     R"("SecretAccessKey":"instance-secret","Token":"instance-token",)"
                     R"("Expiration":"{}"}})",
                     timing::rfc3339(expires));
}

Variables at(const support::ScriptedServer& service, Variables more = {}) {
  more.insert({{"AWS_EC2_METADATA_DISABLED", "false"},
               {"AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url("/")}});
  return more;
}

std::optional<std::string> region(const ProfileHome& home, const Variables& variables) {
  const auto environment = home.environment(variables);
  const auto profiles = aws::Profiles::load(environment);
  return aws::find_instance_region(
      {.environment = environment, .profiles = profiles, .clock = home.clock});
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an instance's keys are got with a token of version 2") {
  const ProfileHome home;
  const support::ScriptedServer service({answer(200, "TOKEN=="), answer(200, "deploy-role"),
                                         answer(200, keys_json(home.clock.now() + minutes(360)))});

  const auto keys = home.find(at(service));
  CHECK(keys.access_key == "AIMDS");
  CHECK(keys.session_token == "instance-token");
  CHECK(keys.expires == home.clock.now() + minutes(360));
  CHECK(keys.origin == "the instance's role deploy-role");
  const auto requests = service.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].method == "PUT");
  CHECK(requests[0].target == "/latest/api/token");
  CHECK(requests[0].headers.at("x-aws-ec2-metadata-token-ttl-seconds") == "21600");
  CHECK(requests[1].target == "/latest/meta-data/iam/security-credentials/");
  CHECK(requests[2].target == "/latest/meta-data/iam/security-credentials/deploy-role");
  for (const auto i : {1U, 2U}) {
    CHECK(requests[i].headers.at("x-aws-ec2-metadata-token") == "TOKEN==");
  }
}

TEST_CASE("version 1 is asked after 403, 404 and 405 only, unless it is switched off") {
  for (const int status : {403, 404, 405, 400, 401}) {
    CAPTURE(status);
    const bool falls_back = status >= 403;
    for (const std::string disabled : {"false", "true"}) {
      CAPTURE(disabled);
      const ProfileHome home;
      const support::ScriptedServer service(
          {answer(status), answer(200, "role"),
           answer(200, keys_json(home.clock.now() + minutes(360)))});
      const auto variables = at(service, {{"AWS_EC2_METADATA_V1_DISABLED", disabled}});
      if (falls_back && disabled == "false") {
        CHECK(home.find(variables).access_key == "AIMDS");
        CHECK(service.requests()[1].headers.count("x-aws-ec2-metadata-token") == 0);
      } else {
        CHECK(home.error(variables).kind() == base::Kind::environment);
        CHECK(service.requests().size() == 1);
      }
    }
  }
}

TEST_CASE("a token request without an answer is followed by version 1") {
  const ProfileHome home;
  const support::ScriptedServer service(
      {silence, answer(200, "role"), answer(200, keys_json(home.clock.now() + minutes(360)))});
  CHECK(home.find(at(service)).access_key == "AIMDS");
}

// From a container with the default hop limit the token's answer is lost on its way back, and an
// instance that wants tokens answers version 1 with 401.
TEST_CASE("a lost token answer is explained by the hop limit") {
  const ProfileHome home;
  const support::ScriptedServer service({silence, answer(401)});

  const auto error = home.error(at(service));
  CHECK(error.kind() == base::Kind::environment);
  CHECK(contains(error.message(), "HTTP 401"));
  CHECK(contains(error.message(), "no answer to the token request"));
  CHECK(contains(error.hint(), "hop limit is 1"));
  CHECK(contains(error.hint(), "--http-put-response-hop-limit 2"));
}

TEST_CASE("with version 1 switched off a lost token answer ends the search within a second") {
  const ProfileHome home;
  const support::ScriptedServer service({silence});

  const auto error = home.error(at(service, {{"AWS_EC2_METADATA_V1_DISABLED", "true"}}));
  CHECK(error.kind() == base::Kind::unavailable);
  CHECK(contains(error.hint(), "hop limit"));
  CHECK(service.requests().size() == 1);
}

TEST_CASE("the number of attempts is the user's") {
  const ProfileHome home;
  const support::ScriptedServer service({answer(500), answer(500), answer(200, "TOKEN=="),
                                         answer(200, "role"),
                                         answer(200, keys_json(home.clock.now() + minutes(360)))});

  CHECK(home.find(at(service, {{"AWS_METADATA_SERVICE_NUM_ATTEMPTS", "3"}})).access_key == "AIMDS");
  const support::ScriptedServer once({answer(500)});
  CHECK(home.error(at(once)).kind() == base::Kind::unavailable);
  CHECK(once.requests().size() == 1);
}

TEST_CASE("an instance without a role has no keys, and the search ends with all it looked at") {
  const ProfileHome home;
  const support::ScriptedServer service({answer(200, "TOKEN=="), answer(404)});

  const auto error = home.error(at(service));
  CHECK(error.kind() == base::Kind::environment);
  CHECK(contains(error.message(), "AWS_ACCESS_KEY_ID"));
  CHECK(contains(error.message(), "or an instance (the instance has no role)"));
}

TEST_CASE("a service that is switched off is no place for keys") {
  const ProfileHome home;
  const support::ScriptedServer service({answer(403), answer(403)});

  const auto error = home.error(at(service));
  CHECK(error.message().starts_with("find AWS credentials: none in the environment"));
  CHECK(contains(error.message(), "answers 403: switched off, or no instance"));
  CHECK_FALSE(region(home, at(support::ScriptedServer({answer(403), answer(403)}))));
}

TEST_CASE("a role that EC2 may not assume is told in the service's words") {
  const ProfileHome home;
  const support::ScriptedServer service(
      {answer(200, "TOKEN=="), answer(200, "role"),
       answer(200, R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume it"})")});

  const auto error = home.error(at(service));
  CHECK(error.kind() == base::Kind::environment);
  CHECK(contains(error.message(), "AssumeRoleUnauthorizedAccess: EC2 cannot assume it"));
}

TEST_CASE("keys that are over go on being used while the service has no new ones") {
  const ProfileHome home;
  const support::ScriptedServer service({answer(200, "TOKEN=="), answer(200, "role"),
                                         answer(200, keys_json(home.clock.now() - minutes(1)))});

  CHECK(home.find(at(service)).expires == home.clock.now() + minutes(15));
}

TEST_CASE("credential_source Ec2InstanceMetadata needs an instance") {
  const ProfileHome home("[profile p]\nrole_arn = r\ncredential_source = Ec2InstanceMetadata\n");

  const auto error = home.error({{"AWS_EC2_METADATA_DISABLED", "false"},
                                 {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9"}},
                                "p");
  CHECK(error.kind() == base::Kind::unavailable);
  CHECK(contains(error.message(), "nothing answers at http://127.0.0.1:9"));
  CHECK(home.error({}, "p").kind() == base::Kind::environment);
}

TEST_CASE("the instance's region is asked for as a last resort") {
  const ProfileHome home;
  const support::ScriptedServer service({answer(200, "TOKEN=="), answer(200, "eu-central-1\n")});
  CHECK(region(home, at(service)) == "eu-central-1");
  CHECK(service.requests()[1].target == "/latest/meta-data/placement/region");

  const support::ScriptedServer broken({answer(500)});
  CHECK_FALSE(region(home, at(broken)));
  CHECK_FALSE(region(home, at(broken, {{"AWS_METADATA_SERVICE_TIMEOUT", "soon"}})));
  const support::ScriptedServer unasked({});
  Variables disabled = at(unasked);
  disabled["AWS_EC2_METADATA_DISABLED"] = "true";
  CHECK_FALSE(region(home, disabled));
  CHECK(unasked.requests().empty());
}

TEST_CASE("settings of the metadata service that make no sense are told") {
  const ProfileHome home;
  const std::vector<std::pair<std::string, std::string>> cases{
      {"AWS_METADATA_SERVICE_TIMEOUT", "0"},
      {"AWS_METADATA_SERVICE_NUM_ATTEMPTS", "many"},
      {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv5"},
      {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "169.254.169.254"}};
  for (const auto& [variable, value] : cases) {
    CAPTURE(variable);
    const auto error = home.error({{"AWS_EC2_METADATA_DISABLED", "false"}, {variable, value}});
    CHECK(error.kind() == base::Kind::environment);
    CHECK(contains(error.message(), value));
  }
}
