// SPDX-License-Identifier: Apache-2.0
#include "http/url.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "support/error_of.hpp"

TEST_CASE("an address is taken apart and put together again") {
  struct Case {
    std::string_view text;
    std::string_view scheme;
    std::string_view host;
    int port;
    std::string_view path;
    std::string_view query;
    std::string_view again;
  };
  constexpr Case cases[] = {
      {"https://host/path?k=v", "https", "host", 443, "/path", "k=v", "https://host/path?k=v"},
      {"http://host", "http", "host", 80, "/", "", "http://host/"},
      {"http://host:80/", "http", "host", 80, "/", "", "http://host/"},
      {"https://host:80/", "https", "host", 80, "/", "", "https://host:80/"},
      {"HTTP://HoSt:5000/V2/", "http", "host", 5000, "/V2/", "", "http://host:5000/V2/"},
      {"http://host?q", "http", "host", 80, "/", "q", "http://host/?q"},
      {"http://host/p#fragment", "http", "host", 80, "/p", "", "http://host/p"},
      {"http://host/p?a=b#f?x", "http", "host", 80, "/p", "a=b", "http://host/p?a=b"},
      {"http://host/a?b?c/d", "http", "host", 80, "/a", "b?c/d", "http://host/a?b?c/d"},
      {"http://host/%41%2F..//x", "http", "host", 80, "/%41%2F..//x", "",
       "http://host/%41%2F..//x"},
      {"http://127.0.0.1:8080/x@y", "http", "127.0.0.1", 8080, "/x@y", "",
       "http://127.0.0.1:8080/x@y"},
      {"http://[::1]/", "http", "[::1]", 80, "/", "", "http://[::1]/"},
      {"http://[FE80::1]:8080/p", "http", "[fe80::1]", 8080, "/p", "", "http://[fe80::1]:8080/p"},
      {"http://my_registry.local-1:1", "http", "my_registry.local-1", 1, "/", "",
       "http://my_registry.local-1:1/"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    const auto url = http::parse_url(c.text);
    CHECK(url.scheme == c.scheme);
    CHECK(url.host == c.host);
    CHECK(url.port == c.port);
    CHECK(url.path == c.path);
    CHECK(url.query == c.query);
    CHECK(url.text() == c.again);
  }
}

TEST_CASE("what is no address of ours is refused with the reason") {
  struct Case {
    std::string_view text;
    std::string_view why;
  };
  constexpr Case cases[] = {
      {"", "no scheme"},
      {"host/path", "no scheme"},
      {"//host/path", "no scheme"},
      {"ftp://host/", "neither http nor https"},
      {"file:///etc/passwd", "neither http nor https"},
      {"http://", "no host"},
      {"http:///path", "no host"},
      {"http://:80/", "no host"},
      {"http://user@host/", "user information in it"},
      {"http://user:pass@host/", "user information in it"},
      {"http://good.example\\@evil.example/", "user information in it"},
      {"http://host:0/", "a bad port"},
      {"http://host:65536/", "a bad port"},
      {"http://host:/", "a bad port"},
      {"http://host:8o/", "a bad port"},
      {"http://host:-1/", "a bad port"},
      {"http://ho st/", "white space or a control character in it"},
      {" http://host/", "white space or a control character in it"},
      {"http://host/a\r\nX: y", "white space or a control character in it"},
      {"http://host/\x7f", "white space or a control character in it"},
      {"http://[::1/", "a bad host name"},
      {"http://::1/", "a bad host name"},
      {"http://[::1]x:80/", "a bad host name"},
      {"http://[]/", "a bad host name"},
      {"http://[::g]/", "a bad host name"},
      {"http://a\\b/", "a bad host name"},
      {"http://a%2fb/", "a bad host name"},
      {"http://a<b/", "a bad host name"},
      {"http://b\xc3\xbc"
       "cher/",
       "a bad host name"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    const auto error = support::error_of([&] { http::parse_url(c.text); });
    CHECK(error.kind() == base::Kind::usage);
    CHECK(error.message() ==
          "read the address '" + std::string(c.text) + "': " + std::string(c.why));
  }
}

TEST_CASE("a Location is resolved against the address that was asked") {
  const auto base = http::parse_url("https://registry.example:5000/v2/shop/blobs/uploads/?from=x");
  struct Case {
    std::string_view reference;
    std::string_view resolved;
  };
  constexpr Case cases[] = {
      {"https://cdn.example/blob?sig=1", "https://cdn.example/blob?sig=1"},
      {"http://other:81/p", "http://other:81/p"},
      {"//cdn.example/blob", "https://cdn.example/blob"},
      {"/v2/next?state=a/b://c", "https://registry.example:5000/v2/next?state=a/b://c"},
      {"?state=1", "https://registry.example:5000/v2/shop/blobs/uploads/?state=1"},
      {"uuid", "https://registry.example:5000/v2/shop/blobs/uploads/uuid"},
      {"uuid?state=http://x",
       "https://registry.example:5000/v2/shop/blobs/uploads/uuid?state=http://x"},
      {"../uuid", "https://registry.example:5000/v2/shop/blobs/uuid"},
      {"./a/../b/.?state=../c",
       "https://registry.example:5000/v2/shop/blobs/uploads/b/?state=../c"},
      {"../../../../../..", "https://registry.example:5000/"},
      {"a/..", "https://registry.example:5000/v2/shop/blobs/uploads/"},
      {"..a/...", "https://registry.example:5000/v2/shop/blobs/uploads/..a/..."},
      {"/v2/../key", "https://registry.example:5000/v2/../key"},
      {"https://bucket.example/a/../b", "https://bucket.example/a/../b"},
      {"", "https://registry.example:5000/v2/shop/blobs/uploads/?from=x"},
      {"#top", "https://registry.example:5000/v2/shop/blobs/uploads/?from=x"},
      {"/p#fragment", "https://registry.example:5000/p"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.reference);
    const auto url = http::find_resolved(base, c.reference);
    REQUIRE(url);
    CHECK(url->text() == c.resolved);
  }
  for (const std::string_view bad :
       {"ftp://host/x", "file:///etc/passwd", "mailto:me@host", "javascript:x", "//user@host/",
        "//", "/a b", "/a\nb", "http://host:99999/", "http:/one-slash"}) {
    CAPTURE(bad);
    CHECK_FALSE(http::find_resolved(base, bad));
  }
}

TEST_CASE("an origin is scheme, host and port together") {
  const auto url = http::parse_url("https://host/a");
  CHECK(url.same_origin(http::parse_url("https://HOST:443/b?c")));
  CHECK_FALSE(url.same_origin(http::parse_url("http://host/a")));
  CHECK_FALSE(url.same_origin(http::parse_url("https://host:444/a")));
  CHECK_FALSE(url.same_origin(http::parse_url("https://host.example/a")));
  CHECK(url.origin() == "https://host");
  CHECK(http::parse_url("http://host:81/a").authority() == "host:81");
}

TEST_CASE("of a query only what is known to be harmless is shown") {
  struct Case {
    std::string_view url;
    std::string_view shown;
  };
  constexpr Case cases[] = {
      {"https://h/p", "https://h/p"},
      {"https://h/p?digest=sha256:ab&_state=secret", "https://h/p?digest=sha256:ab&_state=…"},
      {"https://h/p?X-Amz-Signature=abc&X-Amz-Credential=key",
       "https://h/p?X-Amz-Signature=…&X-Amz-Credential=…"},
      {"https://h/p?uploads", "https://h/p?uploads"},
      {"https://h/p?token", "https://h/p?token"},
      {"https://h/p?Digest=x", "https://h/p?Digest=…"},
      {"https://h/p?prefix=a=b", "https://h/p?prefix=a=b"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.url);
    CHECK(http::redacted(http::parse_url(c.url)) == c.shown);
  }
}

TEST_CASE("loopback is told from its look-alikes by what is written") {
  for (const std::string_view host :
       {"localhost", "127.0.0.1", "127.10.0.1", "127.255.255.255", "[::1]", "::1"}) {
    CAPTURE(host);
    CHECK(http::is_loopback_host(host));
  }
  for (const std::string_view host :
       {"", "127", "127.1", "127.0.0.1.evil.example", "127.0.0.256", "127.0.0.x", "0127.0.0.1",
        "128.0.0.1", "10.0.0.1", "0.0.0.0", "localhost.evil.example", "[::2]", "[::ffff:10.0.0.1]",
        "169.254.169.254"}) {
    CAPTURE(host);
    CHECK_FALSE(http::is_loopback_host(host));
  }
}

TEST_CASE("metadata addresses of the machine are told by what is written") {
  for (const std::string_view host :
       {"169.254.169.254", "169.254.170.2", "[fd00:ec2::254]", "[fe80::1]"}) {
    CAPTURE(host);
    CHECK(http::is_link_local_host(host));
  }
  for (const std::string_view host : {"169.253.169.254", "169.254.169", "169.254.169.254.example",
                                      "127.0.0.1", "[fd00:ec3::1]", "169.0254.0.1"}) {
    CAPTURE(host);
    CHECK_FALSE(http::is_link_local_host(host));
  }
}
