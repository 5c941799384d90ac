// SPDX-License-Identifier: Apache-2.0
#include "oci/push.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "base/error.hpp"
#include "file/temp_dir.hpp"
#include "memory_registry.hpp"
#include "oci/digest.hpp"
#include "oci/layer_recipe.hpp"
#include "support/error_of.hpp"
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

// A recipe of one file; `made` counts how often its bytes were asked for.
std::shared_ptr<const oci::LayerRecipe> recipe_of(const std::string& name,
                                                  const std::string& content, int& made) {
  auto recipe = std::make_shared<oci::LayerRecipe>();
  recipe->name = name;
  recipe->entries.push_back({.header = {.path = "app/" + name, .size = content.size()},
                             .identity = oci::digest_of(content),
                             .read = [content, &made](const archives::Sink& sink) {
                               ++made;
                               sink(archives::bytes_of(content));
                             }});
  return recipe;
}

oci::Draft draft_of(std::vector<oci::Layer> layers) {
  return {.layers = std::move(layers),
          .config = {.platform = {.architecture = "amd64"}, .user = "1"},
          .annotations = {{"a", "b"}}};
}

oci::PushReport pushed(oci::Registry& registry, oci::Draft draft, const file::TempDir& scratch) {
  return oci::push({registry, "shop", {"1.0"}}, std::move(draft), {.scratch = scratch.path()});
}

}  // namespace

TEST_CASE(
    "a push sends each blob and then the manifest; the next one asks once and sends nothing") {
  const file::TempDir scratch("push-test");
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  const oci::Draft image =
      draft_of({local_layer(scratch.path(), "one"), local_layer(scratch.path(), "two")});

  const auto first = pushed(registry, image, scratch);
  CHECK(first.blobs.size() == 3);
  CHECK(server.blobs.size() == 3);
  CHECK(oci::digest_of(server.manifests["shop:1.0"]) == first.image.digest);
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
  pushed(registry, draft_of({local_layer(scratch.path(), "one")}), scratch);

  const auto report = pushed(
      registry, draft_of({local_layer(scratch.path(), "one"), local_layer(scratch.path(), "two")}),
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
    const oci::Draft base = draft_of({local_layer(scratch.path(), "base of " + server->name())});
    const auto base_digest =
        oci::push({*registry, "base", {"17"}}, base, {.scratch = scratch.path()}).image.digest;
    const oci::BaseImage found = oci::find_base_image(
        registry, oci::parse_reference(server->name() + "/base:17"), {.architecture = "amd64"});
    CHECK(found.digest == base_digest);

    oci::Registry destination(client.http, home.name());
    std::vector<oci::Layer> layers = found.layers;
    layers.push_back(local_layer(scratch.path(), "app"));
    const oci::Draft image = draft_of(std::move(layers));
    const oci::Destination shop{destination, "shop", {"1.0"}};
    const auto planned = oci::plan(shop, image, {.scratch = scratch.path()});
    const auto report = oci::push(shop, image, {.scratch = scratch.path()});

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

TEST_CASE("a machine that has made nothing sends and makes nothing of what an earlier tag names") {
  const file::TempDir scratch("push-test");
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  int made = 0;
  const auto fresh_draft = [&](const std::string& application) {
    return draft_of({oci::layer_of(recipe_of("dependencies", "much", made)),
                     oci::layer_of(recipe_of("application", application, made))});
  };
  const auto first = pushed(registry, fresh_draft("one"), scratch);
  CHECK(made == 2);
  CHECK(first.bytes_sent > 0);

  const auto requests = server.server.requests().size();
  const auto again = pushed(registry, fresh_draft("one"), scratch);
  CHECK(again.unchanged);
  CHECK(again.image.digest == first.image.digest);
  CHECK(made == 2);
  CHECK(server.server.requests().size() == requests + 2);  // the tag's HEAD, the manifest's GET

  const auto changed = oci::push({registry, "shop", {"2.0"}}, fresh_draft("two"),
                                 {.earlier = {"1.0"}, .scratch = scratch.path()});
  CHECK(made == 3);
  for (const auto& blob : changed.blobs) {
    CHECK((blob.fate == oci::Fate::sent) == (blob.name != "dependencies"));
    CHECK(blob.made == (blob.name == "application"));
  }
}

TEST_CASE("what changed alone costs an upload for it and one for the config, and no question") {
  const file::TempDir scratch("push-test");
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  int made = 0;
  const auto draft = [&](const std::string& application) {
    return draft_of({oci::layer_of(recipe_of("dependencies", "much", made)),
                     oci::layer_of(recipe_of("application", application, made))});
  };
  pushed(registry, draft("one"), scratch);
  const auto before = server.server.requests().size();
  oci::Registry again(client.http, server.name());
  const auto changed = pushed(again, draft("two"), scratch);
  CHECK(changed.blobs.size() == 3);

  std::map<std::string, int> count;
  const auto requests = server.server.requests();
  for (auto at = before; at < requests.size(); ++at) ++count[requests[at].method];
  CHECK(count["HEAD"] == 2);  // the tag, before and after
  CHECK(count["GET"] == 1);   // its manifest
  CHECK(count["POST"] == 2);  // the check that we may push is the first of them
  CHECK(count["DELETE"] == 0);
}

TEST_CASE("a layer that is known and no longer in the registry is made again") {
  const file::TempDir scratch("push-test");
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  int made = 0;
  auto layer = oci::layer_of(recipe_of("dependencies", "much", made));
  const auto known =
      oci::make_layer(*recipe_of("dependencies", "much", made), scratch.path() / "before", {});
  oci::complete(layer, {.descriptor = known.descriptor, .diff_id = known.diff_id});
  made = 0;
  const auto report = pushed(registry, draft_of({layer}), scratch);
  CHECK(made == 1);
  CHECK(server.blobs.contains("shop@" + known.descriptor.digest));
  CHECK(report.image.layers[0].descriptor.digest == known.descriptor.digest);
}

TEST_CASE("all tags of a push name the image, and none does when the source turns out changed") {
  const file::TempDir scratch("push-test");
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  const oci::Draft draft = draft_of({local_layer(scratch.path(), "one")});
  const oci::Destination two{registry, "shop", {"1.0", "latest"}};
  CHECK_THROWS_AS(
      oci::push(two, draft,
                {.scratch = scratch.path(),
                 .confirm = [] { throw base::Error(base::Kind::integrity, "it changed"); }}),
      base::Error);
  CHECK(server.manifests.empty());
  const auto report = oci::push(two, draft, {.scratch = scratch.path()});
  CHECK(server.manifests["shop:1.0"] == report.image.manifest);
  CHECK(server.manifests["shop:latest"] == report.image.manifest);
}

TEST_CASE("a blob that the registry only says it has is sent once more") {
  const file::TempDir scratch("push-test");
  MemoryRegistry server;
  server.checks_blobs = true;
  Client client;
  oci::Registry registry(client.http, server.name());
  const oci::Draft draft = draft_of({local_layer(scratch.path(), "one")});
  server.lost_blobs.insert(draft.layers[0].descriptor.digest);
  const auto report = pushed(registry, draft, scratch);
  CHECK(server.blobs.contains("shop@" + draft.layers[0].descriptor.digest));
  CHECK(server.manifests["shop:1.0"] == report.image.manifest);
}

TEST_CASE("without a tag to learn from, the newest looking one of the repository is asked") {
  const file::TempDir scratch("push-test");
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  int made = 0;
  const auto push_as = [&](const std::string& tag) {
    oci::push({registry, "shop", {tag}},
              draft_of({oci::layer_of(recipe_of("dependencies", "much", made))}),
              {.scratch = scratch.path()});
  };
  push_as("1.9");
  CHECK(made == 1);
  push_as("1.10");
  CHECK(made == 1);
}

TEST_CASE("a repository that does not exist yet is asked for no blob, but the base is mounted") {
  const file::TempDir scratch("push-test");
  MemoryRegistry server;
  Client client;
  const auto registry = std::make_shared<oci::Registry>(client.http, server.name());
  const oci::Draft base = draft_of({local_layer(scratch.path(), "base")});
  oci::push({*registry, "base", {"17"}}, base, {.scratch = scratch.path()});
  int made = 0;
  oci::Draft draft = draft_of({base.layers[0], oci::layer_of(recipe_of("app", "one", made))});
  draft.layers[0].source = oci::RemoteBytes{registry, "base"};

  const auto report = pushed(*registry, draft, scratch);
  CHECK(server.told().find("HEAD /v2/shop/blobs") == std::string::npos);
  for (const auto& blob : report.blobs) {
    CHECK(blob.fate == (blob.name == "base" ? oci::Fate::mounted : oci::Fate::sent));
  }
}

TEST_CASE("an immutable tag of the same image is no failure, of another it is a conflict") {
  const file::TempDir scratch("push-test");
  MemoryRegistry server;
  server.immutable_tags = true;
  Client client;
  oci::Registry registry(client.http, server.name());
  const oci::Draft one = draft_of({local_layer(scratch.path(), "one")});
  pushed(registry, one, scratch);
  CHECK(pushed(registry, one, scratch).unchanged);
  const auto error = support::error_of(
      [&] { pushed(registry, draft_of({local_layer(scratch.path(), "two")}), scratch); });
  CHECK(error.kind() == base::Kind::conflict);
}

TEST_CASE("a plan writes nothing") {
  const file::TempDir scratch("push-test");
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  const oci::Draft image = draft_of({local_layer(scratch.path(), "one")});
  const auto planned = oci::plan({registry, "shop", {"1.0"}}, image, {.scratch = scratch.path()});
  CHECK(planned.blobs.size() == 2);
  CHECK(planned.bytes_sent == image.layers[0].descriptor.size + planned.image.config.size());
  for (const auto& request : server.server.requests()) CHECK(request.method == "HEAD");
}

TEST_CASE("after a failed layer the tag is untouched") {
  const file::TempDir scratch("push-test");
  MemoryRegistry server;
  server.broken_puts = 1'000;
  Client client;
  oci::Registry registry(client.http, server.name());
  CHECK_THROWS_AS(pushed(registry, draft_of({local_layer(scratch.path(), "one")}), scratch),
                  base::Error);
  CHECK(server.manifests.empty());
}
