// SPDX-License-Identifier: Apache-2.0
#include "oci/mirrors.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

namespace {

// "mirror/a [http], origin/a"
std::string told(const oci::Mirrors& mirrors, const std::string& registry,
                 const std::string& repository, bool by_digest = false) {
  std::string text;
  for (const auto& source : mirrors.sources(registry, repository, by_digest)) {
    text += (text.empty() ? "" : ", ") + source.registry + '/' + source.repository +
            (source.plain_http ? " [http]" : "");
  }
  return text;
}

oci::Mirrors parsed(const std::string& text) {
  return oci::Mirrors(oci::parse_registries_conf(text, "registries.conf"));
}

constexpr const char* example = R"(
# what the containers tools read
unqualified-search-registries = [
  "docker.io", # a list of
  'quay.io',   # several lines with a ] in a comment
]
short-name-mode = "enforcing"

[[registry]]
prefix = "docker.io/library"   # the official ones
location = "docker.io/library"

[[registry.mirror]]
location = "cache.local:5000/hub"
insecure = true
[[registry.mirror]]
location = 'digests.example'
pull-from-mirror = "digest-only"

[[registry]]
prefix = "docker.io"
location = "hub.example/proxied"

[[registry]]
location = "blocked.example"
blocked = true

[[registry]]
prefix = "*.corp.example"
[[registry.mirror]]
location = "cache.corp.example/all"

[aliases]
"web" = "quay.io/acme/web"
)";

}  // namespace

TEST_CASE("the most specific rule says where an image may be pulled from") {
  const oci::Mirrors mirrors = parsed(example);
  CHECK(told(mirrors, "docker.io", "library/nginx") ==
        "cache.local:5000/hub/nginx [http], docker.io/library/nginx");
  CHECK(told(mirrors, "docker.io", "library/nginx", true) ==
        "cache.local:5000/hub/nginx [http], digests.example/nginx, docker.io/library/nginx");
  CHECK(told(mirrors, "docker.io", "acme/shop") == "hub.example/proxied/acme/shop");
  CHECK(told(mirrors, "docker.io", "librarything/a") == "hub.example/proxied/librarything/a");
  CHECK(told(mirrors, "a.b.corp.example", "shop") ==
        "cache.corp.example/all/shop, a.b.corp.example/shop");
  CHECK(told(mirrors, "corp.example", "shop") == "corp.example/shop");
  CHECK(told(mirrors, "quay.io", "acme/web") == "quay.io/acme/web");
  CHECK((mirrors.plain_http_hosts() == std::vector<std::string>{"cache.local:5000"}));
  const auto error = support::error_of([&] { told(mirrors, "blocked.example", "shop"); });
  CHECK(error.kind() == base::Kind::refused);
  CHECK(error.message() == "pull blocked.example/shop: registries.conf blocks blocked.example");
}

TEST_CASE("mirrors may be for digests or tags only, one by one or all of a registry") {
  const std::string head = "[[registry]]\nprefix = \"r.example\"\n";
  const std::string mirror = "[[registry.mirror]]\nlocation = \"m.example\"\n";
  const auto all = parsed(head + "mirror-by-digest-only = true\n" + mirror);
  CHECK(told(all, "r.example", "a") == "r.example/a");
  CHECK(told(all, "r.example", "a", true) == "m.example/a, r.example/a");
  const auto tags = parsed(head + mirror + "pull-from-mirror = \"tag-only\"\n");
  CHECK(told(tags, "r.example", "a") == "m.example/a, r.example/a");
  CHECK(told(tags, "r.example", "a", true) == "r.example/a");
}

TEST_CASE("a file that is not of that form is refused with its line") {
  struct Case {
    const char* text;
    const char* what;
  };
  const Case cases[] = {
      {"[[registry]]\nprefix = docker.io\n", "line 2: not a string in quotes"},
      {"[[registry]]\nprefix = \"a\" b\n", "line 2: text after a string"},
      {"[[registry]]\nprefix = \"a\\u0041\"\n", "line 2: an escape in an address"},
      {"[[registry]]\nprefix = \"a\"\ninsecure = yes\n", "line 3: neither true nor false"},
      {"[[registry.mirror]]\n", "line 1: a mirror before any [[registry]]"},
      {"[[registry]]\nprefix = \"a\"\n[[registry.mirror]]\npull-from-mirror = \"some\"\n",
       "line 4: pull-from-mirror = 'some' is not all, digest-only or tag-only"},
      {"[[registry]\n\nwhat is this\n", "line 3: neither a table nor key = value"},
      {"[registry\n", "line 1: a table header without its end"},
      {"list = [\n \"a\",\n", "line 2: an array without its end"},
      {"[[registry]]\n", "line 1: a [[registry]] with neither prefix nor location"},
      {"[[registry]]\nprefix=\"a\"\n[[registry.mirror]]\n",
       "line 3: a mirror of a without a location"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.text);
    const auto error = support::error_of([&] { parsed(each.text); });
    CHECK(error.kind() == base::Kind::environment);
    CHECK(error.message() == std::string("read registries.conf ") + each.what);
  }
}

TEST_CASE("the Docker daemon's mirrors stand for Docker Hub, unless registries.conf speaks of it") {
  const file::TempDir folder("mirrors-test");
  const auto etc = folder.path() / "etc";
  file::write_atomically(
      etc / "docker/daemon.json",
      R"({"registry-mirrors":["https://mirror.example/","http://10.0.0.5:5000"]})");
  const auto environment = process::environment_of({{"HOME", (folder.path() / "home").string()}});
  const auto daemon = oci::find_mirrors(environment, etc);
  CHECK(told(daemon, "docker.io", "library/nginx") ==
        "mirror.example/library/nginx, 10.0.0.5:5000/library/nginx [http], "
        "docker.io/library/nginx");
  CHECK(told(daemon, "quay.io", "a") == "quay.io/a");

  file::write_atomically(etc / "containers/registries.conf", example);
  file::write_atomically(etc / "containers/registries.conf.d/90.conf",
                         "[[registry]]\nprefix=\"docker.io\"\nlocation=\"last.example\"\n");
  const auto system = oci::find_mirrors(environment, etc);
  CHECK(told(system, "docker.io", "acme/shop") == "last.example/acme/shop");

  file::write_atomically(folder.path() / "home/.config/containers/registries.conf", "");
  file::write_atomically(folder.path() / "given.conf",
                         "[[registry]]\nprefix=\"quay.io\"\nlocation=\"mine.example\"\n");
  CHECK(told(oci::find_mirrors(environment, etc), "quay.io", "a") == "quay.io/a");
  const auto given = process::environment_of(
      {{"CONTAINERS_REGISTRIES_CONF", (folder.path() / "given.conf").string()}});
  CHECK(told(oci::find_mirrors(given, etc), "quay.io", "a") == "mine.example/a");

  file::write_atomically(etc / "docker/daemon.json", "{");
  CHECK(support::error_of([&] { oci::find_mirrors(given, etc); }).kind() ==
        base::Kind::environment);
}
