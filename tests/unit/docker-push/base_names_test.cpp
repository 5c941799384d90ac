// SPDX-License-Identifier: Apache-2.0
#include "docker-push/base_names.hpp"

#include <doctest/doctest.h>

#include <string>

#include "archives/tar_writer.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "oci/layer.hpp"

namespace {

using archives::TarKind;

struct Base {
  file::TempDir folder{"base-names-test"};
  oci::BaseImage image{};

  // A layer of these entries, on top.
  void add_layer(const std::vector<archives::TarEntry>& entries) {
    std::string bytes;
    archives::TarWriter writer([&bytes](std::span<const std::byte> chunk) {
      bytes.append(reinterpret_cast<const char*>(chunk.data()), chunk.size());
    });
    for (const archives::TarEntry& entry : entries) {
      writer.add(entry, entry.path == "etc/passwd" ? "root:x:0:0::/:\n" : "");
    }
    writer.finish();
    const auto number = image.layers.size();
    const auto path = folder.path() / ("layer-" + std::to_string(number));
    file::write_atomically(path, bytes);
    oci::Layer layer;
    layer.descriptor.digest = "sha256:" + std::string(64, static_cast<char>('0' + number));
    layer.source = oci::body_of_file(path);
    image.layers.push_back(std::move(layer));
  }

  dockerfile::Tree names() const {
    return docker_push::base_names(image,
                                   {.scratch = folder.path(), .cache = folder.path() / "cache"});
  }
};

}  // namespace

TEST_CASE("the names of a base are those of all its layers, and are remembered by digest") {
  Base base;
  base.add_layer(
      {{.path = "etc/passwd"},
       {.path = "srv/data", .kind = TarKind::directory, .mode = 0700, .uid = 5, .gid = 6},
       {.path = "gone"},
       {.path = "bin", .kind = TarKind::symlink, .link_target = "usr/bin"}});
  base.add_layer({{.path = ".wh.gone"}, {.path = "srv/data/x", .mode = 0640}});
  const auto check = [&base] {
    const dockerfile::Tree names = base.names();
    CHECK(names.at("srv/data").header.mode == 0700);
    CHECK(names.at("srv/data").header.uid == 5);
    CHECK(names.at("srv/data").header.gid == 6);
    CHECK(names.at("srv/data/x").header.mode == 0640);
    CHECK(names.at("bin").header.link_target == "usr/bin");
    CHECK(names.at("etc/passwd").origin.text == "root:x:0:0::/:\n");
    CHECK(!names.contains("gone"));
  };
  check();

  for (oci::Layer& layer : base.image.layers) layer.source = http::Body{};  // no bytes any more
  check();
}

TEST_CASE("a list of names that is damaged is made again") {
  Base base;
  base.add_layer({{.path = "a"}});
  base.names();
  const auto list = base.folder.path() / "cache" / (std::string(64, '0') + ".json");
  for (const char* damage : {"", "{}x", R"({"files":[["a"]]})", R"({"files":[[1,2,3]]})"}) {
    file::write_atomically(list, damage);
    CHECK(base.names().contains("a"));
  }
}
