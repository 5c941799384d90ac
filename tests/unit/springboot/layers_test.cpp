// SPDX-License-Identifier: Apache-2.0
#include "springboot/layers.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "archives/zip_writer.hpp"
#include "base/error.hpp"
#include "file/temp_dir.hpp"

namespace {

const std::string index_of_boot =
    "- \"dependencies\":\n"
    "  - \"BOOT-INF/lib/\"\n"
    "- \"spring-boot-loader\":\n"
    "  - \"org/\"\n"
    "- \"snapshot-dependencies\":\n"
    "- \"application\":\n"
    "  - \"BOOT-INF/classes/\"\n"
    "  - \"BOOT-INF/layers.idx\"\n"
    "  - \"META-INF/\"\n";

const std::vector<std::string> usual_files{
    "META-INF/MANIFEST.MF",
    "BOOT-INF/lib/b.jar",
    "BOOT-INF/lib/a-1.0-SNAPSHOT.jar",
    "BOOT-INF/layers.idx",
    "BOOT-INF/classes/app/A.class",
    "org/springframework/boot/loader/launch/JarLauncher.class"};

// "layer: file file" lines.
std::string spread(const std::string& index, std::vector<std::string> files) {
  const file::TempDir folder("layers-test");
  const auto path = folder.path() / "app.jar";
  std::vector<archives::ZipInput> inputs;
  for (std::string& file : files) {
    const bool is_index = file == "BOOT-INF/layers.idx";
    inputs.push_back({.path = std::move(file), .content = is_index ? index : "x"});
  }
  archives::zip_to_file(inputs, path);
  const archives::ZipReader zip(path);
  const springboot::BootJar jar{.launcher = {},
                                .start_class = {},
                                .boot_version = {},
                                .java_version = {},
                                .version = {},
                                .content_root = "BOOT-INF/",
                                .classes = "BOOT-INF/classes/",
                                .libraries = "BOOT-INF/lib/",
                                .layers_index = index.empty() ? "" : "BOOT-INF/layers.idx"};
  std::string told;
  for (const auto& layer : springboot::layers(zip, jar)) {
    told += layer.name + ":";
    for (const auto* file : layer.files) told += " " + file->name;
    told += "\n";
  }
  return told;
}

std::string refusal(const std::string& index) {
  try {
    return spread(index, usual_files);
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::Kind::integrity);
    return error.message().substr(error.message().find(".jar: ") + 6);
  }
}

}  // namespace

TEST_CASE("files go to the layers of layers.idx in its order, empty layers kept") {
  CHECK(spread(index_of_boot, usual_files) ==
        "dependencies: BOOT-INF/lib/a-1.0-SNAPSHOT.jar BOOT-INF/lib/b.jar\n"
        "spring-boot-loader: org/springframework/boot/loader/launch/JarLauncher.class\n"
        "snapshot-dependencies:\n"
        "application: BOOT-INF/classes/app/A.class BOOT-INF/layers.idx META-INF/MANIFEST.MF\n");
}

TEST_CASE("without an index the default split separates snapshots and the loader") {
  auto files = usual_files;
  std::erase(files, "BOOT-INF/layers.idx");
  CHECK(spread("", files) ==
        "dependencies: BOOT-INF/lib/b.jar\n"
        "spring-boot-loader: org/springframework/boot/loader/launch/JarLauncher.class\n"
        "snapshot-dependencies: BOOT-INF/lib/a-1.0-SNAPSHOT.jar\n"
        "application: BOOT-INF/classes/app/A.class META-INF/MANIFEST.MF\n");
}

TEST_CASE("the first matching line of layers.idx wins and CRLF is tolerated") {
  const std::string index =
      "- \"special\":\r\n  - \"BOOT-INF/lib/b.jar\"\r\n- \"all\":\r\n  - \"BOOT-INF/\"\r\n"
      "  - \"META-INF/\"\r\n  - \"org/\"\r\n";
  CHECK(spread(index, {"BOOT-INF/lib/b.jar", "BOOT-INF/lib/c.jar", "BOOT-INF/layers.idx"}) ==
        "special: BOOT-INF/lib/b.jar\nall: BOOT-INF/layers.idx BOOT-INF/lib/c.jar\n");
}

TEST_CASE("a broken layers.idx is refused with its line") {
  struct Case {
    std::string index;
    std::string why;
  };
  const std::vector<Case> cases{
      {"- dependencies:\n", "BOOT-INF/layers.idx: line 1: neither - \"layer\": nor   - \"path\""},
      {"  - \"a/\"\n", "BOOT-INF/layers.idx: line 1: a path before the first layer"},
      {"- \"a\":\n\n- \"a\":\n", "BOOT-INF/layers.idx: line 3: layer a is there twice"},
      {"\n", "BOOT-INF/layers.idx: no layer in it"},
      {"- \"a\":\n  - \"BOOT-INF/\"\n  - \"org/\"\n",
       "META-INF/MANIFEST.MF is in no layer of BOOT-INF/layers.idx"},
  };
  for (const Case& c : cases) {
    CHECK(refusal(c.index) == c.why);
  }
}
