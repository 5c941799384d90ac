// SPDX-License-Identifier: Apache-2.0
#include "oci/token.hpp"

#include <doctest/doctest.h>

#include <string>

#include "text/base64.hpp"

namespace {

std::string with_claims(const std::string& claims) {
  return "e30." + text::base64(claims, text::Base64::url) + ".sig";
}

}  // namespace

TEST_CASE("the actions that a token grants are read from its access claim") {
  struct Case {
    std::string token;
    std::string expected;  // "opaque" when nothing can be told
  };
  const Case cases[] = {
      {with_claims(R"({"access":[{"type":"repository","name":"a/b","actions":["pull","push"]}]})"),
       "pull and push on a/b"},
      {with_claims(R"({"access":[{"name":"a","actions":["*"]},{"name":"b","actions":[]}]})"),
       "* on a,  on b"},
      {with_claims(R"({"access":[]})"), ""},
      {with_claims(R"({"access":null})"), "opaque"},
      {with_claims(R"({"sub":"x"})"), "opaque"},
      {with_claims(R"({"access":"all"})"), "opaque"},
      {with_claims("no json"), "opaque"},
      {"e30.%%%.sig", "opaque"},
      {"only.two", "opaque"},
      {"", "opaque"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.token);
    const auto grants = oci::find_grants(each.token);
    CHECK((grants ? oci::text_of(*grants) : "opaque") == each.expected);
  }
}

TEST_CASE("what a scope asks for beyond a grant is missing") {
  struct Case {
    const char* scope;
    std::vector<oci::Grant> granted;
    const char* missing;
  };
  const Case cases[] = {
      {"repository:a/b:pull,push", {{"a/b", {"pull"}}}, "push on a/b"},
      {"repository:a/b:pull,push", {{"a/b", {"pull", "push"}}}, ""},
      {"repository:a/b:pull,push", {{"a/b", {"*"}}}, ""},
      {"repository:a/b:pull,push", {{"a", {"*"}}}, "pull and push on a/b"},
      {"repository:a:push repository:base:pull", {{"a", {"push"}}}, "pull on base"},
      {"repository:host:5000/a:push", {}, "push on host:5000/a"},
      {"nonsense", {}, ""},
  };
  for (const Case& each : cases) {
    CAPTURE(each.scope);
    CHECK(oci::text_of(oci::missing(oci::parse_scope(each.scope), each.granted)) == each.missing);
  }
}
