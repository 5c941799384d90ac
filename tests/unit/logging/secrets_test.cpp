// SPDX-License-Identifier: Apache-2.0
#include "logging/secrets.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "text/base64.hpp"
#include "text/percent.hpp"

// The registry of secrets lives as long as the process, so every case has secrets of its own.

TEST_CASE("a secret is masked wherever it stands, raw") {
  logging::add_secret("raw-S3cret-value");

  CHECK(logging::mask("token raw-S3cret-value, raw-S3cret-value!") == "token ****, ****!");
  CHECK(logging::mask("nothing to hide") == "nothing to hide");
  CHECK(logging::mask("").empty());
}

TEST_CASE("a secret is masked in a URL") {
  const std::string secret = "p@ss/w+rd=1 2";
  logging::add_secret(secret);

  CHECK(logging::mask("https://h/?key=" + text::percent_encode(secret)) == "https://h/?key=****");
}

TEST_CASE("a secret is masked in JSON") {
  struct Case {
    std::string_view secret;
    std::string_view escaped;
  };
  constexpr Case cases[] = {
      {"quo\"ted-secret", R"(quo\"ted-secret)"},
      {"back\\slash-secret", R"(back\\slash-secret)"},
      {"tab\tsecret-in-json", R"(tab\tsecret-in-json)"},
      {"bell\asecret-in-json", R"(bell\u0007secret-in-json)"},
      {"first-half\r\nsecond-half", R"(first-half\r\nsecond-half)"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.escaped);
    logging::add_secret(c.secret);
    CHECK(logging::mask("{\"password\":\"" + std::string(c.escaped) + "\"}") ==
          "{\"password\":\"****\"}");
  }
}

TEST_CASE("what base64 shows of a secret is masked in each of the three alignments") {
  for (const std::string_view secret :
       {"hunter2-with-more", "hunter2-with-mor", "hunter2-with-mo", "b64S", "b64Se", "b64Sec",
        "hunter\xfb\xff\xbf\xfe-bytes"}) {
    logging::add_secret(secret);
    for (const auto alphabet : {text::Base64::standard, text::Base64::url}) {
      for (const std::string_view before : {"", "u", "us", "use", "user:"}) {
        for (const std::string_view after : {"", "\n", ":x", ":xy", ":xyz"}) {
          const auto encoded = text::base64(
              std::string(before) + std::string(secret) + std::string(after), alphabet);
          const auto masked = logging::mask(encoded);
          CAPTURE(secret);
          CAPTURE(before);
          CAPTURE(after);
          CAPTURE(masked);
          CHECK(masked.find("****") != std::string::npos);
          // A digit on either side may belong to a neighbour as well and stays.
          CHECK(masked.size() <= encoded.size() - text::base64(secret).size() / 2 + 6);
        }
      }
    }
  }
}

TEST_CASE("each line of a secret of several lines is masked, in every form") {
  logging::add_secret("first+line-of-key\r\n  second+line-of-key\n}\n");

  CHECK(logging::mask("a first+line-of-key b") == "a **** b");
  CHECK(logging::mask("second+line-of-key") == "****");
  CHECK(logging::mask("second%2Bline-of-key") == "****");
  CHECK(logging::mask(text::base64("second+line-of-key")) == "****");
  CHECK(logging::mask("}") == "}");
}

TEST_CASE("a secret read from a file with its final line break is masked without it") {
  logging::add_secret("file+secret\n");

  CHECK(logging::mask("x file+secret x") == "x **** x");
  CHECK(logging::mask("x=file%2Bsecret&") == "x=****&");
}

TEST_CASE("a secret that contains another is masked whole") {
  logging::add_secret("inner-word");
  logging::add_secret("outer-inner-word-outer");

  CHECK(logging::mask("outer-inner-word-outer inner-word") == "**** ****");
}

TEST_CASE("secrets shorter than four characters are left alone") {
  logging::add_secret("abc");
  logging::add_secret("");

  CHECK(logging::mask("abc YWJj") == "abc YWJj");
}
