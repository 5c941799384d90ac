// SPDX-License-Identifier: Apache-2.0
#include "aws/web_identity.hpp"

#include <doctest/doctest.h>

#include <string>

#include "unit/aws/profile_home.hpp"

namespace {

using std::chrono::minutes;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the environment's web identity is shown to STS without a signature") {
  const ProfileHome home;
  home.write("token", "eyJ.one.sig\n");
  const FakeSts sts(home.clock, minutes(60));

  const auto keys = home.find({{"AWS_ENDPOINT_URL_STS", sts.url()},
                               {"AWS_WEB_IDENTITY_TOKEN_FILE", home.path("token").string()},
                               {"AWS_ROLE_ARN", "arn:pod"},
                               {"AWS_ROLE_SESSION_NAME", "pod-7"}});
  CHECK(keys.access_key == "ASTS1");
  const auto requests = sts.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].header("authorization").empty());
  CHECK(requests[0].body ==
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Apod"
        "&RoleSessionName=pod-7&WebIdentityToken=eyJ.one.sig");
}

TEST_CASE("the token file is read for each call, and nothing is left on disk") {
  const ProfileHome home;
  home.write("token", "first");
  home.write(".aws/config", "[profile pod]\nrole_arn = arn:pod\nweb_identity_token_file = " +
                                home.path("token").string() + "\n");
  const FakeSts sts(home.clock, minutes(60));
  const auto store = home.store({{"AWS_ENDPOINT_URL_STS", sts.url()}}, "pod");
  store->current();

  home.write("token", "second");
  home.clock.advance(minutes(51));

  CHECK(store->current().access_key == "ASTS2");
  CHECK(contains(sts.requests()[0].body, "WebIdentityToken=first"));
  CHECK(contains(sts.requests()[1].body, "WebIdentityToken=second"));
  CHECK_FALSE(std::filesystem::exists(home.cache()));
}

TEST_CASE("--profile keeps the environment's web identity out") {
  const ProfileHome home("", "[ci]\naws_access_key_id = ACI\naws_secret_access_key = ci-secret\n");

  CHECK(home.find({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}, {"AWS_ROLE_ARN", "arn:pod"}}, "ci")
            .access_key == "ACI");
}

TEST_CASE("a token without a role, an empty token and a refused one are told") {
  const ProfileHome home;
  home.write("empty", "\n");
  home.write("token", "eyJ");
  FakeSts sts(home.clock, minutes(60));
  sts.refuse_from_now_on();
  const auto error = [&](const std::string& file, const std::string& role) {
    return home.error({{"AWS_ENDPOINT_URL_STS", sts.url()},
                       {"AWS_WEB_IDENTITY_TOKEN_FILE", home.path(file).string()},
                       {"AWS_ROLE_ARN", role}});
  };

  CHECK(error("token", "").hint() == "set AWS_ROLE_ARN");
  CHECK(contains(error("empty", "r").message(), "it is empty"));
  const auto refused = error("token", "arn:pod");
  CHECK(refused.kind() == base::Kind::environment);
  CHECK(contains(refused.message(),
                 "assume role arn:pod with a web identity: AccessDenied: not you (HTTP 403"));
}
