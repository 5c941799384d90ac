// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/destination.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "support/error_of.hpp"

namespace {

using s3_upload_bundle::key_for;
using s3_upload_bundle::KeyFacts;
using s3_upload_bundle::parse_destination;

const KeyFacts facts{.sha256 = "0123456789abcdef" + std::string(48, 'f'),
                     .extension = "tgz",
                     .commit = std::string(40, 'c'),
                     .version = "1.2.3",
                     .build = "42"};

}  // namespace

TEST_CASE("a bundle's key is its prefix and the first 16 digits of its content's hash") {
  CHECK(key_for(parse_destination("s3://bucket/example-app/"), facts) ==
        "example-app/0123456789abcdef.tgz");
  CHECK(key_for(parse_destination("s3://bucket/a/b c/"), facts) == "a/b c/0123456789abcdef.tgz");
  CHECK(key_for(parse_destination("s3://bucket"), facts) == "0123456789abcdef.tgz");
  CHECK(key_for(parse_destination("s3://bucket/"), facts) == "0123456789abcdef.tgz");
  CHECK(parse_destination("s3://acme.bundles/x/").bucket == "acme.bundles");
}

TEST_CASE("a key's names are filled in") {
  struct Case {
    std::string_view uri;
    std::string key;
    bool content_addressed;
  };
  const std::vector<Case> cases{
      {"s3://bucket/shop.zip", "shop.zip", false},
      {"s3://bucket/{version}.zip", "1.2.3.zip", false},
      {"s3://bucket/{sha256}.zip", facts.sha256 + ".zip", true},
      {"s3://bucket/shop/{build}/{commit}-{version}", "shop/42/" + facts.commit + "-1.2.3", false},
      {"s3://bucket/{version}/", "1.2.3/0123456789abcdef.tgz", true},
      {"s3://bucket/a{b", "a{b", false},
      {"s3://bucket/a}b", "a}b", false},
  };
  for (const auto& each : cases) {
    CAPTURE(each.uri);
    const auto destination = parse_destination(each.uri);
    CHECK(key_for(destination, facts) == each.key);
    CHECK(destination.is_content_addressed() == each.content_addressed);
  }
}

TEST_CASE("a key that needs what nobody knows is refused as usage") {
  const auto destination = parse_destination("s3://bucket/{build}.zip");
  const auto error = support::error_of([&] { key_for(destination, {.sha256 = facts.sha256}); });
  CHECK(error.kind() == base::Kind::usage);
  CHECK(error.message() == "fill in {build} of --to: is not known");

  for (const auto* version : {"1/2", "..", "1\n2"}) {
    CAPTURE(version);
    const auto place = parse_destination("s3://bucket/{version}/a.zip");
    CHECK(support::error_of([&] { key_for(place, {.version = version}); }).kind() ==
          base::Kind::usage);
  }
  const auto place = parse_destination("s3://bucket/{version}.zip");
  CHECK(support::error_of([&] { key_for(place, {.version = std::string(1100, 'v')}); }).kind() ==
        base::Kind::usage);
}

TEST_CASE("an unknown name is told with the nearest known one") {
  const auto error = support::error_of([] { parse_destination("s3://bucket/{comit}.zip"); });
  CHECK(error.message() == "read --to 's3://bucket/{comit}.zip': unknown name {comit}");
  CHECK(error.hint() == "did you mean '{commit}'?");
}

TEST_CASE("what is no place for bundles is refused as usage") {
  const std::string long_prefix = "s3://bucket/" + std::string(1100, 'p') + "/";
  for (const std::string_view uri :
       {std::string_view(""), std::string_view("bucket/prefix/"), std::string_view("s3:/bucket/"),
        std::string_view("https://bucket/"), std::string_view("s3://"),
        std::string_view("s3:///x/"), std::string_view("s3://a/"),
        std::string_view("s3://bu cket/"), std::string_view("s3://bucket/a//b"),
        std::string_view("s3://bucket//a"), std::string_view("s3://bucket/a\nb/"),
        std::string_view("s3://bucket/{}"), std::string_view(long_prefix)}) {
    CAPTURE(uri);
    CHECK(support::error_of([&] { parse_destination(uri); }).kind() == base::Kind::usage);
  }
}
