// SPDX-License-Identifier: Apache-2.0
#include "oci/reference.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/error.hpp"

TEST_CASE("references are read as Docker reads them") {
  const std::string digest = "sha256:" + std::string(64, 'a');
  struct Case {
    std::string text;
    std::string registry;
    std::string repository;
    std::string tag;
    std::string digest;
  };
  const std::vector<Case> cases{
      {"shop", "docker.io", "library/shop", "", ""},
      {"shop:1.0", "docker.io", "library/shop", "1.0", ""},
      {"acme/shop:1.0", "docker.io", "acme/shop", "1.0", ""},
      {"docker.io/shop", "docker.io", "library/shop", "", ""},
      {"index.docker.io/acme/shop", "docker.io", "acme/shop", "", ""},
      {"localhost/shop", "localhost", "shop", "", ""},
      {"127.0.0.1:5000/shop", "127.0.0.1:5000", "shop", "", ""},
      {"127.0.0.1:5000/a/b-c/d__e.f:v1", "127.0.0.1:5000", "a/b-c/d__e.f", "v1", ""},
      {"GHCR.io/acme/shop", "ghcr.io", "acme/shop", "", ""},
      {"[::1]:5000/shop:x", "[::1]:5000", "shop", "x", ""},
      {"123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:x",
       "123456789012.dkr.ecr.eu-central-1.amazonaws.com", "shop", "x", ""},
      {"shop@" + digest, "docker.io", "library/shop", "", digest},
      {"r.example/shop:1@" + digest, "r.example", "shop", "1", digest},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const oci::Reference reference = oci::parse_reference(c.text);
    CHECK(reference.registry == c.registry);
    CHECK(reference.repository == c.repository);
    CHECK(reference.tag == c.tag);
    CHECK(reference.digest == c.digest);
  }
}

TEST_CASE("a text that is no reference is refused with the reason") {
  struct Case {
    std::string text;
    std::string why;
  };
  const std::vector<Case> cases{
      {"", "it has no repository"},
      {"r.example/", "it has no repository"},
      {"Shop", "'Shop' has upper-case letters"},
      {"acme//shop", "'' is no repository name"},
      {"acme/-shop", "'-shop' is no repository name"},
      {"acme/shop_", "'shop_' is no repository name"},
      {"acme/a..b", "'a..b' is no repository name"},
      {"acme/a___b", "'a___b' is no repository name"},
      {"shop:", "'' is no tag"},
      {"shop:-x", "'-x' is no tag"},
      {"shop:a+b", "'a+b' is no tag"},
      {"shop@sha256:abc", "its digest is not sha256: and 64 hex digits"},
      {"http://r.example/shop", "it has a scheme"},
      {"r.example:99999/shop", "'r.example:99999' is no registry address"},
      {"r.example/" + std::string(250, 'a'), "it is longer than 255 characters"},
  };
  for (const Case& c : cases) {
    try {
      static_cast<void>(oci::parse_reference(c.text));
      FAIL_CHECK(c.text << " was accepted");
    } catch (const base::Error& error) {
      CHECK(error.kind() == base::Kind::usage);
      CHECK(error.message() == "read image reference '" + c.text + "': " + c.why);
    }
  }
}

TEST_CASE("a version becomes a tag that registries take") {
  CHECK(oci::tag_of_version("1.2.3") == "1.2.3");
  CHECK(oci::tag_of_version("1.2.4-dev.4+gabcdef") == "1.2.4-dev.4-gabcdef");
  CHECK(oci::tag_of_version("-x") == "x");
  CHECK(oci::tag_of_version("feature/a b") == "feature-a-b");
  CHECK(oci::tag_of_version(std::string(200, 'v')).size() == 128);
  CHECK(oci::tag_of_version("") == "");
}

TEST_CASE("only Docker Hub answers under another name") {
  CHECK(oci::api_host("docker.io") == "registry-1.docker.io");
  CHECK(oci::api_host("ghcr.io") == "ghcr.io");
}
