// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "base/error.hpp"
#include "memory_registry.hpp"
#include "oci/digest.hpp"
#include "oci/registry.hpp"
#include "support/error_of.hpp"
#include "support/fake_clock.hpp"

namespace {

struct Client {
  support::FakeClock clock;
  http::Client http{clock, {}};
};

using Names = std::vector<std::string>;

oci::TagsPut put(oci::Registry& registry, const Names& tags, const std::string& manifest) {
  return registry.put_tags("shop", tags, oci::media_type::manifest, manifest);
}

}  // namespace

TEST_CASE("a manifest is put under each of its tags") {
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  const auto done = put(registry, {"1.0", "latest"}, "{}");
  CHECK(done.stored == Names{"1.0", "latest"});
  CHECK(server.manifests["shop:1.0"] == "{}");
  CHECK(server.manifests["shop:latest"] == "{}");
}

TEST_CASE("an immutable tag with the same content is success, with another a conflict") {
  MemoryRegistry server;
  server.immutable_tags = true;
  Client client;
  oci::Registry registry(client.http, server.name());
  put(registry, {"1.0"}, "{}");

  const auto again = put(registry, {"1.0", "1.1"}, "{}");
  CHECK(again.unchanged == Names{"1.0"});
  CHECK(again.stored == Names{"1.1"});
  CHECK_NOTHROW(registry.put_manifest("shop", "1.0", oci::media_type::manifest, "{}"));

  const auto error = support::error_of([&] { put(registry, {"1.0"}, "{ }"); });
  CHECK(error.kind() == base::Kind::conflict);
  CHECK(error.message() == "push manifest to " + server.name() +
                               "/shop:1.0: the tag is immutable and names " + oci::digest_of("{}") +
                               ", not " + oci::digest_of("{ }") +
                               ": 400 tag_invalid: The image tag already exists and is immutable");
  CHECK(server.manifests["shop:1.0"] == "{}");
}

TEST_CASE("blobs that the registry turns out to lack are named, and the tag is not written") {
  MemoryRegistry server;
  server.checks_blobs = true;
  Client client;
  oci::Registry registry(client.http, server.name());
  const std::string content = "a config";
  const oci::Descriptor blob{
      .media_type = "", .digest = oci::digest_of(content), .size = content.size()};
  registry.upload_blob("shop", blob, http::body_of(content));
  server.lost_blobs.insert(blob.digest);
  const std::string manifest = "{\"config\":\"" + blob.digest + "\"}";

  const auto refused = put(registry, {"1.0"}, manifest);
  REQUIRE(refused.missing_blobs);
  CHECK(*refused.missing_blobs == Names{blob.digest});
  CHECK(server.manifests.empty());

  registry.upload_blob("shop", blob, http::body_of(content));
  CHECK(put(registry, {"1.0"}, manifest).stored == Names{"1.0"});
}

TEST_CASE("a manifest is sent again after a 429") {
  MemoryRegistry server;
  server.throttles = 1;
  server.retry_after = "30";
  Client client;
  oci::Registry registry(client.http, server.name());
  CHECK(put(registry, {"1.0"}, "{}").stored == Names{"1.0"});
  CHECK(client.clock.slept() >= std::chrono::seconds(30));
}

TEST_CASE("tags are listed over several pages, as many as are wanted") {
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  put(registry, {"a", "b", "c", "d", "e"}, "{}");
  CHECK(registry.find_tags("shop") == Names{"a", "b", "c", "d", "e"});
  CHECK(registry.find_tags("shop", 3) == Names{"a", "b", "c"});
}

TEST_CASE("pages that go in a circle or to another host end the list") {
  std::string next;
  support::AnsweringServer server([&next](const support::ServedRequest&) {
    return support::ServedAnswer{.headers = {{"Link", "<" + next + ">; rel=\"next\""}},
                                 .body = R"({"tags":["a"]})"};
  });
  Client client;
  oci::Registry registry(client.http, server.authority());
  next = "/v2/shop/tags/list?n=1000";
  CHECK(registry.find_tags("shop") == Names{"a"});
  next = "https://evil.example/v2/shop/tags/list";
  CHECK(support::error_of([&] { registry.find_tags("shop"); }).kind() == base::Kind::integrity);
}

TEST_CASE("a look-up that is refused is asked again for the reason") {
  support::AnsweringServer server([](const support::ServedRequest&) {
    return support::ServedAnswer{
        .status = 400,
        .body = R"({"errors":[{"code":"NAME_INVALID","message":"invalid repository name"}]})"};
  });
  Client client;
  oci::Registry registry(client.http, server.authority());
  CHECK(support::error_of([&] { registry.find_manifest_digest("shop", "1.0"); }).message() ==
        "look up " + server.authority() + "/shop:1.0: 400 name_invalid: invalid repository name");
  CHECK(support::error_of([&] { registry.has_blob("shop", oci::digest_of("x")); })
            .message()
            .ends_with("/shop: 400 name_invalid: invalid repository name"));
}

TEST_CASE("a mirror is asked first, without the origin's login, and the origin for what it lacks") {
  MemoryRegistry mirror;
  MemoryRegistry origin;
  origin.basic = "Basic Y2k6d29yZA==";
  Client client;
  const auto mirrors = std::make_shared<oci::Mirrors>(std::vector<oci::MirrorRule>{
      {.prefix = origin.name(),
       .mirrors = {{.location = mirror.name() + "/hub", .insecure = true}}}});
  const oci::Credentials login{.username = "ci", .password = "word", .source = "options"};
  oci::Registry registry(client.http, origin.name(), {.credentials = login, .mirrors = mirrors});
  const std::string layer = "the bytes of a layer";
  const oci::Descriptor blob{
      .media_type = "", .digest = oci::digest_of(layer), .size = layer.size()};
  mirror.blobs["hub/base@" + blob.digest] = layer;
  origin.blobs["base@" + blob.digest] = layer;
  origin.manifests["base:17"] = "{}";

  CHECK(registry.read_small_blob("base", blob, 100) == layer);
  CHECK(mirror.methods() == "GET ");
  CHECK(origin.methods().empty());
  CHECK(mirror.server.requests()[0].query == "ns=" + text::percent_encode(origin.name()));

  CHECK(registry.manifest("base", "17").bytes == "{}");
  CHECK(mirror.methods() == "GET GET ");

  registry.upload_blob("base", blob, http::body_of(layer));
  registry.put_manifest("base", "18", oci::media_type::manifest, "{ }");
  CHECK(mirror.methods() == "GET GET ");
  for (const auto& request : mirror.server.requests()) CHECK(request.header("authorization") == "");
}

TEST_CASE("a mirror that is down costs one attempt in all") {
  MemoryRegistry origin;
  origin.manifests["base:17"] = "{}";
  Client client;
  const auto mirrors = std::make_shared<oci::Mirrors>(std::vector<oci::MirrorRule>{
      {.prefix = origin.name(), .mirrors = {{.location = "127.0.0.1:1", .insecure = true}}}});
  oci::Registry registry(client.http, origin.name(), {.mirrors = mirrors});
  CHECK(registry.manifest("base", "17").bytes == "{}");
  const auto requests = client.http.requests_sent();
  CHECK(requests == 2);
  CHECK(registry.find_manifest_digest("base", "17") == oci::digest_of("{}"));
  CHECK(client.http.requests_sent() == requests + 1);
}
