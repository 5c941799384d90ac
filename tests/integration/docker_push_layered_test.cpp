// SPDX-License-Identifier: Apache-2.0
// docker-push: Dockerfiles whose jar is layered, digests that are made again, locked bases and
// platforms, and what is written for the steps after it.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "archives/zip_writer.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "json/field.hpp"
#include "support/program_output.hpp"
#include "support/push_project.hpp"

namespace {

using support::count;
using support::error_line;
using support::output_of;
using support::PushProject;

json::Field at(const json::Value& result, std::string_view name) {
  return json::Field(result, "result")[name];
}

std::map<std::string, std::string> own_layers(const json::Value& result) {
  std::map<std::string, std::string> layers;
  for (const auto& layer : at(result, "layers").items()) {
    if (layer["name"].string() != "base") layers[layer["name"].string()] = layer["digest"].string();
  }
  return layers;
}

std::set<std::string> names_with(const json::Value& result, std::string_view fate) {
  std::set<std::string> names;
  for (const auto& layer : at(result, "layers").items()) {
    if (layer["fate"].string() == fate) names.insert(layer["name"].string());
  }
  return names;
}

support::BootJarContent many_libraries() {
  support::BootJarContent content;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "part" + std::to_string(i) + "-1.0.jar";
    content.libraries[name] = archives::zip_bytes({{.path = "x", .content = name}});
  }
  return content;
}

void rewrite(const PushProject& project, const support::BootJarContent& content) {
  support::write_boot_jar(project.jar(), content);
  project.write_record();
}

// The Dockerfile of most Spring Boot services, with this FROM.
void write_dockerfile(const PushProject& project, const std::string& from) {
  support::write_file(project.folder.path() / "Dockerfile",
                      "FROM " + from +
                          "\nWORKDIR /app\nCOPY app.jar app.jar\n"
                          "EXPOSE 8080\nENTRYPOINT [\"java\", \"-jar\", \"/app/app.jar\"]\n");
}

std::string base_of(const PushProject& project) { return project.registry.address() + "/jre:17"; }

std::filesystem::path lock_of(const PushProject& project) {
  return project.folder.path() / "images.lock";
}

std::string put_manifest(const PushProject& project, const std::string& place,
                         const std::string& type, const std::string& text) {
  const auto file = project.folder.path() / "manifest.json";
  support::write_file(file, text);
  output_of({"curl", "--silent", "--show-error", "--fail", "--request", "PUT", "--header",
             "Content-Type: " + type, "--data-binary", "@" + file.string(),
             "http://" + project.registry.address() + "/v2/" + place});
  return "sha256:" + crypto::sha256_hex(text);
}

constexpr const char* manifest_type = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* index_type = "application/vnd.oci.image.index.v1+json";

std::string manifest_of(const PushProject& project, const std::string& place) {
  return output_of({"curl", "--silent", "--show-error", "--fail", "--header",
                    std::string("Accept: ") + manifest_type,
                    "http://" + project.registry.address() + "/v2/" + place});
}

}  // namespace

TEST_CASE("a Dockerfile's jar is layered, and its libraries are layers of the jar itself") {
  PushProject project;
  auto content = many_libraries();
  rewrite(project, content);
  write_dockerfile(project, base_of(project));
  const auto jar = project.pushed({"--layout", "tools"});
  const auto built = project.pushed({"Dockerfile", "--layered"});

  const auto of_jar = own_layers(jar);
  const auto layers = own_layers(built);
  CHECK(layers.size() == 8);  // six of libraries, WORKDIR's and the application's
  for (const auto& [name, digest] : of_jar) {
    if (name.starts_with("dependencies-")) CHECK(layers.at(name) == digest);
  }
  CHECK(names_with(built, "sent") == std::set<std::string>{"WORKDIR /app", "application"});
  CHECK(project.registry.inspect("shop:1.2.3-4", "{{.Digest}}") == at(built, "digest").string());

  content.application = "another class";
  rewrite(project, content);
  project.forget_everything();
  CHECK(names_with(project.pushed({"Dockerfile", "--layered"}), "sent") ==
        std::set<std::string>{"application"});
}

TEST_CASE("the advice to layer a fat jar names the option and is gone with it") {
  PushProject project;
  support::BootJarContent content;
  content.libraries["large-1.0.jar"] = std::string(2U << 20U, 'x');
  rewrite(project, content);
  write_dockerfile(project, base_of(project));
  const auto plain = project.push({"Dockerfile", "--dry-run"});
  CHECK(plain.err.find("(FatJar); --layered, or ") != std::string::npos);
  const auto layered = project.push({"Dockerfile", "--dry-run", "--layered"});
  INFO(layered.err);
  CHECK(layered.exit.ok());
  CHECK(layered.err.find("FatJar") == std::string::npos);
}

TEST_CASE("a layered application starts with the command line of its Dockerfile") {
  PushProject project;
  const auto& folder = project.folder.path();
  support::write_file(folder / "classes/com/acme/Greeting.java",
                      "package com.acme;\npublic class Greeting { public static String text() {"
                      " return \"hello of a library\"; } }\n");
  support::write_file(folder / "classes/com/acme/Shop.java",
                      "package com.acme;\npublic class Shop { public static void main(String[] a)"
                      " { System.out.println(Greeting.text() + \", \" + a[0]); } }\n");
  output_of({"javac", "--release", "17", "com/acme/Greeting.java", "com/acme/Shop.java"},
            folder / "classes");
  const auto of_class = [&folder](const std::string& name) {
    return file::read(folder / "classes/com/acme" / (name + ".class"));
  };
  archives::zip_to_file(
      {{.path = "META-INF/MANIFEST.MF",
        .content = "Manifest-Version: 1.0\nMain-Class: "
                   "org.springframework.boot.loader.launch.JarLauncher\nStart-Class: "
                   "com.acme.Shop\nSpring-Boot-Version: 3.5.0\nBuild-Jdk-Spec: 17\n"},
       {.path = "org/springframework/boot/loader/launch/JarLauncher.class", .content = "x"},
       {.path = "BOOT-INF/classes/com/acme/Shop.class", .content = of_class("Shop")},
       {.path = "BOOT-INF/lib/greeting-1.0.jar",
        .content = archives::zip_bytes(
            {{.path = "com/acme/Greeting.class", .content = of_class("Greeting")}})}},
      project.jar(), archives::ZipPacking::store);
  project.write_record();
  support::write_file(folder / "Dockerfile",
                      "FROM scratch\nCOPY app.jar /opt/shop/\nCMD java -jar /opt/shop/app.jar\n");
  const std::string layout = folder / "layout";
  const auto saved = project.pushed({"Dockerfile", "--layered", "--save", "oci:" + layout});

  std::filesystem::create_directory(folder / "root");
  const auto manifest = json::parse(
      output_of({"skopeo", "inspect", "--raw", "oci:" + layout + ":1.2.3-4"}), "manifest");
  for (const auto& layer : json::Field(manifest, "manifest")["layers"].items()) {
    const std::string hex = layer["digest"].string().substr(7);
    output_of({"tar", "-xzf", layout + "/blobs/sha256/" + hex, "-C", folder / "root"});
  }
  CHECK(output_of({"java", "-jar", folder / "root/opt/shop/app.jar", "started"}) ==
        "hello of a library, started");
  CHECK(std::filesystem::exists(folder / "root/opt/shop/lib/greeting-1.0.jar"));
}

TEST_CASE("an option that does nothing with the input is a usage error, and nothing is pushed") {
  PushProject project;
  write_dockerfile(project, base_of(project));
  support::write_file(project.folder.path() / "run.Dockerfile",
                      "FROM " + base_of(project) +
                          "\nRUN true\nCOPY app.jar /app/\n"
                          "ENTRYPOINT [\"java\", \"-jar\", \"/app/app.jar\"]\n");
  project.registry.forget_requests();
  const auto refused = [&](const std::string& line, std::vector<std::string> arguments) {
    const auto pushed = project.push(std::move(arguments));
    INFO(pushed.err);
    CHECK(pushed.exit.code == 2);
    CHECK(error_line(pushed) == line);
    CHECK(pushed.err.find("try: ") != std::string::npos);
  };
  refused("--layered does nothing with a jar", {"--layered"});
  refused("--layout does nothing with a Dockerfile", {"Dockerfile", "--layout", "tools"});
  refused(
      "build run.Dockerfile with --layered: line 2 needs an engine (RUN executes "
      "a command in a container)",
      {"run.Dockerfile", "--layered"});
  refused("read platform 'arm64'", {"--platform", "arm64"});
  refused("make a base for linux/s390x: local-jre is this machine's own Java",
          {"--base", "local-jre", "--platform", "linux/s390x"});
  CHECK(count(project.registry.requests(), "/uploads/") == 0);
}

TEST_CASE("verified layers are made from the jar, and what they were remembered as is believed") {
  PushProject project;
  rewrite(project, many_libraries());
  const auto first = project.pushed();
  const auto run = project.push({"--verify-cache"});
  INFO(run.err);
  CHECK(run.exit.ok());
  CHECK(run.out.find(at(first, "digest").string()) != std::string::npos);
  CHECK(run.err.find("verified 8 remembered layers") != std::string::npos);

  const auto saved = project.push({"--verify-cache", "--save", "oci:layout"});
  CHECK(saved.exit.ok());
  CHECK(saved.err.find("verified 8 remembered layers") != std::string::npos);

  project.forget_everything();
  const auto fresh = project.push({"--verify-cache"});
  CHECK(fresh.exit.ok());
  CHECK(fresh.err.find("verified 8 remembered layers") != std::string::npos);
}

TEST_CASE("a digest that this machine remembers wrongly is told with layer, key and file") {
  PushProject project;
  const auto first = project.pushed();
  std::map<std::string, std::string> keys;
  for (const auto& layer : at(first, "layers").items()) {
    keys[layer["name"].string()] = layer["key"].string();
  }
  const auto cache = project.folder.path() / "cache";
  std::filesystem::path remembered;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(cache)) {
    if (entry.path().filename() == keys.at("application") + ".json") remembered = entry.path();
  }
  REQUIRE(!remembered.empty());
  const auto layers = own_layers(first);
  std::string text = file::read(remembered);
  const auto place = text.find(layers.at("application"));
  REQUIRE(place != std::string::npos);
  text.replace(place, layers.at("dependencies").size(), layers.at("dependencies"));
  support::write_file(remembered, text);

  const auto wrong = project.push({"--verify-cache"});
  INFO(wrong.err);
  CHECK(wrong.exit.code == 7);
  CHECK(error_line(wrong) == "verify layer application (key " + keys.at("application") +
                                 "): its digest is " + layers.at("application") + ", " +
                                 remembered.string() + " says " + layers.at("dependencies"));
  CHECK(project.registry.inspect("shop:1.2.3-4", "{{.Digest}}") == at(first, "digest").string());
}

TEST_CASE("a digest that the registry's annotations tell wrongly is told with the image") {
  PushProject project;
  const auto first = project.pushed();
  std::map<std::string, std::string> keys;
  for (const auto& layer : at(first, "layers").items()) {
    keys[layer["name"].string()] = layer["key"].string();
  }
  // The two layers' keys change places.
  std::string text = manifest_of(project, "shop/manifests/1.2.3-4");
  const auto one = text.find(keys.at("application"));
  const auto two = text.find(keys.at("dependencies"));
  REQUIRE(one != std::string::npos);
  REQUIRE(two != std::string::npos);
  text.replace(one, 64, keys.at("dependencies"));
  text.replace(two, 64, keys.at("application"));
  put_manifest(project, "shop/manifests/latest", manifest_type, text);
  project.forget_everything();

  const auto wrong = project.push(
      {"--verify-cache", "--cache-from", "latest", "--image", project.image() + ":next"});
  INFO(wrong.err);
  CHECK(wrong.exit.code == 7);
  CHECK(error_line(wrong).starts_with("verify layer "));
  CHECK(error_line(wrong).find(", " + project.image() + ":latest says sha256:") !=
        std::string::npos);
  CHECK(count(project.registry.requests(), "PUT /v2/shop/manifests/next") == 0);
}

TEST_CASE("the digest and the result are written for the steps after") {
  PushProject project;
  const auto& folder = project.folder.path();
  const std::vector<std::string> files{"--digest-file",  "out/digest", "--metadata-file",
                                       "out/image.json", "--tag",      "main"};
  auto planned = files;
  planned.emplace_back("--dry-run");
  CHECK(project.push(planned).exit.ok());
  CHECK_FALSE(std::filesystem::exists(folder / "out"));

  const auto first = project.pushed(files);
  CHECK(file::read(folder / "out/digest") == at(first, "digest").string());
  const auto written = json::parse(file::read(folder / "out/image.json"), "image.json");
  CHECK(written == first);
  CHECK(at(first, "ref").string() == project.image() + ":1.2.3-4");
  CHECK(at(first, "tags").items().size() == 2);
  CHECK(at(first, "tags").items()[1].string() == "main");
  CHECK(at(first, "base")["digest"].string().starts_with("sha256:"));
  CHECK(at(first, "size").integer() ==
        at(first, "bytes_sent").integer() + at(first, "bytes_mounted").integer());
  CHECK(names_with(first, "mounted") == std::set<std::string>{"base"});
  CHECK(names_with(first, "sent").size() == 3);

  const auto second = project.pushed(files);
  CHECK(at(second, "unchanged").boolean());
  CHECK(at(second, "bytes_skipped").integer() == at(first, "size").integer());
  CHECK(names_with(second, "there").size() == 4);

  const auto saved = project.pushed({"--digest-file", "out/saved", "--save", "oci:layout"});
  CHECK(file::read(folder / "out/saved") == at(first, "digest").string());
  CHECK(at(saved, "size").integer() == at(first, "size").integer());
}

TEST_CASE("a locked base stays when its tag moves, for jars and for FROM, until it is updated") {
  PushProject project;
  const auto moved = [](const json::Value& result) {
    return at(result, "base")["digest"].string();
  };
  const std::string before = moved(project.pushed({"--update-base"}));
  CHECK(file::read(lock_of(project)) == base_of(project) + " " + before + "\n");

  write_dockerfile(project, base_of(project));
  project.pushed({"Dockerfile", "--layered", "--image", project.registry.address() + "/new:1"});
  output_of({"skopeo", "copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false",
             "docker://" + project.registry.address() + "/new:1", "docker://" + base_of(project)});
  project.registry.forget_requests();
  const auto jar = project.pushed();
  CHECK(moved(jar) == before);
  CHECK(at(jar, "base")["ref"].string() == base_of(project));
  CHECK(count(project.registry.requests(), "/v2/jre/manifests/17") == 0);
  const auto dockerfile = project.push({"Dockerfile", "-o", "json"});
  CHECK(moved(json::parse(dockerfile.out, "result")) == before);
  CHECK(dockerfile.err.find("UnpinnedBase") == std::string::npos);

  const auto updated = project.pushed({"--update-base"});
  CHECK(moved(updated) != before);
  CHECK(file::read(lock_of(project)) == base_of(project) + " " + moved(updated) + "\n");
  CHECK(moved(project.pushed()) == moved(updated));
}

TEST_CASE("the lock lies beside the settings file, and a dry run does not write it") {
  PushProject project;
  support::write_file(project.folder.path() / "ci/stagecraft.yaml", "port: 9090\n");
  const std::vector<std::string> update{"--update-base", "--config", "ci/stagecraft.yaml"};
  auto planned = update;
  planned.emplace_back("--dry-run");
  const auto plan = project.push(planned);
  CHECK(plan.exit.ok());
  CHECK(plan.err.find("would lock " + base_of(project) + " as sha256:") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(project.folder.path() / "ci/images.lock"));
  CHECK(project.push(update).exit.ok());
  CHECK(std::filesystem::exists(project.folder.path() / "ci/images.lock"));
}

TEST_CASE("a lock that no longer fits the registry, or was damaged, is told") {
  PushProject project;
  const std::string gone = "sha256:" + std::string(64, 'f');
  const auto refused = [&](int code, const std::string& line, std::vector<std::string> arguments) {
    const auto pushed = project.push(std::move(arguments));
    INFO(pushed.err);
    CHECK(pushed.exit.code == code);
    CHECK(error_line(pushed) == line);
  };
  support::write_file(lock_of(project), base_of(project) + " " + gone + "\n");
  refused(1,
          "pull base image " + base_of(project) + ": images.lock says " + gone +
              ", which the registry does not have",
          {});
  support::write_file(lock_of(project), "<<<<<<< ours\n");
  refused(7, "read images.lock: line 1: '<<<<<<< ours' is no image:tag and digest", {});
  std::filesystem::remove(lock_of(project));
  refused(2, "write images.lock: this image has no base with a tag",
          {"--update-base", "--base",
           base_of(project) + "@" + project.registry.inspect("jre:17", "{{.Digest}}")});

  support::write_file(lock_of(project), "registry.example/other:1 " + gone + "\n");
  const auto unlocked = project.push();
  CHECK(unlocked.exit.ok());
  CHECK(unlocked.err.find("images.lock does not name " + base_of(project) +
                          "; --update-base adds it") != std::string::npos);
}

TEST_CASE("an image is made for the platform that was asked for, of an index's base or of none") {
  PushProject project;
  const std::string arm = project.registry.address() + "/arm:1";
  support::write_file(project.folder.path() / "Dockerfile", "FROM scratch\nCOPY app.jar /arm/\n");
  const auto base = project.pushed({"Dockerfile", "--image", arm, "--platform", "linux/arm64"});
  CHECK(project.registry.inspect("arm:1", "{{.Architecture}}") == "arm64");

  const std::string text = manifest_of(project, "arm/manifests/1");
  put_manifest(project, "arm/manifests/both", index_type,
               R"({"schemaVersion":2,"mediaType":")" + std::string(index_type) +
                   R"(","manifests":[{"mediaType":")" + manifest_type + R"(","digest":")" +
                   at(base, "digest").string() + R"(","size":)" + std::to_string(text.size()) +
                   R"(,"platform":{"os":"linux","architecture":"arm64","variant":"v8"}}]})");
  const std::string both = project.registry.address() + "/arm:both";
  project.pushed({"--base", both, "--platform", "linux/aarch64"});
  CHECK(project.registry.inspect("shop:1.2.3-4", "{{.Architecture}}") == "arm64");

  const auto refused = [&](const std::string& line, std::vector<std::string> arguments) {
    const auto pushed = project.push(std::move(arguments));
    INFO(pushed.err);
    CHECK(pushed.exit.code == 1);
    CHECK(error_line(pushed) == line);
  };
  refused("choose linux/s390x from base image " + both + ": it has linux/arm64/v8",
          {"--base", both, "--platform", "linux/s390x"});
  refused("use base image " + arm + ": it is for linux/arm64, not linux/s390x",
          {"--base", arm, "--platform", "linux/s390x"});
}
