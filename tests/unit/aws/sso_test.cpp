// SPDX-License-Identifier: Apache-2.0
#include "aws/sso.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "aws/sso_token.hpp"
#include "crypto/sha1.hpp"
#include "json/field.hpp"
#include "process/child.hpp"
#include "unit/aws/profile_home.hpp"

namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr auto config =
    "[sso-session work]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n"
    "[profile ci]\nsso_session = work\nsso_account_id = 123456789012\nsso_role_name = Deploy\n"
    "[profile old]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n"
    "sso_account_id = 123456789012\nsso_role_name = Deploy\n";

// The portal and the OIDC service behind one address.
class FakeSso {
 public:
  explicit FakeSso(timing::Clock& clock)
      : clock_(clock), server_([this](const auto& request) { return answer(request); }) {}

  Variables variables() const {
    const auto url = "http://" + server_.authority();
    return {{"AWS_ENDPOINT_URL_SSO", url}, {"AWS_ENDPOINT_URL_SSO_OIDC", url + "/oidc/"}};
  }
  std::vector<support::ServedRequest> requests() const { return server_.requests(); }

  bool session_over = false;  // at the portal
  int oidc_status = 200;

 private:
  support::ServedAnswer answer(const support::ServedRequest& request) {
    if (request.path == "/oidc/token") {
      if (oidc_status != 200) {
        return {.status = oidc_status,
                .body = R"({"error":"invalid_grant","error_description":"used before"})"};
      }
      return {.body = R"({"accessToken":"access-new","expiresIn":28800,)"
                      R"("refreshToken":"refresh-new","tokenType":"Bearer"})"};
    }
    if (session_over) {
      return {.status = 401,
              .headers = {{"x-amzn-ErrorType", "UnauthorizedException"}},
              .body = R"({"message":"Session token not found or invalid"})"};
    }
    const auto end = std::chrono::duration_cast<std::chrono::milliseconds>(
        (clock_.now() + hours(1)).time_since_epoch());
    return {.body = fmt::format(R"({{"roleCredentials":{{"accessKeyId":"ASSO{}",)"
                                R"("secretAccessKey":"sso-secret","sessionToken":"sso-token",)"
                                R"("expiration":{}}}}})",
                                ++count_, end.count())};
  }

  timing::Clock& clock_;
  int count_ = 0;
  support::AnsweringServer server_;
};

std::string token_file(const std::string& named_by) {
  return ".aws/sso/cache/" + crypto::sha1_hex(named_by) + ".json";
}

void log_in(const ProfileHome& home, const std::string& named_by, timing::SystemTime until,
            const std::string& more = "") {
  home.write(token_file(named_by),
             fmt::format(R"({{"startUrl":"https://acme.awsapps.com/start","region":"eu-west-1",)"
                         R"("accessToken":"access-old","expiresAt":"{}"{}}})",
                         timing::rfc3339(until), more));
}

constexpr auto registration =
    R"(,"clientId":"client","clientSecret":"client-secret","refreshToken":"refresh-old",)"
    R"("registrationExpiresAt":"2030-01-01T00:00:00Z")";

}  // namespace

TEST_CASE("a session's login gives keys of the profile's account and role") {
  const ProfileHome home(config);
  const FakeSso sso(home.clock);
  log_in(home, "work", home.clock.now() + hours(8));

  const auto keys = home.find(sso.variables(), "ci");
  CHECK(keys.access_key == "ASSO1");
  CHECK(keys.session_token == "sso-token");
  CHECK(keys.expires == home.clock.now() + hours(1));
  CHECK(keys.origin == "profile ci (SSO role Deploy in account 123456789012)");
  const auto requests = sso.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].path == "/federation/credentials");
  CHECK(requests[0].query == "account_id=123456789012&role_name=Deploy");
  CHECK(requests[0].header("x-amz-sso_bearer_token") == "access-old");
}

TEST_CASE("a profile without a session is found by its start url, with older clients' times") {
  const ProfileHome home(config);
  const FakeSso sso(home.clock);
  home.write(token_file("https://acme.awsapps.com/start"),
             R"({"accessToken":"access-old","expiresAt":"2030-06-17T10:02:08UTC"})");

  CHECK(home.find(sso.variables(), "old").access_key == "ASSO1");
}

TEST_CASE("a session's token is renewed before its end and written back for other clients") {
  const ProfileHome home(config);
  const FakeSso sso(home.clock);
  log_in(home, "work", home.clock.now() + minutes(10), registration);

  CHECK(home.find(sso.variables(), "ci").access_key == "ASSO1");
  const auto requests = sso.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].path == "/oidc/token");
  CHECK(requests[0].body ==
        R"({"clientId":"client","clientSecret":"client-secret","grantType":"refresh_token",)"
        R"("refreshToken":"refresh-old"})");
  CHECK(requests[1].header("x-amz-sso_bearer_token") == "access-new");
  const auto kept = json::parse(file::read(home.path(token_file("work"))), "token");
  const json::Field token(kept, "token");
  CHECK(token["accessToken"].string() == "access-new");
  CHECK(token["refreshToken"].string() == "refresh-new");
  CHECK(token["expiresAt"].string() == timing::rfc3339(home.clock.now() + hours(8)));
  CHECK(token["startUrl"].string() == "https://acme.awsapps.com/start");
}

TEST_CASE("a renewal that fails is no matter while the token lasts, and ends the search after") {
  const ProfileHome home(config);
  FakeSso sso(home.clock);
  sso.oidc_status = 400;
  log_in(home, "work", home.clock.now() + minutes(10), registration);
  CHECK(home.find(sso.variables(), "ci").access_key == "ASSO1");

  log_in(home, "work", home.clock.now() - minutes(1), registration);
  const auto over = home.error(sso.variables(), "ci");
  CHECK(over.kind() == base::Kind::environment);
  CHECK(over.hint() == "run aws sso login --profile ci");
  CHECK(over.message().find("renew the SSO token: ") != std::string::npos);

  sso.oidc_status = 503;
  CHECK(home.error(sso.variables(), "ci").kind() == base::Kind::unavailable);
}

TEST_CASE("no login, an ended one and one that the portal refuses name the command to log in") {
  const ProfileHome home(config);
  FakeSso sso(home.clock);
  const auto check = [&](const std::string& words) {
    const auto error = home.error(sso.variables(), "ci");
    CHECK(error.kind() == base::Kind::environment);
    CHECK(error.hint() == "run aws sso login --profile ci");
    CHECK_MESSAGE(error.message().find(words) != std::string::npos, error.message());
  };

  check("no SSO login in " + home.path(token_file("work")).string());
  home.write(token_file("work"), "{");
  check(token_file("work"));
  home.write(token_file("work"), "{}");
  check("/accessToken");
  log_in(home, "work", home.clock.now() - hours(1));
  check("ended at 2025-06-15T14:06:40Z");
  log_in(home, "work", home.clock.now() + hours(8));
  sso.session_over = true;
  check("get keys of role Deploy in account 123456789012: UnauthorizedException");
}

TEST_CASE("the next tool takes the role's keys from disk while somebody is logged in") {
  const ProfileHome home(config);
  const FakeSso sso(home.clock);
  log_in(home, "work", home.clock.now() + hours(8));
  home.find(sso.variables(), "ci");

  CHECK(home.find(sso.variables(), "ci").access_key == "ASSO1");
  CHECK(sso.requests().size() == 1);

  std::filesystem::remove(home.path(token_file("work")));
  CHECK(home.error(sso.variables(), "ci").hint() == "run aws sso login --profile ci");
}

TEST_CASE("settings of SSO that cannot work are told") {
  struct Case {
    std::string settings;
    std::string words;
  };
  const std::vector<Case> cases{
      {"sso_session = home\n", "there is no [sso-session home]"},
      {"sso_session = work\nsso_region = us-east-1\n",
       "sso_region is 'us-east-1' there and 'eu-west-1' in [sso-session work]"},
      {"sso_start_url = https://s\n", "sso_region is missing for SSO"},
      {"sso_start_url = https://s\nsso_region = a.b/c\n", "sso_region is 'a.b/c'"}};
  for (const auto& each : cases) {
    CAPTURE(each.settings);
    const ProfileHome home(std::string(config) +
                           "[profile p]\nsso_account_id = 1\nsso_role_name = r\n" + each.settings);
    const auto error = home.error({}, "p");
    CHECK(error.kind() == base::Kind::environment);
    CHECK_MESSAGE(error.message().find(each.words) != std::string::npos, error.message());
  }
}

TEST_CASE("a session alone is for other services and no place for keys") {
  const ProfileHome home("[sso-session work]\n[profile p]\nsso_session = work\n",
                         "[p]\naws_access_key_id = A\naws_secret_access_key = secret\n");
  CHECK(home.find({}, "p").access_key == "A");
}

TEST_CASE("the services of SSO are found in the region's partition") {
  const ProfileHome home;
  const auto address = [&](const std::string& region, std::string_view label) {
    return aws::sso_address(home.surroundings(), {.region = region}, label, "SSO").text();
  };
  CHECK(address("eu-west-1", "portal.sso") == "https://portal.sso.eu-west-1.amazonaws.com/");
  CHECK(address("cn-north-1", "oidc") == "https://oidc.cn-north-1.amazonaws.com.cn/");
}

TEST_CASE("the token's file is the one that botocore reads") {
  constexpr auto program =
      "import sys\n"
      "try:\n"
      "  from botocore.utils import SSOTokenLoader as Loader\n"
      "except ImportError: sys.exit(3)\n"
      "print(Loader()._generate_cache_key('https://acme.awsapps.com/start', None))\n"
      "print(Loader()._generate_cache_key('https://acme.awsapps.com/start', 'work \\u00fc'))\n";
  const auto peer = process::capture({.argv = {"/usr/bin/python3", "-c", program}});
  if (peer.exit.code == 3) {
    MESSAGE("skipped: python3-botocore is not installed");
    return;
  }
  REQUIRE(peer.exit.ok());
  const ProfileHome home;
  const auto stem = [&](const std::string& name) {
    return aws::sso_token_path(home.environment(),
                               {.name = name, .start_url = "https://acme.awsapps.com/start"})
        .stem()
        .string();
  };
  CHECK(peer.out == stem("") + "\n" + stem("work ü") + "\n");
}
