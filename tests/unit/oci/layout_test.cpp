// SPDX-License-Identifier: Apache-2.0
#include "oci/layout.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "oci/digest.hpp"
#include "oci/docker_archive.hpp"
#include "oci/layer_recipe.hpp"
#include "oci/local_layers.hpp"
#include "process/child.hpp"
#include "support/error_of.hpp"

namespace {

const oci::Platform amd64{.architecture = "amd64"};

struct Work {
  file::TempDir folder{"layout-test"};

  oci::Image image(const std::string& content) const {
    auto recipe = std::make_shared<oci::LayerRecipe>();
    recipe->name = "application";
    recipe->entries.push_back(
        {.header = {.path = "app/file", .size = content.size()},
         .identity = content,
         .read = [content](const archives::Sink& sink) { sink(archives::bytes_of(content)); }});
    oci::Draft draft{.layers = {oci::layer_of(recipe)}, .config = {.platform = amd64, .user = "1"}};
    oci::make_local(draft.layers, {.scratch = folder.path()});
    return oci::assemble(std::move(draft));
  }

  std::filesystem::path operator/(const std::string& name) const { return folder.path() / name; }
};

std::string bytes_of(const oci::Layer& layer) {
  const auto& body = std::get<http::Body>(layer.source);
  std::string bytes(body.size, '\0');
  CHECK(body.read(0, bytes) == body.size);
  return bytes;
}

}  // namespace

TEST_CASE("an image written as a layout is read back with the same bytes and digest") {
  const Work work;
  const auto image = work.image("one");
  oci::write_layout(work / "oci", image, "1.0");
  oci::write_layout(work / "oci", image, "1.0");  // again: nothing is added

  const auto back = oci::assemble(oci::read_layout(work / "oci", {.platform = amd64}));
  CHECK(back.digest == image.digest);
  CHECK(back.manifest == image.manifest);
  CHECK(back.config == image.config);
  CHECK(oci::digest_of(bytes_of(back.layers[0])) == image.layers[0].descriptor.digest);
}

TEST_CASE("of several images in a layout the one of that tag is read, and a tag moves") {
  const Work work;
  const auto one = work.image("one");
  const auto two = work.image("two");
  oci::write_layout(work / "oci", one, "1.0");
  oci::write_layout(work / "oci", two, "2.0");
  const auto digest = [&](const std::string& name) {
    return oci::assemble(oci::read_layout(work / "oci", {.name = name, .platform = amd64})).digest;
  };
  CHECK(digest("1.0") == one.digest);
  CHECK(digest("2.0") == two.digest);
  oci::write_layout(work / "oci", two, "1.0");
  CHECK(digest("1.0") == two.digest);
  CHECK(support::error_of([&] { digest("3.0"); }).message() ==
        "find '3.0' in " + (work / "oci").string() + ": it has 2.0, 1.0");
}

TEST_CASE("skopeo reads a layout and an archive that we wrote, and we what it wrote") {
  const Work work;
  const auto image = work.image("one");
  oci::write_layout(work / "oci", image, "1.0");
  oci::write_image_archive(work / "docker.tar", image, {"shop:1.0"});
  const auto skopeo = [&](const std::string& from, const std::string& to) {
    const auto run =
        process::capture({.argv = {"skopeo", "copy", "-q", "--insecure-policy", from, to}});
    INFO(run.err);
    CHECK(run.exit.ok());
  };
  skopeo("oci:" + (work / "oci").string() + ":1.0", "oci:" + (work / "copied").string() + ":1.0");
  CHECK(oci::assemble(oci::read_layout(work / "copied", {.platform = amd64})).digest ==
        image.digest);

  skopeo("docker-archive:" + (work / "docker.tar").string(),
         "docker-archive:" + (work / "again.tar").string() + ":shop:2.0");
  const std::map<std::string, std::string> archives{{"docker.tar", "shop:1.0"},
                                                    {"again.tar", "2.0"}};
  for (const auto& [tar, name] : archives) {
    auto draft =
        oci::read_image_archive(work / tar, {.name = name, .platform = amd64}, work.folder.path());
    CHECK(draft.layers[0].name == "layer 1");
    oci::make_local(draft.layers, {.scratch = work.folder.path()});
    const auto back = oci::assemble(std::move(draft));
    CHECK(back.config == image.config);
    CHECK(back.layers[0].diff_id == image.layers[0].diff_id);
  }
}

TEST_CASE("a damaged document of a layout is told by its digest, a folder without one as such") {
  const Work work;
  const auto image = work.image("one");
  oci::write_layout(work / "oci", image, "1.0");
  const auto config = work / ("oci/blobs/sha256/" + image.config_descriptor.digest.substr(7));
  file::write_atomically(config, "{}");
  const auto damaged =
      support::error_of([&] { oci::read_layout(work / "oci", {.platform = amd64}); });
  CHECK(damaged.kind() == base::Kind::integrity);
  CHECK(damaged.message().find(image.config_descriptor.digest) != std::string::npos);

  const auto missing =
      support::error_of([&] { oci::read_layout(work.folder.path(), {.platform = amd64}); });
  CHECK(missing.kind() == base::Kind::environment);
}
