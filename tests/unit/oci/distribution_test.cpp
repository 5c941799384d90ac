// SPDX-License-Identifier: Apache-2.0
// What docker-registry, the real one, makes of our requests.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "oci/digest.hpp"
#include "oci/registry.hpp"
#include "support/error_of.hpp"
#include "support/fault_proxy.hpp"
#include "support/registry_fixture.hpp"

namespace {

const bool is_missing = !process::find_program("docker-registry");

struct Client {
  timing::SystemClock clock;
  http::Client http{clock, {}};
};

oci::RegistryOptions with_login(const std::string& password) {
  return {.credentials = oci::Credentials{
              .username = "ci", .password = password, .source = "REGISTRY_PASSWORD"}};
}

oci::Descriptor described(const std::string& bytes) {
  return {.media_type = "application/octet-stream",
          .digest = oci::digest_of(bytes),
          .size = bytes.size()};
}

std::string manifest_of(const oci::Descriptor& config) {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":)"
         R"({"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" +
         config.digest + R"(","size":)" + std::to_string(config.size) + R"(},"layers":[]})";
}

}  // namespace

TEST_CASE("blobs of all sizes and a manifest go to docker-registry and come back, with a login" *
          doctest::skip(is_missing)) {
  support::RegistryFixture server(support::Login::required);
  Client client;
  oci::Registry registry(client.http, server.address(), with_login("right horse"));
  const std::string config = "{}";
  const std::string large(5'000'000, 'x');
  for (const std::string& bytes : {config, std::string(32'768, 'y'), large}) {
    registry.upload_blob("acme/shop", described(bytes), http::body_of(bytes));
    CHECK(registry.has_blob("acme/shop", described(bytes).digest));
    CHECK(registry.read_small_blob("acme/shop", described(bytes), 10'000'000) == bytes);
  }
  const std::string manifest = manifest_of(described(config));
  const auto put =
      registry.put_tags("acme/shop", {"1.0", "1.1", "latest"}, oci::media_type::manifest, manifest);
  CHECK(put.stored.size() == 3);
  CHECK(registry.manifest("acme/shop", "1.1").bytes == manifest);
  CHECK(registry.find_tags("acme/shop")->size() == 3);
  CHECK(registry.mount_blob("acme/other", described(large).digest, "acme/shop"));
  CHECK(registry.has_blob("acme/other", described(large).digest));
}

TEST_CASE("docker-registry's word for a missing blob names the digest" *
          doctest::skip(is_missing)) {
  support::RegistryFixture server;
  Client client;
  oci::Registry registry(client.http, server.address());
  const auto absent = described("never sent");
  const auto put =
      registry.put_tags("shop", {"1.0"}, oci::media_type::manifest, manifest_of(absent));
  REQUIRE(put.missing_blobs);
  CHECK(*put.missing_blobs == std::vector<std::string>{absent.digest});
  CHECK_FALSE(registry.find_manifest_digest("shop", "1.0"));
}

TEST_CASE("a wrong login at docker-registry is told with its source" * doctest::skip(is_missing)) {
  support::RegistryFixture server(support::Login::required);
  Client client;
  oci::Registry registry(client.http, server.address(), with_login("wrong horse"));
  const auto error =
      support::error_of([&] { registry.upload_blob("shop", described("a"), http::body_of("a")); });
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message() == "push layer " + oci::short_digest(described("a").digest) + " to " +
                               server.address() +
                               "/shop: 401 unauthorized: authentication required");
  CHECK(error.hint() ==
        "check user and password of " + server.address() + " (from REGISTRY_PASSWORD)");
}

TEST_CASE("bytes that are not what their digest says are refused by docker-registry" *
          doctest::skip(is_missing)) {
  support::RegistryFixture server;
  Client client;
  oci::Registry registry(client.http, server.address());
  const auto error =
      support::error_of([&] { registry.upload_blob("shop", described("a"), http::body_of("b")); });
  CHECK(error.kind() == base::Kind::integrity);
}

TEST_CASE("an upload whose answer is lost is found there, one that is cut off is sent again" *
          doctest::skip(is_missing)) {
  using support::Fault;
  struct Case {
    Fault fault;
    int puts;
  };
  for (const Case& each : {Case{{.kind = Fault::Kind::lose_answer}, 1},
                           Case{{.kind = Fault::Kind::cut_request, .after = 1'000'000}, 2}}) {
    CAPTURE(each.puts);
    support::RegistryFixture server;
    std::atomic<int> puts{0};
    support::FaultProxy proxy(server.address(), [&](const support::PassingRequest& request) {
      const bool hits = request.head.starts_with("PUT /v2/shop/blobs/") && ++puts == 1;
      return hits ? each.fault : Fault{};
    });
    Client client;
    oci::Registry registry(client.http, proxy.authority());
    const std::string bytes(3'000'000, 'z');
    registry.upload_blob("shop", described(bytes), http::body_of(bytes));
    CHECK(registry.read_small_blob("shop", described(bytes), 10'000'000) == bytes);
    CHECK(puts == each.puts);
  }
}

TEST_CASE("docker-registry keeps two uploads of one blob apart" * doctest::skip(is_missing)) {
  support::RegistryFixture server;
  Client client;
  oci::Registry registry(client.http, server.address());
  const std::string bytes(3'000'000, 'z');
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back(
          [&] { registry.upload_blob("shop", described(bytes), http::body_of(bytes)); });
    }
  }
  CHECK(registry.read_small_blob("shop", described(bytes), 10'000'000) == bytes);
}
