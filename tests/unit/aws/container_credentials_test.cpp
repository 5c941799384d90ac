// SPDX-License-Identifier: Apache-2.0
#include "aws/container_credentials.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/scripted_server.hpp"
#include "unit/aws/profile_home.hpp"

namespace {

using std::chrono::minutes;

std::string keys_json(const timing::Clock& clock, const std::string& key) {
  return fmt::format(R"({{"AccessKeyId":"{}","SecretAccessKey":"container-secret",)"
                     R"("Token":"container-token","Expiration":"{}","RoleArn":"arn:task"}})",
                     key, timing::rfc3339(clock.now() + minutes(60)));
}

}  // namespace

TEST_CASE("where a container's keys may be asked for") {
  struct Case {
    std::string variable;
    std::string value;
    std::string address;  // empty: refused
  };
  const std::string full = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  const std::string relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
  for (const auto& each : std::vector<Case>{
           {relative, "/v2/credentials/1", "http://169.254.170.2/v2/credentials/1"},
           {relative, "@evil.example/", ""},
           {full, "http://169.254.170.2/x", "http://169.254.170.2/x"},
           {full, "http://169.254.170.23/v1/credentials", "http://169.254.170.23/v1/credentials"},
           {full, "http://[fd00:ec2::23]/v1/credentials", "http://[fd00:ec2::23]/v1/credentials"},
           {full, "http://localhost:8080/x", "http://localhost:8080/x"},
           {full, "http://127.1.2.3/x", "http://127.1.2.3/x"},
           {full, "http://[::1]:80/x", "http://[::1]/x"},
           {full, "https://keys.example/x", "https://keys.example/x"},
           {full, "http://keys.example/x", ""},
           {full, "http://169.254.169.254/x", ""},
           {full, "http://169.254.170.2.evil.example/x", ""},
           {full, "http://169.254.170.2@evil.example/x", ""},
           {full, "http://127.0.0.1.evil.example/x", ""},
           {full, "ftp://localhost/x", ""}}) {
    CAPTURE(each.value);
    const auto environment = process::environment_of({{each.variable, each.value}});
    if (each.address.empty()) {
      CHECK(support::error_of([&] { aws::find_container_address(environment); }).kind() ==
            base::Kind::environment);
    } else {
      CHECK(aws::find_container_address(environment)->text() == each.address);
    }
  }
  CHECK_FALSE(aws::find_container_address(process::environment_of({})));
  CHECK(aws::find_container_address(
            process::environment_of({{full, "http://localhost/full"}, {relative, "/relative"}}))
            ->text() == "http://169.254.170.2/relative");
}

TEST_CASE("the container's token file is read for each call and comes before the variable") {
  const ProfileHome home;
  home.write("token", "first\n");
  const support::AnsweringServer agent([&](const auto& request) -> support::ServedAnswer {
    return {.body = keys_json(home.clock, request.header("authorization"))};
  });
  const auto store = home.store(
      {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://" + agent.authority() + "/keys?x=1"},
       {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", home.path("token").string()},
       {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "variable"}});

  CHECK(store->current().access_key == "first");
  CHECK(store->current().session_token == "container-token");
  home.write("token", "second");
  home.clock.advance(minutes(51));
  CHECK(store->current().access_key == "second");
  CHECK(agent.requests().size() == 2);
  CHECK(agent.requests()[0].path == "/keys");
  CHECK(agent.requests()[0].query == "x=1");
}

TEST_CASE("the container's token may be in a variable, and none is needed") {
  const ProfileHome home;
  const support::AnsweringServer agent([&](const auto& request) -> support::ServedAnswer {
    return {.body = keys_json(home.clock, "token:" + request.header("authorization"))};
  });
  const auto address = "http://" + agent.authority() + "/";

  CHECK(home.find({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", address},
                   {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "variable"}})
            .access_key == "token:variable");
  CHECK(home.find({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", address}}).access_key == "token:");
}

TEST_CASE("a container's agent is asked three times, and its refusal is told") {
  const ProfileHome home;
  const auto error_after = [&](std::vector<support::Step> script, std::size_t requests) {
    support::ScriptedServer agent(std::move(script));
    auto error = home.error({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url("/keys")}});
    CHECK(agent.requests().size() == requests);
    return error;
  };

  const auto down =
      error_after({support::answer(500), support::answer(503), support::answer(500, "third")}, 3);
  CHECK(down.kind() == base::Kind::unavailable);
  const auto refused = error_after(
      {support::answer(400, R"({"code":"InvalidToken","message":"token is over"})")}, 1);
  CHECK(refused.kind() == base::Kind::environment);
  CHECK(refused.message().find("token is over") != std::string::npos);
  const auto broken = error_after({support::answer(200, "<html>")}, 1);
  CHECK(broken.kind() == base::Kind::environment);
}

TEST_CASE("a token with a line break in it is not sent") {
  const ProfileHome home;
  home.write("token", "a\r\nX-Evil: b");
  const auto error =
      home.error({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/"},
                  {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", home.path("token").string()}});
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message().find("line break") != std::string::npos);
}
