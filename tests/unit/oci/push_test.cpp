// SPDX-License-Identifier: Apache-2.0
#include "oci/push.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/error.hpp"
#include "file/temp_dir.hpp"
#include "memory_registry.hpp"
#include "oci/digest.hpp"
#include "support/fake_clock.hpp"

namespace {

struct Client {
  support::FakeClock clock;
  http::Client http{clock, {}};
};

oci::Layer local_layer(const std::filesystem::path& folder, const std::string& content) {
  oci::LayerWriter writer(folder / content);
  writer.tar().add({.path = "app/file"}, content);
  return writer.finish(content);
}

oci::Image image_of(std::vector<oci::Layer> layers) {
  return oci::assemble(std::move(layers), {.platform = {.architecture = "amd64"}, .user = "1"},
                       {{"a", "b"}});
}

oci::PushReport pushed(oci::Registry& registry, const oci::Image& image,
                       const file::TempDir& scratch) {
  return oci::push({registry, "shop", "1.0"}, image, {.scratch = scratch.path()});
}

}  // namespace

TEST_CASE(
    "a push sends each blob and then the manifest; the next one asks once and sends nothing") {
  const file::TempDir scratch("push-test");
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  const oci::Image image =
      image_of({local_layer(scratch.path(), "one"), local_layer(scratch.path(), "two")});

  const auto first = pushed(registry, image, scratch);
  CHECK(first.blobs.size() == 3);
  CHECK(server.blobs.size() == 3);
  CHECK(oci::digest_of(server.manifests["shop:1.0"]) == image.digest);
  const auto requests = server.server.requests();
  CHECK(requests[requests.size() - 2].method == "PUT");
  CHECK(requests[requests.size() - 2].path == "/v2/shop/manifests/1.0");

  const auto second = pushed(registry, image, scratch);
  CHECK(second.unchanged);
  CHECK(server.server.requests().size() == requests.size() + 1);
  CHECK(server.server.requests().back().method == "HEAD");
}

TEST_CASE("layers that the registry has are not sent again") {
  const file::TempDir scratch("push-test");
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  pushed(registry, image_of({local_layer(scratch.path(), "one")}), scratch);

  const auto report = pushed(
      registry, image_of({local_layer(scratch.path(), "one"), local_layer(scratch.path(), "two")}),
      scratch);
  std::string told;
  for (const auto& blob : report.blobs) {
    if (blob.fate == oci::Fate::present) told += blob.name + ' ';
  }
  CHECK(told == "one ");
}

TEST_CASE("a base image of the same registry is mounted, one of another is relayed") {
  const file::TempDir scratch("push-test");
  MemoryRegistry home;
  MemoryRegistry abroad;
  Client client;
  for (MemoryRegistry* server : {&home, &abroad}) {
    const auto registry = std::make_shared<oci::Registry>(client.http, server->name());
    const oci::Image base = image_of({local_layer(scratch.path(), "base of " + server->name())});
    oci::push({*registry, "base", "17"}, base, {.scratch = scratch.path()});
    const oci::BaseImage found = oci::find_base_image(
        registry, oci::parse_reference(server->name() + "/base:17"), {.architecture = "amd64"});
    CHECK(found.digest == base.digest);

    oci::Registry destination(client.http, home.name());
    std::vector<oci::Layer> layers = found.layers;
    layers.push_back(local_layer(scratch.path(), "app"));
    const oci::Image image = image_of(std::move(layers));
    const auto planned = oci::plan({destination, "shop", "1.0"}, image);
    const auto report = oci::push({destination, "shop", "1.0"}, image, {.scratch = scratch.path()});

    const auto fate_of_base = [](const oci::PushReport& in) {
      for (const auto& blob : in.blobs) {
        if (blob.name == "base") return blob.fate;
      }
      return oci::Fate::present;
    };
    CHECK(fate_of_base(report) == (server == &home ? oci::Fate::mounted : oci::Fate::sent));
    CHECK(fate_of_base(planned) == fate_of_base(report));
    CHECK(home.blobs.contains("shop@" + base.layers[0].descriptor.digest));
  }
}

TEST_CASE("a plan writes nothing") {
  const file::TempDir scratch("push-test");
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  const oci::Image image = image_of({local_layer(scratch.path(), "one")});
  const auto planned = oci::plan({registry, "shop", "1.0"}, image);
  CHECK(planned.blobs.size() == 2);
  CHECK(planned.bytes_sent == image.layers[0].descriptor.size + image.config.size());
  for (const auto& request : server.server.requests()) CHECK(request.method == "HEAD");
}

TEST_CASE("after a failed layer the tag is untouched") {
  const file::TempDir scratch("push-test");
  MemoryRegistry server;
  server.broken_puts = 1'000;
  Client client;
  oci::Registry registry(client.http, server.name());
  CHECK_THROWS_AS(pushed(registry, image_of({local_layer(scratch.path(), "one")}), scratch),
                  base::Error);
  CHECK(server.manifests.empty());
}
