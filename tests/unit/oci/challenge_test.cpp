// SPDX-License-Identifier: Apache-2.0
#include "oci/challenge.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "oci/authorizer.hpp"

namespace {

std::string told(const std::string& header) {
  std::string text;
  for (const auto& challenge : oci::parse_challenges(header)) {
    text += challenge.scheme;
    for (const auto& [name, value] : challenge.parameters) text += ' ' + name + '=' + value;
    text += '\n';
  }
  return text;
}

}  // namespace

TEST_CASE("challenges are parsed in all the forms that servers send") {
  struct Case {
    std::string header;
    std::string expected;
  };
  const std::vector<Case> cases{
      {"", ""},
      {"Basic realm=\"Registry\"", "basic realm=Registry\n"},
      {"Bearer "
       "realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"a:b:c,d\"",
       "bearer realm=https://auth.docker.io/token scope=a:b:c,d service=registry.docker.io\n"},
      {"BEARER Realm = x , Service=\"a\\\"b\"", "bearer realm=x service=a\"b\n"},
      {"Negotiate, Basic realm=\"x\"", "negotiate\nbasic realm=x\n"},
      {"Negotiate dGhpcw==, Bearer realm=\"x\"", "negotiate\nbearer realm=x\n"},
      {"Basic realm=\"a\", Bearer realm=\"b\", error=\"insufficient_scope\"",
       "basic realm=a\nbearer error=insufficient_scope realm=b\n"},
      {"Bearer realm=\"open", "bearer\n"},
      {"=x", ""},
      {"Bearer realm=\"x\" @@", "bearer realm=x\n"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.header);
    CHECK(told(c.header) == c.expected);
  }
}

TEST_CASE("credentials go to no token server that a registry has no business to name") {
  struct Case {
    std::string registry;
    std::string realm;
    bool allowed;
  };
  const std::vector<Case> cases{
      {"https://registry-1.docker.io", "https://auth.docker.io/token", true},
      {"https://r.example", "http://auth.r.example/token", false},
      {"https://r.example", "https://169.254.169.254/token", false},
      {"https://r.example", "https://10.0.0.7/token", false},
      {"https://r.example", "https://localhost/token", false},
      {"https://r.example", "https://[fd00::1]/token", false},
      {"https://10.0.0.7", "https://10.0.0.7:5001/token", true},
      {"http://127.0.0.1:5000", "http://127.0.0.1:5001/token", true},
      {"http://127.0.0.1:5000", "http://192.168.1.1/token", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.registry);
    CAPTURE(c.realm);
    const auto check = [&c] {
      oci::check_realm(http::parse_url(c.registry), http::parse_url(c.realm));
    };
    if (c.allowed) {
      CHECK_NOTHROW(check());
    } else {
      CHECK_THROWS_AS(check(), base::Error);
    }
  }
}

TEST_CASE("private addresses are known in their literal forms") {
  for (const char* host :
       {"localhost", "127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.1", "192.168.0.1",
        "169.254.169.254", "0.0.0.0", "[::1]", "[fe80::1]", "[fd12::1]", "[::ffff:10.0.0.1]"}) {
    CAPTURE(host);
    CHECK(oci::is_private_address(host));
  }
  for (const char* host : {"r.example", "8.8.8.8", "172.32.0.1", "[2001:db8::1]"}) {
    CAPTURE(host);
    CHECK_FALSE(oci::is_private_address(host));
  }
}
