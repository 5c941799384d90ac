// SPDX-License-Identifier: Apache-2.0
#include "docker-push/layered_jar.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "archives/tar_writer.hpp"
#include "archives/zip_reader.hpp"
#include "docker-push/dockerfile_image.hpp"
#include "docker-push/jar_recipes.hpp"
#include "docker-push/tree_recipes.hpp"
#include "dockerfile/evaluate.hpp"
#include "dockerfile/parser.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "springboot/manifest.hpp"
#include "support/boot_jar.hpp"
#include "support/error_of.hpp"

namespace {

using Lines = std::vector<std::string>;
using Recipes = std::vector<std::shared_ptr<const oci::LayerRecipe>>;

constexpr std::string_view start = "ENTRYPOINT [\"java\",\"-jar\",\"/app/app.jar\"]\n";

support::BootJarContent many_libraries() {
  support::BootJarContent content;
  for (int i = 0; i < 20; ++i) {
    content.libraries["part" + std::to_string(i) + "-1.0.jar"] = "library " + std::to_string(i);
  }
  return content;
}

std::shared_ptr<const oci::BaseImage> base_image() {
  return std::make_shared<const oci::BaseImage>(
      oci::BaseImage{.name = "registry.example/jre:17", .config = {}});
}

dockerfile::Tree base_files(const oci::BaseImage&) {
  dockerfile::Tree files;
  for (const std::string path : {"etc", "lib", "opt", "srv", "srv/shop"}) {
    files[path].header = {.path = path, .kind = archives::TarKind::directory, .mode = 0755};
  }
  return files;
}

// A build context with app.jar and notes.txt, laid out as --layered does.
struct Build {
  explicit Build(const support::BootJarContent& content = {}) {
    file::write_atomically(context() / "notes.txt", "notes");
    support::write_boot_jar(context() / "app.jar", content);
  }

  std::filesystem::path context() const { return folder.path() / "context"; }

  docker_push::BuiltStage stage(const std::string& text, int buckets = 6) const {
    const auto image = [](const std::string&, const std::string&) { return base_image(); };
    const docker_push::ImageSources sources{.image = image,
                                            .read = {.files = base_files, .names = base_files}};
    const auto plan = dockerfile::evaluate(
        dockerfile::parse(text),
        {.context = context(),
         .dockerfile = folder.path() / "Dockerfile",
         .scratch = folder.path(),
         .base_config = [&](const std::string& name, const std::string& platform) {
           return docker_push::config_of(image(name, platform)->config);
         }});
    auto built = docker_push::build_stages(plan, "Dockerfile", sources, folder.path());
    docker_push::layer_jar(
        built, plan.target().config,
        {.dockerfile = "Dockerfile", .buckets = buckets, .scratch = folder.path()});
    return built;
  }

  Recipes recipes(const std::string& text, int buckets = 6) const {
    auto built = stage(text, buckets);
    return docker_push::tree_recipes(docker_push::layer_files(built), {});
  }

  // "name: mode owner path …" of each layer.
  Lines listed(const std::string& text) const {
    Lines lines;
    for (const auto& recipe : recipes(text)) {
      lines.push_back(recipe->name + ':');
      for (const oci::RecipeEntry& entry : recipe->entries) {
        lines.back() += fmt::format(" {:o} {}:{} {}", entry.header.mode, entry.header.uid,
                                    entry.header.gid, entry.header.path);
      }
    }
    return lines;
  }

  file::TempDir folder{"layered-jar-test"};
};

std::string bytes_of(const oci::RecipeEntry& entry) {
  std::string bytes;
  entry.read([&bytes](std::span<const std::byte> more) {
    for (const std::byte byte : more) bytes += static_cast<char>(byte);
  });
  return bytes;
}

}  // namespace

TEST_CASE("the jar that a container starts is found in ENTRYPOINT and CMD") {
  struct Case {
    Lines entrypoint;
    Lines cmd;
    std::string working_dir;
    std::optional<std::string> jar;
  };
  const std::vector<Case> cases{
      {{"java", "-jar", "/app.jar"}, {}, "", "/app.jar"},
      {{"java", "-Xmx1g", "-jar", "app.jar", "--port=1"}, {}, "/app", "/app/app.jar"},
      {{}, {"java", "-jar", "./app.jar"}, "/srv/shop/", "/srv/shop/app.jar"},
      {{"tini", "--"}, {"java", "-jar", "/a/../app.jar"}, "/", "/app.jar"},
      {{"java", "-jar"}, {"app.jar"}, "", "/app.jar"},
      {{"/bin/sh", "-c", "exec java  $JAVA_OPTS -jar /app/app.jar"},
       {"ignored"},
       "",
       "/app/app.jar"},
      {{}, {"/bin/sh", "-c", "java -jar app.jar"}, "/app", "/app/app.jar"},
      {{"/bin/sh", "-c", "java -jar $JAR"}, {}, "", std::nullopt},
      {{"/bin/sh", "-c", "java -jar /app/*.jar"}, {}, "", std::nullopt},
      {{"java", "-cp", "/app", "Main"}, {}, "", std::nullopt},
      {{"java", "-jar"}, {}, "", std::nullopt},
      {{}, {}, "", std::nullopt}};
  for (const Case& c : cases) {
    dockerfile::Config config;
    config.entrypoint = c.entrypoint;
    config.cmd = c.cmd;
    config.working_dir = c.working_dir;
    CAPTURE(c.jar.value_or("none"));
    CHECK(docker_push::started_jar(config) == c.jar);
  }
}

TEST_CASE("the copied jar becomes its libraries and a jar of its name, the rest stays in order") {
  const Build build;
  CHECK(build.listed("FROM jre:17\nCOPY notes.txt /etc/motd\nWORKDIR /app\nCOPY app.jar .\n"
                     "COPY notes.txt /opt/notes\n" +
                     std::string(start)) ==
        Lines{"COPY notes.txt /etc/motd: 755 0:0 etc 644 0:0 etc/motd", "WORKDIR /app: 755 0:0 app",
              "dependencies: 755 0:0 app 755 0:0 app/lib 644 0:0 app/lib/library-1.0.jar",
              "application: 755 0:0 app 644 0:0 app/app.jar",
              "COPY notes.txt /opt/notes: 755 0:0 opt 644 0:0 opt/notes"});
}

TEST_CASE("owner and readers of the copied jar are those of its libraries") {
  CHECK(Build().listed("FROM scratch\nCOPY --chown=7:8 --chmod=750 app.jar /app/\n" +
                       std::string(start)) ==
        Lines{"dependencies: 755 7:8 app 755 7:8 app/lib 640 7:8 app/lib/library-1.0.jar",
              "application: 755 7:8 app 640 7:8 app/app.jar"});
}

TEST_CASE("what is copied beside the jar keeps a layer") {
  CHECK(Build().listed("FROM scratch\nCOPY . /app/\n" + std::string(start)) ==
        Lines{"COPY . /app/: 755 0:0 app 644 0:0 app/notes.txt",
              "dependencies: 755 0:0 app 755 0:0 app/lib 644 0:0 app/lib/library-1.0.jar",
              "application: 755 0:0 app 644 0:0 app/app.jar"});
}

TEST_CASE("libraries stay clear of a folder lib that the image has") {
  struct Case {
    std::string text;
    std::string library;
    std::string class_path;
  };
  const std::vector<Case> cases{
      {"FROM jre:17\nCOPY app.jar /\nENTRYPOINT [\"java\",\"-jar\",\"/app.jar\"]\n",
       "app-lib/library-1.0.jar", "app-lib/library-1.0.jar"},
      {"FROM jre:17\nCOPY notes.txt /app/lib/a\nCOPY app.jar /app/\n" + std::string(start),
       "app/app-lib/library-1.0.jar", "app-lib/library-1.0.jar"},
      {"FROM jre:17\nCOPY app.jar /srv/shop/\nCMD [\"java\",\"-jar\",\"/srv/shop/app.jar\"]\n",
       "srv/shop/lib/library-1.0.jar", "lib/library-1.0.jar"}};
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const Build build;
    const auto recipes = build.recipes(c.text);
    const auto find = [&recipes](const std::string& layer) {
      return *std::ranges::find(recipes, layer, &oci::LayerRecipe::name);
    };
    CHECK(find("dependencies")->entries.back().header.path == c.library);
    file::write_atomically(build.folder.path() / "thin.jar",
                           bytes_of(find("application")->entries.back()));
    const archives::ZipReader thin(build.folder.path() / "thin.jar");
    const springboot::Manifest manifest(thin.read(*thin.find("META-INF/MANIFEST.MF"), 1U << 20U));
    CHECK(manifest.value("Class-Path") == c.class_path);
    CHECK(manifest.value("Main-Class") == "com.example.Shop");
  }
}

TEST_CASE("library layers have the keys that the jar itself has in the layout tools") {
  const Build build(many_libraries());
  std::map<std::string, std::string> keys;
  for (const auto& recipe :
       build.recipes("FROM jre:17\nWORKDIR /app\nCOPY app.jar .\n" + std::string(start))) {
    keys[recipe->name] = recipe->key();
  }
  const archives::ZipReader zip(build.context() / "app.jar");
  const auto of_jar = docker_push::jar_recipes(zip, springboot::boot_jar(zip),
                                               {.layout = docker_push::Layout::tools}, {});
  int compared = 0;
  for (const auto& recipe : of_jar) {
    if (!recipe->name.starts_with("dependencies-")) continue;
    CAPTURE(recipe->name);
    CHECK(keys.at(recipe->name) == recipe->key());
    ++compared;
  }
  CHECK(compared == 6);
}

TEST_CASE("a jar out of an archive that ADD unpacked is layered like a copied one") {
  const Build build;
  const auto copied = build.recipes("FROM scratch\nCOPY app.jar /app/\n" + std::string(start));
  std::string tar;
  archives::TarWriter writer([&tar](std::span<const std::byte> more) {
    for (const std::byte byte : more) tar += static_cast<char>(byte);
  });
  writer.add({.path = "app/app.jar"}, file::read(build.context() / "app.jar"));
  writer.finish();
  file::write_atomically(build.context() / "app.tar", tar);
  const auto added = build.recipes("FROM scratch\nADD app.tar /\n" + std::string(start));

  const auto find = [](const Recipes& recipes) {
    return *std::ranges::find(recipes, "dependencies", &oci::LayerRecipe::name);
  };
  CHECK(find(added)->entries.back().identity == find(copied)->entries.back().identity);
  CHECK(bytes_of(find(added)->entries.back()) == bytes_of(find(copied)->entries.back()));
}

TEST_CASE("a Dockerfile that starts no boot jar of its own cannot be layered") {
  const Build build;
  archives::zip_to_file({{.path = "META-INF/MANIFEST.MF", .content = "Manifest-Version: 1.0\n"}},
                        build.context() / "plain.jar");
  const auto begin = std::string("FROM jre:17\nCOPY app.jar /app/\n");
  const auto message = [&](const std::string& text) {
    const auto error = support::error_of([&] { static_cast<void>(build.stage(text)); });
    CHECK(error.kind() == base::Kind::usage);
    CHECK(!error.hint().empty());
    return error.message();
  };
  CHECK(message(begin + "ENTRYPOINT [\"java\",\"-cp\",\"/app\",\"Main\"]\n") ==
        "layer the jar of Dockerfile: its ENTRYPOINT and CMD start none");
  CHECK(message(begin + "ENTRYPOINT [\"java\",\"-jar\",\"/srv/app.jar\"]\n") ==
        "layer the jar of Dockerfile: no instruction copies /srv/app.jar, which it starts");
  CHECK(message("FROM jre:17\nCOPY plain.jar /app/app.jar\n" + std::string(start))
            .starts_with("layer the jar of Dockerfile: "));
  CHECK(message("FROM jre:17\nCOPY notes.txt /app/lib/\nCOPY notes.txt /app/app-lib/\n"
                "COPY app.jar /app/\n" +
                std::string(start)) ==
        "layer the jar of Dockerfile: the image has both /app/lib and /app/app-lib");
}

TEST_CASE("a jar that changes after it was looked at does not get into a layer") {
  const Build build;
  const auto recipes = build.recipes("FROM scratch\nCOPY app.jar /app/\n" + std::string(start));
  const auto library = *std::ranges::find(recipes, "dependencies", &oci::LayerRecipe::name);
  std::filesystem::last_write_time(build.context() / "app.jar",
                                   std::filesystem::file_time_type{} + std::chrono::seconds(7));
  const auto error = support::error_of([&] { bytes_of(library->entries.back()); });
  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message() ==
        "read " + (build.context() / "app.jar").string() + ": it changed while it was read");
}
