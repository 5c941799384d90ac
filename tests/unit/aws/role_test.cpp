// SPDX-License-Identifier: Apache-2.0
#include "aws/role.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/aws/profile_home.hpp"

namespace {

using std::chrono::minutes;

constexpr auto base_keys =
    "[base]\naws_access_key_id = ABASE\naws_secret_access_key = base-secret\n";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a role is assumed with the keys of its source profile") {
  const ProfileHome home(
      "[profile ci]\nrole_arn = arn:aws:iam::1:role/deploy\nsource_profile = base\n"
      "external_id = partner 7\nrole_session_name = build-9\nduration_seconds = 900\n",
      base_keys);
  const FakeSts sts(home.clock, minutes(60));

  const auto keys = home.find({{"AWS_ENDPOINT_URL_STS", sts.url()}}, "ci");
  CHECK(keys.access_key == "ASTS1");
  CHECK(keys.session_token == "sts-token-1");
  CHECK(keys.expires == home.clock.now() + minutes(60));
  CHECK(keys.origin ==
        "profile ci (role arn:aws:iam::1:role/deploy with the keys of profile base in " +
            home.path(".aws/credentials").string() + ")");
  const auto requests = sts.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].body ==
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fdeploy"
        "&RoleSessionName=build-9&ExternalId=partner%207&DurationSeconds=900");
  CHECK(contains(requests[0].header("authorization"), "Credential=ABASE/"));
  CHECK(contains(requests[0].header("authorization"), "/eu-central-1/sts/aws4_request"));
}

TEST_CASE("roles may be chained, each assumed with the keys of the one before") {
  const ProfileHome home(
      "[profile a]\nrole_arn = arn:a\nsource_profile = b\n"
      "[profile b]\nrole_arn = arn:b\nsource_profile = base\n",
      base_keys);
  const FakeSts sts(home.clock, minutes(60));

  CHECK(home.find({{"AWS_ENDPOINT_URL_STS", sts.url()}}, "a").access_key == "ASTS2");
  const auto requests = sts.requests();
  REQUIRE(requests.size() == 2);
  CHECK(contains(requests[0].header("authorization"), "Credential=ABASE/"));
  CHECK(contains(requests[0].body, "RoleArn=arn%3Ab"));
  CHECK(contains(requests[1].header("authorization"), "Credential=ASTS1/"));
  CHECK(requests[1].header("x-amz-security-token") == "sts-token-1");
  CHECK(contains(requests[1].body, "RoleArn=arn%3Aa"));
  CHECK(contains(requests[1].body, "RoleSessionName=stagecraft-1750000000"));
}

TEST_CASE("a wait of two hours survives a role's one hour") {
  const ProfileHome home("[profile ci]\nrole_arn = arn:r\nsource_profile = base\n", base_keys);
  const FakeSts sts(home.clock, minutes(60));
  const auto store = home.store({{"AWS_ENDPOINT_URL_STS", sts.url()}}, "ci");

  for (int minute = 0; minute <= 120; ++minute) {
    REQUIRE(*store->current().expires > home.clock.now() + minutes(10));
    home.clock.advance(minutes(1));
  }
  CHECK(sts.requests().size() == 3);
}

TEST_CASE("the next tool takes the role's keys from disk, unless a service refused them") {
  const ProfileHome home("[profile ci]\nrole_arn = arn:r\nsource_profile = base\n", base_keys);
  const FakeSts sts(home.clock, minutes(60));
  const Variables variables{{"AWS_ENDPOINT_URL_STS", sts.url()}};

  CHECK(home.find(variables, "ci").access_key == "ASTS1");
  const auto next = home.store(variables, "ci");
  CHECK(next->current().access_key == "ASTS1");
  CHECK(sts.requests().size() == 1);

  CHECK(next->renew(next->current()));
  CHECK(next->current().access_key == "ASTS2");
  CHECK(home.find(variables, "ci").access_key == "ASTS2");

  home.clock.advance(minutes(45));
  CHECK(home.find(variables, "ci").access_key == "ASTS3");
}

TEST_CASE("another external id, source or session name is another entry of the cache") {
  const ProfileHome home(
      "[profile a]\nrole_arn = arn:r\nsource_profile = base\n"
      "[profile b]\nrole_arn = arn:r\nsource_profile = base\nexternal_id = x\n"
      "[profile c]\nrole_arn = arn:r\nsource_profile = base\nrole_session_name = x\n"
      "[profile d]\nrole_arn = arn:r\nsource_profile = other\n"
      "[profile same-as-a]\nrole_arn = arn:r\nsource_profile = base\n",
      std::string(base_keys) +
          "[other]\naws_access_key_id = AOTHER\naws_secret_access_key = other-secret\n");
  const FakeSts sts(home.clock, minutes(60));
  const Variables variables{{"AWS_ENDPOINT_URL_STS", sts.url()}};

  for (const std::string profile : {"a", "b", "c", "d"}) home.find(variables, profile);
  CHECK(sts.requests().size() == 4);
  CHECK(home.find(variables, "same-as-a").access_key == "ASTS1");
}

TEST_CASE("what STS refuses is told with the profile, the role and the service's words") {
  const ProfileHome home("[profile ci]\nrole_arn = arn:r\nsource_profile = base\n", base_keys);
  FakeSts sts(home.clock, minutes(60));
  sts.refuse_from_now_on();

  const auto error = home.error({{"AWS_ENDPOINT_URL_STS", sts.url()}}, "ci");
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message() ==
        "find AWS credentials: profile ci (role arn:r with the keys of profile base in " +
            home.path(".aws/credentials").string() +
            "): assume role arn:r: AccessDenied: not you (HTTP 403, request r-1)");
}

TEST_CASE("an STS that does not answer is worth another run") {
  const ProfileHome home("[profile ci]\nrole_arn = arn:r\nsource_profile = base\n", base_keys);

  CHECK(home.error({{"AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9"}}, "ci").kind() ==
        base::Kind::unavailable);
}

TEST_CASE("settings of a role that cannot work are told") {
  struct Case {
    std::string config;
    std::string words;
  };
  const std::vector<Case> cases{
      {"[profile p]\nrole_arn = r\n", "neither source_profile nor credential_source"},
      {"[profile p]\nrole_arn = r\nsource_profile = base\ncredential_source = Environment\n",
       "source_profile and credential_source are both set"},
      {"[profile p]\nrole_arn = r\ncredential_source = Moon\n", "credential_source is 'Moon'"},
      {"[profile p]\nrole_arn = r\ncredential_source = Environment\n",
       "credential_source is Environment, and there are no keys"},
      {"[profile p]\nrole_arn = r\nsource_profile = q\n", "'q' does not exist"},
      {"[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nregion = x\n",
       "its source_profile 'q' has no keys (profile q in "},
      {"[profile p]\nrole_arn = r\nsource_profile = p\n", "in a circle: p → p"},
      {"[profile p]\nrole_arn = r\nsource_profile = q\n"
       "[profile q]\nrole_arn = s\nsource_profile = p\n",
       "in profile q: source_profile goes round in a circle: p → q → p"},
      {"[profile p]\nrole_arn = r\nsource_profile = base\nduration_seconds = 60\n",
       "duration_seconds is '60'"},
      {"[profile p]\nrole_arn = r\nsource_profile = base\nmfa_serial = arn:mfa\n",
       "role r is set up with mfa_serial, and nobody is here to type a code"}};
  for (const auto& each : cases) {
    CAPTURE(each.config);
    const ProfileHome home(each.config, base_keys);
    const auto error = home.error({}, "p");
    CHECK(error.kind() == base::Kind::environment);
    CHECK_MESSAGE(contains(error.message(), each.words), error.message());
  }
}

TEST_CASE("mfa is refused with what to do instead") {
  const ProfileHome home("[profile p]\nrole_arn = r\nsource_profile = base\nmfa_serial = m\n",
                         base_keys);
  CHECK(home.error({}, "p").hint() ==
        "type it once in your shell and hand on the keys: eval \"$(aws configure "
        "export-credentials --profile p --format env)\"");
}

TEST_CASE("a profile may assume its role with keys of its own") {
  const ProfileHome home("[profile p]\nrole_arn = r\nsource_profile = p\n",
                         "[p]\naws_access_key_id = AOWN\naws_secret_access_key = own-secret\n");
  const FakeSts sts(home.clock, minutes(60));

  CHECK(home.find({{"AWS_ENDPOINT_URL_STS", sts.url()}}, "p").access_key == "ASTS1");
  CHECK(contains(sts.requests()[0].header("authorization"), "Credential=AOWN/"));
}

TEST_CASE("a source profile with keys and a role lends its keys, as in botocore") {
  const ProfileHome home(
      "[profile p]\nrole_arn = r\nsource_profile = q\n"
      "[profile q]\nrole_arn = s\nsource_profile = base\n",
      std::string(base_keys) + "[q]\naws_access_key_id = AQ\naws_secret_access_key = q-secret\n");
  const FakeSts sts(home.clock, minutes(60));

  CHECK(home.find({{"AWS_ENDPOINT_URL_STS", sts.url()}}, "p").access_key == "ASTS1");
  CHECK(contains(sts.requests()[0].header("authorization"), "Credential=AQ/"));
}

TEST_CASE("credential_source takes the keys of a named place") {
  const ProfileHome home("[profile p]\nrole_arn = r\ncredential_source = environment\n");
  const FakeSts sts(home.clock, minutes(60));

  const auto keys = home.find({{"AWS_ENDPOINT_URL_STS", sts.url()},
                               {"AWS_ACCESS_KEY_ID", "AENV"},
                               {"AWS_SECRET_ACCESS_KEY", "env-secret"}},
                              "p");
  CHECK(keys.access_key == "ASTS1");
  CHECK(contains(sts.requests()[0].header("authorization"), "Credential=AENV/"));
}
