// SPDX-License-Identifier: Apache-2.0
#include "docker-push/dockerfile_image.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <string>

#include "archives/zip_reader.hpp"
#include "archives/zip_writer.hpp"
#include "docker-push/image_files.hpp"
#include "docker-push/jar_recipes.hpp"
#include "dockerfile/evaluate.hpp"
#include "dockerfile/parser.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/field.hpp"
#include "process/child.hpp"
#include "support/boot_jar.hpp"
#include "support/error_of.hpp"

namespace {

using Lines = std::vector<std::string>;

std::shared_ptr<const oci::BaseImage> system_image() {
  oci::BaseImage image{.name = "registry.example/jre:17",
                       .digest = "sha256:" + std::string(64, 'b'),
                       .in_registry = true,
                       .config = {.platform = oci::own_platform()}};
  image.config.env = {"PATH=/opt/java/bin:/bin", "JAVA_HOME=/opt/java"};
  image.config.labels = {{"org.opencontainers.image.version", "22.04"}, {"team", "base"}};
  image.config.history = {{.created_by = "RUN mkdir /data"}};
  image.layers.push_back(
      {.descriptor = {.media_type = {}, .digest = "sha256:" + std::string(64, 'c')},
       .diff_id = "sha256:" + std::string(64, 'd'),
       .name = "base",
       .source = {}});
  return std::make_shared<const oci::BaseImage>(std::move(image));
}

dockerfile::Entry text_entry(const std::string& path, const std::string& text) {
  dockerfile::Entry entry;
  entry.header = {.path = path, .size = text.size()};
  entry.origin = {.size = text.size(), .text = text};
  return entry;
}

dockerfile::Entry node(const std::string& path, archives::TarKind kind, unsigned mode,
                       const std::string& link = {}) {
  dockerfile::Entry entry;
  entry.header = {.path = path, .kind = kind, .mode = mode};
  entry.header.link_target = link;
  return entry;
}

// What a Debian has: a merged /usr and accounts.
dockerfile::Tree system_files() {
  using archives::TarKind;
  dockerfile::Tree files;
  for (const char* folder : {"etc", "usr", "usr/bin", "data"}) {
    files.emplace(folder, node(folder, TarKind::directory, 0755));
  }
  files.emplace("srv", node("srv", TarKind::directory, 0711));
  files.at("srv").header.gid = 9;
  files.emplace("srv/shop", node("srv/shop", TarKind::directory, 0700));
  files.at("srv/shop").header.uid = 7;
  files.at("srv/shop").header.gid = 8;
  files.emplace("tmp", node("tmp", TarKind::directory, 01777));
  files.emplace("bin", node("bin", TarKind::symlink, 0777, "usr/bin"));
  files.emplace("etc/passwd", text_entry("etc/passwd", "root:x:0:0::/:\napp:x:1001:1002::/:\n"));
  files.emplace("etc/group", text_entry("etc/group", "root:x:0:\nstaff:x:50:\n"));
  files.emplace("data/seed", text_entry("data/seed", "seed"));
  return files;
}

dockerfile::Tree without_bytes(dockerfile::Tree files) {
  for (auto& [path, entry] : files) {
    if (!path.starts_with("etc/")) entry.origin = {};
  }
  return files;
}

struct Context {
  file::TempDir folder{"dockerfile-build-test"};
  int readings = 0;  // of the base's layers
  int looks = 0;     // at the names in them

  void write(const std::string& path, const std::string& text) const {
    file::write_atomically(folder.path() / "context" / path, text);
  }

  dockerfile::Plan plan(const std::string& text, const docker_push::ImageSources& sources) const {
    std::filesystem::create_directories(folder.path() / "context");
    return dockerfile::evaluate(
        dockerfile::parse(text),
        {.context = folder.path() / "context",
         .dockerfile = folder.path() / "Dockerfile",
         .scratch = folder.path(),
         .base_config = [&](const std::string& image, const std::string& platform) {
           return docker_push::config_of(sources.image(image, platform)->config);
         }});
  }

  docker_push::ImageSources sources() {
    return {.image = [](const std::string&, const std::string&) { return system_image(); },
            .read = {.files =
                         [this](const oci::BaseImage&) {
                           ++readings;
                           return system_files();
                         },
                     .names =
                         [this](const oci::BaseImage&) {
                           ++looks;
                           return without_bytes(system_files());
                         }}};
  }

  oci::Draft draft(const std::string& text) {
    const auto from = sources();
    const auto evaluated = plan(text, from);
    REQUIRE(!dockerfile::first_needing_engine(evaluated));
    auto stage = docker_push::build_stages(evaluated, "Dockerfile", from, folder.path());
    std::vector<oci::Layer> layers;
    for (const auto& recipe : docker_push::tree_recipes(docker_push::layer_files(stage), {})) {
      layers.push_back(oci::make_layer(*recipe, folder.path() / ("layer-" + recipe->key()), {}));
    }
    return docker_push::dockerfile_image(evaluated.target().config, stage,
                                         {.created = "2026-01-02T03:04:05Z"}, std::move(layers));
  }

  // "mode owner size path" of each entry, per own layer.
  std::vector<Lines> listed(const std::string& text) {
    std::vector<Lines> all;
    for (const oci::Layer& layer : draft(text).layers) {
      if (layer.name != "base") all.push_back(list(layer));
    }
    return all;
  }

  Lines list(const oci::Layer& layer) const {
    const auto& body = std::get<http::Body>(layer.source);
    std::string bytes(body.size, '\0');
    body.read(0, bytes);
    file::write_atomically(folder.path() / "listed.tar.gz", bytes);
    const auto out = process::capture({.argv = {"tar", "--numeric-owner", "-tvzf",
                                                folder.path() / "listed.tar.gz"}})
                         .out;
    Lines lines;
    std::size_t begin = 0;
    for (auto end = out.find('\n'); end != std::string::npos; end = out.find('\n', begin)) {
      const std::string line = out.substr(begin, end - begin);
      const auto owner_end = line.find(' ', 11);
      lines.push_back(line.substr(0, owner_end) + line.substr(line.find(':') + 3));
      begin = end + 1;
    }
    return lines;
  }
};

constexpr std::string_view boot_recipe =
    "FROM jre:17 AS builder\n"
    "WORKDIR /builder\n"
    "COPY target/*.jar application.jar\n"
    "RUN java -Djarmode=tools -jar application.jar extract --layers --launcher --destination "
    "extracted\n"
    "FROM jre:17\n"
    "WORKDIR /app\n"
    "COPY --from=builder /builder/extracted/dependencies/ ./\n"
    "COPY --from=builder /builder/extracted/spring-boot-loader/ ./\n"
    "COPY --from=builder /builder/extracted/snapshot-dependencies/ ./\n"
    "COPY --from=builder /builder/extracted/application/ ./\n"
    "ENTRYPOINT [\"java\", \"org.springframework.boot.loader.launch.JarLauncher\"]\n";

}  // namespace

TEST_CASE("each instruction that copies files makes a layer with fixed times") {
  Context context;
  context.write("a.txt", "a");
  context.write("sub/b.sh", "b");
  std::filesystem::permissions(context.folder.path() / "context/sub/b.sh",
                               std::filesystem::perms(0700));
  CHECK(context.listed("FROM scratch\nCOPY a.txt /etc/a\nCOPY --chown=7:8 --chmod=640 sub/ /srv/\n"
                       "ENV A=1\n") ==
        std::vector<Lines>{{"drwxr-xr-x 0/0 etc/", "-rw-r--r-- 0/0 etc/a"},
                           {"drwxr-xr-x 7/8 srv/", "-rw-r----- 7/8 srv/b.sh"}});
}

TEST_CASE("the layers are not asked for folders that all systems have alike, or that none has") {
  Context context;
  context.write("a.txt", "a");
  CHECK(context.listed("FROM jre:17\nWORKDIR /app/x\nCOPY a.txt /etc/\nCOPY a.txt /\n") ==
        std::vector<Lines>{{"drwxr-xr-x 0/0 app/", "drwxr-xr-x 0/0 app/x/"},
                           {"-rw-r--r-- 0/0 etc/a.txt"},
                           {"-rw-r--r-- 0/0 a.txt"}});
  CHECK(context.looks == 0);
  CHECK(context.readings == 0);
}

TEST_CASE("a folder that the base may have keeps its mode and owner") {
  Context context;
  context.write("a.txt", "a");
  CHECK(context.listed("FROM jre:17\nCOPY a.txt /srv/shop/\nCOPY a.txt /data/\nWORKDIR /tmp/x\n") ==
        std::vector<Lines>{
            {"drwx--x--x 0/9 srv/", "drwx------ 7/8 srv/shop/", "-rw-r--r-- 0/0 srv/shop/a.txt"},
            {"drwxr-xr-x 0/0 data/", "-rw-r--r-- 0/0 data/a.txt"},
            {"drwxrwxrwt 0/0 tmp/", "drwxr-xr-x 0/0 tmp/x/"}});
  CHECK(context.looks == 1);
  CHECK(context.readings == 0);
}

TEST_CASE("what a stage made itself is copied without the bytes of its base") {
  Context context;
  context.write("a.txt", "a");
  CHECK(context.listed("FROM jre:17 AS one\nWORKDIR /tmp/x\nCOPY a.txt /y/\nFROM scratch\n"
                       "COPY --from=one /y /z\n") ==
        std::vector<Lines>{{"drwxr-xr-x 0/0 z/", "-rw-r--r-- 0/0 z/a.txt"}});
  CHECK(context.looks == 1);
  CHECK(context.readings == 0);
}

TEST_CASE("a file of the base is no folder to copy into") {
  Context context;
  context.write("a.txt", "a");
  CHECK(support::error_of([&] {
          context.draft("FROM jre:17\nCOPY a.txt /etc/passwd/\n");
        }).message() == "Dockerfile:2: COPY: /etc/passwd is no folder");
}

TEST_CASE("a path that may lead through a link is looked up in the base image's layers") {
  Context context;
  context.write("a.txt", "a");
  CHECK(context.listed("FROM jre:17\nCOPY a.txt /bin/a\nCOPY a.txt /tmp/\n") ==
        std::vector<Lines>{
            {"drwxr-xr-x 0/0 usr/", "drwxr-xr-x 0/0 usr/bin/", "-rw-r--r-- 0/0 usr/bin/a"},
            {"drwxrwxrwt 0/0 tmp/", "-rw-r--r-- 0/0 tmp/a.txt"}});
  CHECK(context.looks == 1);
  CHECK(context.readings == 0);
}

TEST_CASE("owners are looked up in the base image") {
  Context context;
  context.write("a.txt", "a");
  CHECK(context.listed("FROM jre:17\nCOPY --chown=app a.txt /a\nCOPY --chown=app:staff a.txt /b\n"
                       "COPY --chown=root:root a.txt /c\n") ==
        std::vector<Lines>{
            {"-rw-r--r-- 1001/1002 a"}, {"-rw-r--r-- 1001/50 b"}, {"-rw-r--r-- 0/0 c"}});
  const auto error = support::error_of(
      [&] { context.draft("FROM jre:17\nCOPY a.txt /a\nCOPY --chown=nobody1 a.txt /a\n"); });
  CHECK(error.kind() == base::Kind::refused);
  CHECK(error.message() ==
        "Dockerfile:3: COPY: look up the owner nobody1: /etc/passwd of the stage has no such name");
}

TEST_CASE("files are copied out of stages and images") {
  Context context;
  context.write("a.txt", "a");
  CHECK(context.listed("FROM scratch AS one\nCOPY a.txt /x/a\nFROM one AS two\nCOPY a.txt /x/b\n"
                       "FROM scratch\nCOPY --from=two /x /y\nCOPY --from=other:1 /data/seed /\n") ==
        std::vector<Lines>{{"drwxr-xr-x 0/0 y/", "-rw-r--r-- 0/0 y/a", "-rw-r--r-- 0/0 y/b"},
                           {"-rw-r--r-- 0/0 seed"}});
  CHECK(support::error_of([&] {
          context.draft("FROM jre:17 AS one\nFROM scratch\nCOPY --from=one /none /\n");
        }).message() == "Dockerfile:3: COPY: none is not in the stage one");
}

TEST_CASE(
    "a file that is copied out of a stage keeps its owner there, unless it is given another") {
  Context context;
  context.write("a", "a");
  CHECK(context.listed("FROM jre:17 AS one\nCOPY --chown=app:staff a /x/a\nFROM scratch\n"
                       "COPY --from=one /x/ /y/\nCOPY --from=one --chown=7:8 /x/a /z/\n") ==
        std::vector<Lines>{{"drwxr-xr-x 0/0 y/", "-rw-r--r-- 1001/50 y/a"},
                           {"drwxr-xr-x 7/8 z/", "-rw-r--r-- 7/8 z/a"}});
}

TEST_CASE("the official recipe for layers gives the files that a jar's own layers have") {
  Context context;
  std::filesystem::create_directories(context.folder.path() / "context/target");
  const auto path = context.folder.path() / "context/target/shop.jar";
  support::write_boot_jar(path);
  const archives::ZipReader zip(path);

  auto listed = context.listed(std::string(boot_recipe));

  REQUIRE(listed.size() == 4);
  CHECK(listed.front() == Lines{"drwxr-xr-x 0/0 app/"});
  listed.erase(listed.begin());
  std::vector<Lines> own;
  for (const auto& recipe : docker_push::jar_recipes(zip, springboot::boot_jar(zip), {}, {})) {
    own.push_back(context.list(oci::make_layer(*recipe, context.folder.path() / recipe->name, {})));
  }
  for (auto* layers : {&listed, &own}) {
    for (Lines& lines : *layers) std::ranges::sort(lines);
  }
  CHECK(listed == own);
  CHECK(context.readings == 0);
}

TEST_CASE("the tools layout puts the application's jar beside its libraries") {
  Context context;
  std::filesystem::create_directories(context.folder.path() / "context");
  support::write_boot_jar(context.folder.path() / "context/shop.jar");
  const auto listed = context.listed(
      "FROM jre:17 AS b\nWORKDIR /w\nCOPY shop.jar shop.jar\n"
      "RUN java -Djarmode=tools -jar shop.jar extract --destination out\n"
      "FROM jre:17\nCOPY --from=b /w/out /app\n");
  REQUIRE(listed.size() == 1);
  CHECK(listed[0] == Lines{"drwxr-xr-x 0/0 app/", "drwxr-xr-x 0/0 app/lib/",
                           "-rw-r--r-- 0/0 app/lib/library-1.0.jar",
                           "-rw-r--r-- 0/0 app/shop.jar"});
}

TEST_CASE("a library with a wrong checksum does not get into an image") {
  Context context;
  const auto path = context.folder.path() / "context/target/shop.jar";
  std::filesystem::create_directories(path.parent_path());
  support::write_boot_jar(path);
  std::string bytes = file::read(path);
  bytes[bytes.find("META-INF/x") + 12] ^= 1;  // inside of the library, which is stored
  file::write_atomically(path, bytes);
  const auto error = support::error_of([&] { context.draft(std::string(boot_recipe)); });
  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message().starts_with("Dockerfile:4: RUN: "));
}

TEST_CASE("a jar that ADD unpacked is extracted like one of the context") {
  Context context;
  const auto folder = context.folder.path() / "context";
  std::filesystem::create_directories(folder);
  support::write_boot_jar(folder / "shop.jar");
  context.write("first", "before the jar");
  REQUIRE(process::capture(
              {.argv = {"tar", "-C", folder, "-czf", folder / "all.tgz", "first", "shop.jar"}})
              .exit.ok());
  const auto listed = context.listed(
      "FROM scratch AS b\nADD all.tgz /w/\nWORKDIR /w\n"
      "RUN java -Djarmode=tools -jar shop.jar extract --destination out\n"
      "FROM scratch\nCOPY --from=b /w/out/lib /lib\n");
  REQUIRE(listed.size() == 1);
  CHECK(listed[0] == Lines{"drwxr-xr-x 0/0 lib/", "-rw-r--r-- 0/0 lib/library-1.0.jar"});
}

TEST_CASE("the config is the base's with what the Dockerfile says") {
  Context context;
  const auto image = oci::assemble(context.draft(
      "FROM jre:17\nENV A=1 PATH=/x:$PATH\nLABEL team=shop\nEXPOSE 8080\nUSER 7\nSTOPSIGNAL INT\n"
      "HEALTHCHECK --interval=5s --retries=2 CMD [\"probe\"]\nONBUILD RUN touch /x\n"
      "SHELL [\"/bin/sh\", \"-e\"]\nVOLUME /v\nENTRYPOINT [\"java\"]\nCMD [\"-version\"]\n"));
  const auto config = oci::parse_image_config(image.config, "config");
  CHECK(config.env == Lines{"PATH=/x:/opt/java/bin:/bin", "JAVA_HOME=/opt/java", "A=1"});
  CHECK(config.labels ==
        std::map<std::string, std::string>{
            {"team", "shop"},
            {"org.opencontainers.image.created", "2026-01-02T03:04:05Z"},
            {"org.opencontainers.image.base.name", "registry.example/jre:17"},
            {"org.opencontainers.image.base.digest", "sha256:" + std::string(64, 'b')}});
  CHECK(config.exposed_ports == std::set<std::string>{"8080/tcp"});
  CHECK(config.volumes == std::set<std::string>{"/v"});
  CHECK(config.user == "7");
  CHECK(config.stop_signal == "INT");
  CHECK(config.entrypoint == Lines{"java"});
  CHECK(config.cmd == Lines{"-version"});
  CHECK(json::write(json::Value(config.others)) ==
        R"({"Healthcheck":{"Test":["CMD","probe"],"Interval":5000000000,"Retries":2},)"
        R"("OnBuild":["RUN touch /x"],"Shell":["/bin/sh","-e"]})");
  REQUIRE(config.history.size() == 12);
  CHECK(config.history[1].created_by == "ENV A=1 PATH=/x:$PATH");
  CHECK(config.history[1].empty_layer);
}

TEST_CASE(
    "the image does not depend on where the context is, its times or the order of its files") {
  const std::string text = "FROM scratch\nCOPY . /app/\nLABEL a=b\n";
  Context one;
  one.write("a", "1");
  one.write("z/b", "2");
  Context two;
  two.write("z/b", "2");
  two.write("a", "1");
  std::filesystem::last_write_time(
      two.folder.path() / "context/a",
      std::filesystem::file_time_type::clock::now() - std::chrono::hours(100));
  std::filesystem::permissions(two.folder.path() / "context/a", std::filesystem::perms(0600));
  CHECK(oci::assemble(one.draft(text)).digest == oci::assemble(two.draft(text)).digest);
}

TEST_CASE("a file that changes between being hashed and being packed is refused") {
  Context context;
  context.write("a", "before");
  const auto from = context.sources();
  auto stage = docker_push::build_stages(context.plan("FROM scratch\nCOPY a /\n", from),
                                         "Dockerfile", from, context.folder.path());
  const auto recipes = docker_push::tree_recipes(docker_push::layer_files(stage), {});
  context.write("a", "after!");
  const auto error = support::error_of(
      [&] { oci::make_layer(*recipes.front(), context.folder.path() / "layer", {}); });
  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message().ends_with("/context/a: it changed while it was read"));
}

TEST_CASE("the record's jar is known among the copied files by its bytes") {
  Context context;
  context.write("shop.jar", "jar");
  const auto plan = context.plan("FROM scratch\nCOPY *.jar /app.jar\n", context.sources());
  const std::string sha256 = "3e15e7beb7e8c52b0f19a3e1d5b3fef6df2d3f2ac9a41cc9c0d6fc2a2c1d6d5f";
  CHECK(docker_push::copies_file(plan, 3, docker_push::sha256_of({.size = 3, .text = "jar"})));
  CHECK(!docker_push::copies_file(plan, 3, sha256));
}

TEST_CASE("a finding that is an error stops the build and names its rule and line") {
  Context context;
  context.write("target/notes.txt", "");
  const auto plan = context.plan("FROM scratch\nCOPY target/*.jar /app.jar\n", context.sources());
  const auto error = support::error_of(
      [&] { docker_push::report_findings(plan, dockerfile::parse("FROM scratch\n")); });
  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message() ==
        "check Dockerfile: line 2: target/*.jar matches no file of the build context "
        "(JarGlobNoMatch)");
}

TEST_CASE("a layer's whiteouts hide what is below it") {
  dockerfile::Tree files = system_files();
  dockerfile::Tree layer;
  layer.emplace("data/.wh.seed", text_entry("data/.wh.seed", ""));
  layer.emplace("etc/.wh..wh..opq", text_entry("etc/.wh..wh..opq", ""));
  layer.emplace("etc/hosts", text_entry("etc/hosts", "x"));
  docker_push::apply_layer(std::move(layer), files);
  CHECK(!files.contains("data/seed"));
  CHECK(files.contains("data"));
  CHECK(!files.contains("etc/passwd"));
  CHECK(files.contains("etc/hosts"));
}
