// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "oci/manifest.hpp"
#include "support/error_of.hpp"

TEST_CASE("a platform is read as engines write it, machine names included") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"linux/amd64", "linux/amd64"},   {"linux/x86_64", "linux/amd64"},
      {"linux/aarch64", "linux/arm64"}, {"linux/arm64/v8", "linux/arm64"},
      {"linux/arm/v7", "linux/arm/v7"}, {"windows/amd64", "windows/amd64"}};
  for (const auto& [text, platform] : cases) CHECK(oci::parse_platform(text).text() == platform);
  for (const char* text : {"", "amd64", "linux/", "/amd64", "linux/arm/v7/x", "Linux/amd64"}) {
    CAPTURE(text);
    const auto error = support::error_of([text] { static_cast<void>(oci::parse_platform(text)); });
    CHECK(error.kind() == base::Kind::usage);
    CHECK(error.message() == "read platform '" + std::string(text) + "'");
  }
}

TEST_CASE("a variant decides where both name one") {
  struct Case {
    std::string its;
    std::string wanted;
    bool fits;
  };
  const std::vector<Case> cases{
      {"linux/arm/v7", "linux/arm/v7", true}, {"linux/arm/v6", "linux/arm/v7", false},
      {"linux/arm/v6", "linux/arm", true},    {"linux/arm", "linux/arm/v7", true},
      {"linux/amd64", "linux/arm64", false},  {"windows/amd64", "linux/amd64", false}};
  for (const Case& c : cases) {
    CAPTURE(c.its);
    CAPTURE(c.wanted);
    CHECK(oci::fits(oci::parse_platform(c.its), oci::parse_platform(c.wanted)) == c.fits);
  }
}

TEST_CASE("the entry of an index with the variant asked for is chosen") {
  const auto entry = [](const std::string& digit, const std::string& variant) {
    return R"({"digest":"sha256:)" + std::string(64, digit[0]) + R"(","size":)" + digit +
           R"(,"platform":{"os":"linux","architecture":"arm","variant":")" + variant + R"("}})";
  };
  const std::string index = R"({"manifests":[)" + entry("5", "v5") + "," + entry("7", "v7") + "]}";
  CHECK(oci::choose_platform(index, oci::parse_platform("linux/arm/v7"), "base").size == 7);
  const auto error = support::error_of([&] {
    static_cast<void>(oci::choose_platform(index, oci::parse_platform("linux/arm/v8"), "base"));
  });
  CHECK(error.message() == "choose linux/arm/v8 from base: it has linux/arm/v5, linux/arm/v7");
}
