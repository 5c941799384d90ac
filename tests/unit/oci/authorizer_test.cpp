// SPDX-License-Identifier: Apache-2.0
#include "oci/authorizer.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "support/answering_server.hpp"
#include "support/error_of.hpp"
#include "support/fake_clock.hpp"
#include "text/base64.hpp"

namespace {

using namespace std::chrono_literals;

const std::string scope = "repository:acme/shop:pull,push";

std::string jwt(const std::string& access) {
  return text::base64("{}", text::Base64::url) + '.' +
         text::base64(R"({"access":)" + access + "}", text::Base64::url) + ".signature";
}

// A token server, and the 401 of a registry that names it.
struct TokenServer {
  std::string token = "token-1";
  int status = 200;
  std::string wanted_basic;
  std::string error;
  std::string more_scope;

  support::AnsweringServer server{[this](const support::ServedRequest& request) {
    const bool refused =
        !wanted_basic.empty() && request.header("authorization") != "Basic " + wanted_basic;
    if (refused) return support::ServedAnswer{.status = 401};
    if (request.method == "POST" && status != 200) return support::ServedAnswer{.status = status};
    return support::ServedAnswer{.body = "{\"token\":\"" + token + "\",\"expires_in\":300}"};
  }};
  support::FakeClock clock;
  http::Client client{clock, {}};

  http::Url base() const { return http::parse_url("http://" + server.authority() + "/"); }

  http::Response refusal() const {
    std::string challenge = "Bearer realm=\"http://" + server.authority() + "/token\"";
    if (!error.empty()) challenge += ",error=\"" + error + "\"";
    if (!more_scope.empty()) challenge += ",scope=\"" + more_scope + "\"";
    return {.status = 401, .headers = {{"WWW-Authenticate", challenge}}};
  }
};

oci::Credentials user(const std::string& password) {
  return {.username = "ci", .password = password, .source = "the vault"};
}

}  // namespace

TEST_CASE("a token is not kept for what outlasts it, unless another would be no better") {
  TokenServer tokens;
  oci::Authorizer authorizer(tokens.client, tokens.base(), {});
  CHECK(authorizer.header(scope) == "");
  REQUIRE(authorizer.renew(tokens.refusal(), scope, ""));
  CHECK(authorizer.header(scope, 0s) == "Bearer token-1");
  CHECK(authorizer.header(scope, 1'000s) == "Bearer token-1");
  CHECK(tokens.server.requests().size() == 1);

  tokens.clock.advance(200s);
  CHECK(authorizer.header(scope, 90s) == "Bearer token-1");
  CHECK(tokens.server.requests().size() == 1);
  CHECK(authorizer.header(scope, 110s) == "Bearer token-1");
  CHECK(tokens.server.requests().size() == 2);
}

TEST_CASE(
    "credentials are asked for when the registry wants them, and again when it refuses them") {
  TokenServer tokens;
  tokens.wanted_basic = text::base64("ci:new");
  std::vector<std::string> passwords{"old", "new"};
  std::size_t asked = 0;
  oci::Authorizer authorizer(tokens.client, tokens.base(), [&] {
    return std::optional(user(passwords[std::min(asked++, passwords.size() - 1)]));
  });
  CHECK(asked == 0);
  REQUIRE(authorizer.renew(tokens.refusal(), scope, ""));
  CHECK(authorizer.header(scope) == "Bearer token-1");
  CHECK(asked == 2);
}

TEST_CASE(
    "a basic password that ran out is fetched anew, one that is wrong is not asked for ever") {
  TokenServer tokens;
  std::string password = "old";
  oci::Authorizer authorizer(tokens.client, tokens.base(),
                             [&] { return std::optional(user(password)); });
  const http::Response refusal{.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=r"}}};
  REQUIRE(authorizer.renew(refusal, scope, ""));
  const std::string old = authorizer.header(scope);
  password = "new";
  CHECK(authorizer.renew(refusal, scope, old));
  CHECK(authorizer.header(scope) == "Basic " + text::base64("ci:new"));
  CHECK_FALSE(authorizer.renew(refusal, scope, authorizer.header(scope)));
}

TEST_CASE("a scope that a registry finds insufficient is widened by what it names") {
  TokenServer tokens;
  oci::Authorizer authorizer(tokens.client, tokens.base(), {});
  REQUIRE(authorizer.renew(tokens.refusal(), scope, ""));
  const std::string used = authorizer.header(scope);
  tokens.error = "insufficient_scope";
  tokens.more_scope = "repository:acme/shop:delete";
  REQUIRE(authorizer.renew(tokens.refusal(), scope, used));
  authorizer.header(scope);
  CHECK(tokens.server.requests().back().query ==
        "scope=repository%3Aacme%2Fshop%3Apull%2Cpush&scope=repository%3Aacme%2Fshop%3Adelete");
}

TEST_CASE("a token for the registry itself is used as it is") {
  TokenServer tokens;
  oci::Authorizer authorizer(tokens.client, tokens.base(), [] {
    return std::optional(oci::Credentials{.source = "config", .registry_token = "ready"});
  });
  REQUIRE(authorizer.renew(tokens.refusal(), scope, ""));
  CHECK(authorizer.header(scope) == "Bearer ready");
  CHECK_FALSE(authorizer.renew(tokens.refusal(), scope, "Bearer ready"));
  CHECK(tokens.server.requests().empty());
}

TEST_CASE("a token server from before OAuth2 gets an identity token as a password") {
  TokenServer tokens;
  tokens.status = 404;
  oci::Authorizer authorizer(tokens.client, tokens.base(), [] {
    return std::optional(oci::Credentials{.identity_token = "refresh", .source = "config"});
  });
  REQUIRE(authorizer.renew(tokens.refusal(), scope, ""));
  CHECK(authorizer.header(scope) == "Bearer token-1");
  CHECK(tokens.server.requests().back().header("authorization") ==
        "Basic " + text::base64("<token>:refresh"));
}

TEST_CASE("a refusal says who asked, where the login came from and which action is missing") {
  TokenServer tokens;
  const auto hint_of = [&tokens](oci::CredentialSource source, int status) {
    oci::Authorizer authorizer(tokens.client, tokens.base(), std::move(source));
    REQUIRE(authorizer.renew(tokens.refusal(), scope, ""));
    static_cast<void>(authorizer.header(scope));
    return authorizer.hint(status, scope);
  };
  const auto known = [] { return std::optional(user("word")); };
  const std::string no_login = "no credentials for " + tokens.server.authority() +
                               "; set REGISTRY_USERNAME and REGISTRY_PASSWORD, or run docker login";

  tokens.token = jwt(R"([{"type":"repository","name":"acme/shop","actions":["pull"]}])");
  CHECK(hint_of(known, 403) ==
        "ci (from the vault) lacks push on acme/shop; its token grants pull on acme/shop");
  CHECK(hint_of({}, 401) == "an anonymous token lacks push on acme/shop; " + no_login);
  tokens.token = jwt("[]");
  CHECK(hint_of(known, 401) ==
        "ci (from the vault) lacks pull and push on acme/shop; its token grants nothing");
  tokens.token = "opaque";
  CHECK(hint_of(known, 403) ==
        "ci (from the vault) may not pull and push on acme/shop; check its "
        "rights at " +
            tokens.server.authority());
  CHECK(hint_of(known, 401) ==
        "check user and password of " + tokens.server.authority() + " (from the vault)");
}

TEST_CASE("credentials do not go to a token server that a registry has no business to name") {
  const auto base = http::parse_url("https://registry.example/");
  CHECK_NOTHROW(oci::check_realm(base, http::parse_url("https://auth.example/token")));
  for (const char* realm : {"http://auth.example/token", "https://169.254.169.254/token",
                            "https://10.0.0.1/", "https://[::1]/", "https://localhost/token"}) {
    CAPTURE(realm);
    CHECK(support::error_of([&] { oci::check_realm(base, http::parse_url(realm)); }).kind() ==
          base::Kind::integrity);
  }
}
