// SPDX-License-Identifier: Apache-2.0
#include "wait-healthy/version_sample.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "sample_observations.hpp"

using wait_healthy::parse_version_source;
using wait_healthy::read_sample;

namespace {

const wait_healthy::ExpectedVersion expected{.commit = "0123456789abcdef0123456789abcdef01234567",
                                             .version = "1.1.0"};

VersionSample sample_of(const std::string& body) {
  return read_sample({.status = 200, .body = body}, wait_healthy::default_version_sources(),
                     expected);
}

}  // namespace

TEST_CASE("an info document is of the new version when its commit begins the expected one") {
  struct Case {
    const char* body;
    Answer answer;
    const char* said;
  };
  for (const auto& [body, answer, said] : {
           Case{R"({"git":{"commit":{"id":"0123456"}}})", Answer::fresh, "0123456"},
           Case{R"({"git":{"commit":{"id":"0123456789abcdef0123456789abcdef01234567"}}})",
                Answer::fresh, "0123456789abcdef0123456789abcdef01234567"},
           Case{R"({"git":{"commit":{"id":{"abbrev":"ffffffff","full":"0123456789ab"}}}})",
                Answer::fresh, "0123456789ab"},
           Case{R"({"git":{"commit":{"id":"012345678"}},"build":{"version":"9"}})", Answer::fresh,
                "012345678"},
           Case{R"({"git":{"commit":{"id":"0123457"}}})", Answer::old, "0123457"},
           Case{R"({"git":{"commit":{"id":"012345"}}})", Answer::old, "012345"},
           Case{R"({"git":{"commit":{"id":"0123456789abcdef0123456789abcdef012345678"}}})",
                Answer::old, "0123456789abcdef0123456789abcdef012345678"},
           Case{R"({"git":{"commit":{"id":""}}})", Answer::unknown,
                "no /git/commit/id/full or /git/commit/id in the answer"},
           Case{R"({"build":{"version":"1.1.0"}})", Answer::unknown,
                "no /git/commit/id/full or /git/commit/id in the answer"},
           Case{R"({})", Answer::unknown, "no /git/commit/id/full or /git/commit/id in the answer"},
           Case{"<html>login</html>", Answer::unknown,
                "no /git/commit/id/full or /git/commit/id in the answer"},
           Case{"", Answer::unknown, "no /git/commit/id/full or /git/commit/id in the answer"},
       }) {
    CAPTURE(body);
    CHECK(sample_of(body) == VersionSample{answer, said});
  }
}

TEST_CASE("a status tells whether waiting may help") {
  struct Case {
    int status;
    Answer answer;
  };
  for (const auto& [status, answer] :
       {Case{200, Answer::fresh}, Case{301, Answer::unknown}, Case{401, Answer::unknown},
        Case{404, Answer::unknown}, Case{429, Answer::none}, Case{500, Answer::none},
        Case{502, Answer::none}, Case{503, Answer::none}, Case{504, Answer::none}}) {
    CAPTURE(status);
    CHECK(read_sample({.status = status, .body = R"({"git":{"commit":{"id":"0123456"}}})"},
                      wait_healthy::default_version_sources(), expected)
              .answer == answer);
  }
}

TEST_CASE("a service without a commit is known by its version, from a pointer or a header") {
  const auto by = [](const char* source, const http::Response& response) {
    return read_sample(response, {parse_version_source(source)}, expected).answer;
  };
  CHECK(by("json:/build/version", {.status = 200, .body = R"({"build":{"version":"1.1.0"}})"}) ==
        Answer::fresh);
  CHECK(by("json:/build/version", {.status = 200, .body = R"({"build":{"version":"1.1.0.1"}})"}) ==
        Answer::old);
  CHECK(by("header:X-App-Version", {.status = 200, .headers = {{"x-app-version", " 1.1.0 "}}}) ==
        Answer::fresh);
  CHECK(by("header:X-App-Version", {.status = 200, .headers = {{"X-Commit", "1.1.0"}}}) ==
        Answer::unknown);
}

TEST_CASE("nothing is new when nothing is expected") {
  CHECK(
      read_sample({.status = 200, .body = R"({"v":"1.0"})"}, {parse_version_source("json:/v")}, {})
          .answer == Answer::old);
}

TEST_CASE("--version-from is a JSON pointer or a header") {
  for (const auto* bad : {"", "json:", "json:git", "header:", "regex:x", "/git"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(parse_version_source(bad), base::Error);
  }
  CHECK(parse_version_source("json:/a/b").name == "/a/b");
  CHECK(parse_version_source("header:X-V").name == "X-V");
}
