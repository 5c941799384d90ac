// SPDX-License-Identifier: Apache-2.0
#include "docker-push/jar_image.hpp"

#include <doctest/doctest.h>

#include <string>

#include "archives/zip_reader.hpp"
#include "base/error.hpp"
#include "docker-push/jar_recipes.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/field.hpp"
#include "process/child.hpp"
#include "support/boot_jar.hpp"

namespace {

struct Jar {
  explicit Jar(const support::BootJarContent& content = {}) {
    support::write_boot_jar(folder.path() / "app.jar", content);
    zip = std::make_unique<archives::ZipReader>(folder.path() / "app.jar");
    jar = springboot::boot_jar(*zip);
  }

  std::vector<oci::Layer> layers() const {
    std::vector<oci::Layer> made;
    for (const auto& recipe : docker_push::jar_recipes(*zip, jar, {}, {})) {
      made.push_back(oci::make_layer(*recipe, folder.path() / recipe->name, {}));
    }
    return made;
  }

  file::TempDir folder{"jar-image-test"};
  std::unique_ptr<archives::ZipReader> zip;
  springboot::BootJar jar{};
};

// What `tar tv` says of a layer, without the time.
std::string listed(const oci::Layer& layer, const std::filesystem::path& folder) {
  const auto& body = std::get<http::Body>(layer.source);
  std::string bytes(body.size, '\0');
  body.read(0, bytes);
  file::write_atomically(folder / "listed.tar.gz", bytes);
  return process::capture(
             {.argv = {"tar", "--utc", "--full-time", "-tvzf", folder / "listed.tar.gz"}})
      .out;
}

}  // namespace

TEST_CASE("each layer of the jar is an image layer below /app with fixed owner, mode and time") {
  const Jar jar;
  const auto layers = jar.layers();
  REQUIRE(layers.size() == 3);  // there are no snapshot dependencies
  CHECK(layers[0].name == "dependencies");
  CHECK(layers[1].name == "spring-boot-loader");
  CHECK(layers[2].name == "application");
  CHECK(listed(layers[2], jar.folder.path()) ==
        "drwxr-xr-x 0/0               0 1980-01-01 00:00:00 app/\n"
        "drwxr-xr-x 0/0               0 1980-01-01 00:00:00 app/BOOT-INF/\n"
        "drwxr-xr-x 0/0               0 1980-01-01 00:00:00 app/BOOT-INF/classes/\n"
        "drwxr-xr-x 0/0               0 1980-01-01 00:00:00 app/META-INF/\n"
        "-rw-r--r-- 0/0              10 1980-01-01 00:00:00 app/BOOT-INF/classes/application.txt\n"
        "-rw-r--r-- 0/0             149 1980-01-01 00:00:00 app/BOOT-INF/layers.idx\n"
        "-rw-r--r-- 0/0             237 1980-01-01 00:00:00 app/META-INF/MANIFEST.MF\n");
}

TEST_CASE("a change in the application changes its layer alone") {
  const auto before = Jar().layers();
  const auto after = Jar({.application = "another class"}).layers();
  CHECK(before[0].descriptor.digest == after[0].descriptor.digest);
  CHECK(before[1].descriptor.digest == after[1].descriptor.digest);
  CHECK(before[2].descriptor.digest != after[2].descriptor.digest);
}

TEST_CASE(
    "the image starts the jar's own launcher and inherits from its base what it does not set") {
  const Jar jar;
  const oci::BaseImage base{.name = "docker.io/library/jre:17",
                            .digest = "sha256:" + std::string(64, 'b'),
                            .in_registry = true,
                            .config = {.platform = {.architecture = "amd64"},
                                       .user = "app",
                                       .exposed_ports = {"9000/tcp"},
                                       .env = {"JAVA_HOME=/opt/java"},
                                       .cmd = {"bash"},
                                       .labels = {{"maintainer", "them"},
                                                  {"org.opencontainers.image.version", "22.04"}}}};
  const auto image =
      oci::assemble(docker_push::jar_image({.jar = jar.jar,
                              .provenance = {.created = "2026-01-02T03:04:05Z",
                                             .revision = std::string(40, 'c'),
                                             .source = "https://me:pw@git.example/a.git"}},
                             base, jar.layers()));

  const auto config = oci::parse_image_config(image.config, "config");
  CHECK(config.created == "2026-01-02T03:04:05Z");
  CHECK(config.working_dir == "/app");
  CHECK(config.entrypoint ==
        std::vector<std::string>{"java", "-cp", "/app",
                                 "org.springframework.boot.loader.launch.JarLauncher"});
  CHECK(config.cmd.empty());
  CHECK(config.user == "app");
  CHECK(config.env == std::vector<std::string>{"JAVA_HOME=/opt/java"});
  CHECK(config.exposed_ports == std::set<std::string>{"8080/tcp", "9000/tcp"});
  CHECK(config.labels ==
        std::map<std::string, std::string>{
            {"maintainer", "them"},
            {"org.opencontainers.image.created", "2026-01-02T03:04:05Z"},
            {"org.opencontainers.image.revision", std::string(40, 'c')},
            {"org.opencontainers.image.source", "https://git.example/a.git"},
            {"org.opencontainers.image.base.name", "docker.io/library/jre:17"},
            {"org.opencontainers.image.base.digest", "sha256:" + std::string(64, 'b')}});

  const auto manifest = json::parse(image.manifest, "manifest");
  CHECK(*manifest.find_pointer("/annotations/org.opencontainers.image.revision")->find_string() ==
        std::string(40, 'c'));
}
