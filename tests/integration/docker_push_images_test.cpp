// SPDX-License-Identifier: Apache-2.0
// Images that docker-push takes from and writes to other places than registries, and containers of
// what it pushed.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "json/field.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"
#include "support/engine_image.hpp"
#include "support/program_output.hpp"
#include "support/push_project.hpp"
#include "text/split.hpp"

namespace {

using support::EngineImage;
using support::output_of;
using support::PushProject;

std::string digest_of(const json::Value& result) {
  return json::Field(result, "result")["digest"].string();
}

// Layers above the base, by name.
std::map<std::string, std::string> own_layers(const json::Value& result) {
  std::map<std::string, std::string> layers;
  for (const auto& layer : json::Field(result, "result")["layers"].items()) {
    if (layer["name"].string() != "base") layers[layer["name"].string()] = layer["digest"].string();
  }
  return layers;
}

// "repository:tag" of an image FROM scratch whose only program says hello, in the engine.
void import_program(const std::string& name, const std::filesystem::path& scratch) {
  support::write_file(scratch / "hello.cpp",
                      "#include <cstdio>\nint main() { return std::puts(\"hello\") < 0; }\n");
  output_of({"g++", "-static", "-o", "hello", "hello.cpp"}, scratch);
  output_of({"tar", "-cf", "hello.tar", "hello"}, scratch);
  output_of({"docker", "import", "--change", "ENTRYPOINT [\"/hello\"]", "hello.tar", name},
            scratch);
}

}  // namespace

TEST_CASE("folder, umask, time zone and number of processors make no difference to the digest") {
  PushProject project;
  const auto here = project.pushed({"--image", project.image() + ":here"});

  const file::TempDir elsewhere("docker push elsewhere");
  const mode_t mask = ::umask(077);
  std::filesystem::copy_file(project.jar(), elsewhere.path() / "app.jar");
  std::filesystem::create_directory(elsewhere.path() / ".stagecraft");
  std::filesystem::copy_file(project.record_path(), elsewhere.path() / ".stagecraft/release.json");
  std::filesystem::permissions(elsewhere.path() / "app.jar", std::filesystem::perms::owner_all);
  auto environment = process::all_environment_variables();
  for (const auto& [name, value] : project.environment()) environment[name] = value;
  environment["STAGECRAFT_IMAGE"] = project.registry.address() + "/other:there";
  environment["XDG_CACHE_HOME"] = elsewhere.path() / "cache";
  environment["TZ"] = "Asia/Tokyo";
  const auto there = process::capture(
      {.argv = {"taskset", "--cpu-list", "0", support::binaries() / "docker-push", "-o", "json"},
       .environment = environment,
       .directory = elsewhere.path()});
  ::umask(mask);

  INFO(there.err);
  REQUIRE(there.exit.ok());
  CHECK(digest_of(json::parse(there.out, "result")) == digest_of(here));
}

TEST_CASE("an image saved as OCI layout is skopeo's to read, and the same image when pushed") {
  PushProject project;
  const auto direct = project.pushed();
  const std::string layout = project.folder.path() / "layout";
  const auto saved = project.pushed({"--save", "oci:" + layout});
  CHECK(digest_of(saved) == digest_of(direct));
  CHECK(output_of({"skopeo", "inspect", "--format", "{{.Digest}}", "oci:" + layout + ":1.2.3-4"}) ==
        digest_of(direct));

  const auto pushed = project.pushed({layout, "--image", project.registry.address() + "/copy:1"});
  CHECK(digest_of(pushed) == digest_of(direct));
  CHECK(project.registry.inspect("copy:1", "{{.Digest}}") == digest_of(direct));
}

TEST_CASE("an image saved as docker archive has the same layers for skopeo and when pushed") {
  PushProject project;
  project.pushed();
  const std::string archive = project.folder.path() / "image.tar";
  project.pushed({"--save", "docker-archive:" + archive});
  const std::string diff_ids = "{{.RootFS.DiffIDs}}";
  const std::string config =
      output_of({"skopeo", "inspect", "--config", "docker-archive:" + archive});
  project.pushed({archive, "--image", project.registry.address() + "/copy:1"});

  const auto from_registry = output_of({"skopeo", "inspect", "--config", "--tls-verify=false",
                                        "docker://" + project.registry.address() + "/copy:1"});
  const auto layers = [](const std::string& text) {
    const auto document = json::parse(text, "config");
    std::vector<std::string> found;
    for (const auto& layer : json::Field(document, "config")["rootfs"]["diff_ids"].items()) {
      found.push_back(layer.string());
    }
    return found;
  };
  CHECK(layers(config).size() == 4);
  CHECK(layers(from_registry) == layers(config));
}

TEST_CASE("an unpacked jar makes the layers of the jar") {
  PushProject project;
  const auto jar = project.pushed();
  const auto folder = project.folder.path() / "unpacked";
  std::filesystem::create_directory(folder);
  output_of({"jar", "--extract", "--file", project.jar()}, folder);
  const auto unpacked =
      project.pushed({folder, "--image", project.registry.address() + "/unpacked:1"});
  CHECK(own_layers(unpacked) == own_layers(jar));
}

TEST_CASE("skopeo copies what was pushed with every byte as it was") {
  PushProject project;
  const auto pushed = project.pushed();
  const std::string copy = project.folder.path() / "copy";
  output_of({"skopeo", "copy", "--quiet", "--preserve-digests", "--src-tls-verify=false",
             "docker://" + project.image() + ":1.2.3-4", "oci:" + copy + ":1"});
  CHECK(output_of({"skopeo", "inspect", "--format", "{{.Digest}}", "oci:" + copy + ":1"}) ==
        digest_of(pushed));
}

TEST_CASE("an image of the engine is pushed, pulled by the engine, and its program runs") {
  const support::RegistryFixture registry;
  const PushProject project;
  const EngineImage local("stagecraft-test/hello:" + crypto::random_hex(6));
  import_program(local.name(), project.folder.path());
  const EngineImage pulled(project.registry.address() + "/hello:1");
  project.pushed({"engine:" + local.name(), "--image", pulled.name()});

  output_of({"docker", "pull", "--quiet", pulled.name()});
  CHECK(pulled.output() == "hello");
}

TEST_CASE("an image of the engine's archive is the same image as from the engine") {
  const PushProject project;
  const EngineImage local("stagecraft-test/hello:" + crypto::random_hex(6));
  import_program(local.name(), project.folder.path());
  const auto archive = project.folder.path() / "hello-image.tar";
  output_of({"docker", "save", "--output", archive, local.name()});
  const std::string image = project.registry.address() + "/hello";
  const auto one = project.pushed({"engine:" + local.name(), "--image", image + ":1"});
  const auto two = project.pushed({archive, "--image", image + ":2"});
  CHECK(digest_of(one) == digest_of(two));
}

// jlink takes ten seconds.
TEST_CASE("a jar on local-jre starts, both loaded into the engine and pulled by it") {
  PushProject project;
  const auto& folder = project.folder.path();
  support::write_file(folder / "JarLauncher.java",
                      "package org.springframework.boot.loader.launch;\n"
                      "public class JarLauncher { public static void main(String[] a) {\n"
                      "  System.out.println(\"launched in \" + System.getProperty(\"user.dir\")"
                      "); } }\n");
  output_of({"javac", "--release", "17", "JarLauncher.java"}, folder);
  support::write_boot_jar(project.jar(), {.launcher = file::read(folder / "JarLauncher.class")});
  project.write_record();
  const std::string image = project.registry.address() + "/started";

  const EngineImage loaded(image + ":loaded");
  project.pushed({"--base", "local-jre", "--image", loaded.name(), "--save", "engine"});
  CHECK(loaded.output() == "launched in /app");

  const EngineImage pulled(image + ":pushed");
  project.pushed({"--base", "local-jre", "--image", pulled.name()});
  output_of({"docker", "pull", "--quiet", pulled.name()});
  CHECK(pulled.output() == "launched in /app");
}
