// SPDX-License-Identifier: Apache-2.0
#include "oci/registry.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/error.hpp"
#include "memory_registry.hpp"
#include "oci/digest.hpp"
#include "support/error_of.hpp"
#include "support/fake_clock.hpp"
#include "text/base64.hpp"

namespace {

struct Client {
  support::FakeClock clock;
  http::Client http{clock, {}};
};

oci::Descriptor described(const std::string& bytes) {
  return {.media_type = "", .digest = oci::digest_of(bytes), .size = bytes.size()};
}

oci::RegistryOptions with_login(std::string user, std::string password) {
  return {.credentials = oci::Credentials{.username = std::move(user),
                                          .password = std::move(password),
                                          .source = "REGISTRY_PASSWORD"}};
}

const std::string layer = "the bytes of a layer";

}  // namespace

TEST_CASE("a blob goes up by one POST and one PUT and comes back verified") {
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());

  CHECK_FALSE(registry.has_blob("shop", described(layer).digest));
  registry.upload_blob("shop", described(layer), http::body_of(layer));
  CHECK(registry.has_blob("shop", described(layer).digest));
  CHECK(registry.read_small_blob("shop", described(layer), 100) == layer);
  CHECK(server.told() ==
        "HEAD /v2/shop/blobs/" + described(layer).digest +
            "\nPOST /v2/shop/blobs/uploads\nPUT /v2/shop/blobs/uploads\nHEAD /v2/shop/blobs/" +
            described(layer).digest + "\nGET /v2/shop/blobs/" + described(layer).digest + "\n");
}

TEST_CASE("an upload that breaks is sent again in a new session") {
  MemoryRegistry server;
  server.broken_puts = 1;
  Client client;
  oci::Registry registry(client.http, server.name());
  registry.upload_blob("shop", described(layer), http::body_of(layer));
  CHECK(server.blobs.size() == 1);
  CHECK(server.count("POST") == 2);
}

TEST_CASE("an upload whose answer was lost is not sent twice") {
  MemoryRegistry server;
  server.broken_puts = 1;
  server.keeps_broken_puts = true;
  Client client;
  oci::Registry registry(client.http, server.name());
  registry.upload_blob("shop", described(layer), http::body_of(layer));
  CHECK(server.count("PUT") == 1);
}

TEST_CASE("an upload that keeps breaking ends as unavailable with the registry's last words") {
  MemoryRegistry server;
  server.broken_puts = 1'000;
  Client client;
  oci::Registry registry(client.http, server.name());
  const auto error = support::error_of(
      [&] { registry.upload_blob("shop", described(layer), http::body_of(layer)); });
  CHECK(error.kind() == base::Kind::unavailable);
  CHECK(error.message() == "push layer " + oci::short_digest(described(layer).digest) + " to " +
                               server.name() + "/shop: 500");
  CHECK(server.count("PUT") <= 10);
}

TEST_CASE("bytes that do not have the promised digest are refused on both ways") {
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  try {
    registry.upload_blob("shop", described(layer), http::body_of("other bytes, same name"));
    FAIL("accepted");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::Kind::integrity);
  }
  server.blobs["shop@" + described(layer).digest] = "something els whole";
  CHECK_THROWS_AS(registry.read_small_blob("shop", described(layer), 100), base::Error);
}

TEST_CASE("a registry that says it stored another digest is not believed") {
  MemoryRegistry server;
  server.digest_header = "sha256:" + std::string(64, '0');
  Client client;
  oci::Registry registry(client.http, server.name());
  try {
    registry.put_manifest("shop", "1.0", oci::media_type::manifest, "{}");
    FAIL("accepted");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::Kind::integrity);
    CHECK(error.message().starts_with("push manifest to " + server.name() +
                                      "/shop:1.0: the registry says it stored sha256:0000"));
  }
}

TEST_CASE(
    "a blob of another repository is mounted, and an unwilling registry leaves nothing open") {
  MemoryRegistry server;
  server.blobs["base@" + described(layer).digest] = layer;
  Client client;
  oci::Registry registry(client.http, server.name());
  CHECK(registry.mount_blob("shop", described(layer).digest, "base"));
  CHECK(server.blobs.contains("shop@" + described(layer).digest));

  server.may_mount = false;
  {
    oci::Registry unwilling(client.http, server.name());
    CHECK_FALSE(unwilling.mount_blob("other", described(layer).digest, "base"));
  }
  CHECK(server.count("DELETE") == 1);
}

TEST_CASE("the upload that a registry opens instead of a mount is used, not opened again") {
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  const std::string large(40'000, 'x');
  CHECK_FALSE(registry.mount_blob("shop", described(large).digest, "base"));
  registry.upload_blob("shop", described(large), http::body_of(large));
  CHECK(server.methods() == "POST PUT ");
}

TEST_CASE("nothing is sent to log in where the registry does not ask") {
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name(), with_login("ci", "secret-word"));
  registry.upload_blob("shop", described(layer), http::body_of(layer));
  for (const auto& request : server.server.requests()) CHECK(request.header("authorization") == "");
}

TEST_CASE("basic credentials follow the first 401 and then every request") {
  MemoryRegistry server;
  server.basic = "Basic " + text::base64("ci:secret-word");
  Client client;
  oci::Registry registry(client.http, server.name(), with_login("ci", "secret-word"));
  registry.upload_blob("shop", described(layer), http::body_of(layer));
  CHECK(server.blobs.size() == 1);
  CHECK(server.count("POST") == 2);
  CHECK(server.count("PUT") == 1);
}

TEST_CASE("a wrong password ends with status, registry and where the password came from") {
  MemoryRegistry server;
  server.basic = "Basic right";
  Client client;
  oci::Registry registry(client.http, server.name(), with_login("ci", "wrong-word"));
  try {
    registry.upload_blob("shop", described(layer), http::body_of(layer));
    FAIL("accepted");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::Kind::environment);
    CHECK(error.message() == "push layer " + oci::short_digest(described(layer).digest) + " to " +
                                 server.name() + "/shop: 401");
    CHECK(error.hint() ==
          "check user and password of " + server.name() + " (from REGISTRY_PASSWORD)");
  }
}

TEST_CASE("a token is fetched once per scope with the credentials, which go nowhere else") {
  MemoryRegistry server;
  server.token = "the-token-1";
  Client client;
  oci::Registry registry(client.http, server.name(), with_login("ci", "secret-word"));
  registry.upload_blob("shop", described(layer), http::body_of(layer));
  registry.put_manifest("shop", "1.0", oci::media_type::manifest, "{}");

  int tokens = 0;
  for (const auto& request : server.server.requests()) {
    if (request.path == "/token") {
      ++tokens;
      CHECK(request.query == "service=registry&scope=repository%3Ashop%3Apull%2Cpush");
      CHECK(request.header("authorization") == "Basic " + text::base64("ci:secret-word"));
    } else {
      CHECK(request.header("authorization").find("Basic") == std::string::npos);
    }
  }
  CHECK(tokens == 1);
}

TEST_CASE("an identity token is exchanged by a form, not sent as a password") {
  MemoryRegistry server;
  server.token = "the-token-1";
  Client client;
  oci::Registry registry(
      client.http, server.name(),
      {.credentials = oci::Credentials{.identity_token = "refresh/me", .source = "config.json"}});
  static_cast<void>(registry.has_blob("shop", described(layer).digest));
  for (const auto& request : server.server.requests()) {
    if (request.path != "/token") continue;
    CHECK(request.method == "POST");
    CHECK(request.body ==
          "grant_type=refresh_token&refresh_token=refresh%2Fme&service=registry&"
          "scope=repository%3Ashop%3Apull%2Cpush&client_id=stagecraft");
  }
  CHECK(server.count("POST") == 1);
}

TEST_CASE("a token is renewed when most of its life is over, and after a 401") {
  MemoryRegistry server;
  server.token = "the-token-1";
  Client client;
  oci::Registry registry(client.http, server.name());
  static_cast<void>(registry.has_blob("shop", described(layer).digest));
  client.clock.advance(std::chrono::seconds(241));
  server.token = "the-token-2";
  static_cast<void>(registry.has_blob("shop", described(layer).digest));
  server.token = "the-token-3";
  registry.upload_blob("shop", described(layer), http::body_of(layer));
  CHECK(server.blobs.size() == 1);
}

TEST_CASE("a challenge that comes only with a ping is found there") {
  MemoryRegistry server;
  server.token = "the-token-1";
  server.challenge_only_on_ping = true;
  Client client;
  oci::Registry registry(client.http, server.name());
  registry.upload_blob("shop", described(layer), http::body_of(layer));
  CHECK(server.blobs.size() == 1);
}

TEST_CASE("credentials do not follow an upload to another host") {
  MemoryRegistry other;
  other.takes_foreign_uploads = true;
  MemoryRegistry server;
  server.basic = "Basic " + text::base64("ci:secret-word");
  server.upload_host = other.name();
  Client client;
  oci::Registry registry(client.http, server.name(), with_login("ci", "secret-word"));
  registry.upload_blob("shop", described(layer), http::body_of(layer));
  CHECK(other.blobs.size() == 1);
  for (const auto& request : other.server.requests()) CHECK(request.header("authorization") == "");
}

TEST_CASE("a HEAD that fails is told with the words of a GET, if that fails the same way") {
  for (const int status : {400, 404}) {
    support::AnsweringServer server([status](const support::ServedRequest& request) {
      if (request.method == "HEAD") return support::ServedAnswer{.status = 400};
      return support::ServedAnswer{
          .status = status, .body = R"({"errors":[{"code":"NAME_INVALID","message":"no name"}]})"};
    });
    Client client;
    oci::Registry registry(client.http, server.authority());
    const auto error = support::error_of([&] { registry.find_manifest_digest("shop", "1"); });
    CHECK(error.message() == "look up " + server.authority() + "/shop:1: 400" +
                                 (status == 400 ? " name_invalid: no name" : ""));
  }
}

TEST_CASE("whether a tag is right stays open for those who may not look") {
  const std::string right = "sha256:" + std::string(64, 'a');
  int status = 200;
  support::AnsweringServer server([&](const support::ServedRequest&) {
    return support::ServedAnswer{.status = status, .headers = {{"Docker-Content-Digest", right}}};
  });
  Client client;
  oci::Registry registry(client.http, server.authority());
  CHECK(registry.is_tagged("shop", "1", right) == true);
  CHECK(registry.is_tagged("shop", "1", "sha256:" + std::string(64, 'b')) == false);
  status = 404;
  CHECK(registry.is_tagged("shop", "1", right) == false);
  status = 403;
  CHECK_FALSE(registry.is_tagged("shop", "1", right));
}

TEST_CASE("a server that is not there is unavailable, and a rerun is safe") {
  Client client;
  oci::Registry registry(client.http, "127.0.0.1:1");
  try {
    static_cast<void>(registry.find_manifest_digest("shop", "1.0"));
    FAIL("answered");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::Kind::unavailable);
    CHECK(error.message().find("127.0.0.1:1/v2/shop/manifests/1.0") != std::string::npos);
  }
}
