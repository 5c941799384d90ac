// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/destination.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "support/error_of.hpp"

using s3_upload_bundle::key_for;
using s3_upload_bundle::parse_destination;

TEST_CASE("a bundle's key is its prefix and the first 16 digits of its content's hash") {
  const std::string sha256 = "0123456789abcdef" + std::string(48, 'f');

  CHECK(key_for(parse_destination("s3://bucket/example-app/"), sha256) ==
        "example-app/0123456789abcdef.zip");
  CHECK(key_for(parse_destination("s3://bucket/a/b c/"), sha256) == "a/b c/0123456789abcdef.zip");
  CHECK(key_for(parse_destination("s3://bucket"), sha256) == "0123456789abcdef.zip");
  CHECK(key_for(parse_destination("s3://bucket/"), sha256) == "0123456789abcdef.zip");
  CHECK(parse_destination("s3://acme.bundles/x/").bucket == "acme.bundles");
}

TEST_CASE("what is no place for bundles is refused as usage") {
  const std::string long_prefix = "s3://bucket/" + std::string(1100, 'p') + "/";
  for (const std::string_view uri :
       {std::string_view(""), std::string_view("bucket/prefix/"), std::string_view("s3:/bucket/"),
        std::string_view("https://bucket/"), std::string_view("s3://"),
        std::string_view("s3:///x/"), std::string_view("s3://a/"),
        std::string_view("s3://bu cket/"), std::string_view("s3://bucket/prefix"),
        std::string_view("s3://bucket/a\nb/"), std::string_view(long_prefix)}) {
    CAPTURE(uri);
    CHECK(support::error_of([&] { parse_destination(uri); }).kind() == base::Kind::usage);
  }
}
