// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/session_keys.hpp"

#include <doctest/doctest.h>

#include <string>

#include "text/base64.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace {

const sandbox::Credentials issuer{"AKIASANDBOX", "secret/of/the/sandbox"};
const sandbox::RoleSession build{"arn:aws:iam::000000000000:role/ci/deploy", "build-7",
                                 timing::find_sigv4_basic("20260102T030405Z").value()};

}  // namespace

TEST_CASE("a session token gives back whose keys it belongs to") {
  const auto keys = sandbox::session_keys(issuer, build);
  CHECK(keys.credentials.access_key.starts_with("ASIA"));
  CHECK(keys.credentials.access_key.size() == 20);
  CHECK(keys.credentials.secret_key.size() == 40);

  const auto found = sandbox::find_session_keys(issuer, keys.token);
  REQUIRE(found);
  CHECK(found->credentials.access_key == keys.credentials.access_key);
  CHECK(found->credentials.secret_key == keys.credentials.secret_key);
  CHECK(found->session.role == build.role);
  CHECK(found->session.name == build.name);
  CHECK(found->session.expires == build.expires);
  CHECK(sandbox::arn_of(found->session) ==
        "arn:aws:sts::000000000000:assumed-role/ci/deploy/build-7");
}

TEST_CASE("each session has keys of its own") {
  auto other = build;
  other.name = "build-8";
  const auto one = sandbox::session_keys(issuer, build);
  const auto two = sandbox::session_keys(issuer, other);
  CHECK(one.credentials.access_key != two.credentials.access_key);
  CHECK(one.credentials.secret_key != two.credentials.secret_key);
}

TEST_CASE("a token that another issuer made or that was changed is none") {
  const auto token = sandbox::session_keys(issuer, build).token;
  CHECK_FALSE(sandbox::find_session_keys({"AKIASANDBOX", "another secret"}, token));
  const auto longer = text::replace_all(text::find_bytes_of_base64(token).value(), "2026", "2036");
  CHECK_FALSE(sandbox::find_session_keys(issuer, text::base64(longer)));
  for (const auto* none : {"", "t", "bm9uZQ==", "a b c d"}) {
    CAPTURE(none);
    CHECK_FALSE(sandbox::find_session_keys(issuer, none));
  }
}
