// SPDX-License-Identifier: Apache-2.0
// Images that docker-push must not push or build on: each has a message of its own, and the tag
// stays as it was.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archives/gzip.hpp"
#include "archives/tar_writer.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "json/field.hpp"
#include "json/value.hpp"
#include "process/child.hpp"
#include "support/pushed_project.hpp"

namespace {

namespace fs = std::filesystem;
using support::error_line;
using support::PushedProject;
using support::PushProject;

std::string sha256(std::string_view bytes) { return "sha256:" + crypto::sha256_hex(bytes); }

void run_program(std::vector<std::string> argv) {
  const std::string name = text::join(argv, " ");
  const auto result = process::capture({.argv = std::move(argv)}, {}, std::chrono::minutes(1));
  INFO(name << ": " << result.err);
  REQUIRE(result.exit.ok());
}

// The pushed image as a layout, in which documents and blobs can be exchanged.
class Layout {
 public:
  Layout(const PushProject& project, const std::string& name)
      : folder_(project.folder.path() / name) {
    run_program({"skopeo", "copy", "--quiet", "--src-tls-verify=false",
                 "docker://" + project.image() + ":1.2.3-4", "oci:" + folder_.string() + ":1"});
    index_ = json::parse(file::read(folder_ / "index.json"), "index");
    manifest_ = json::parse(file::read(blob(digest_in(index_, "manifests", 0))), "manifest");
  }

  fs::path blob(const std::string& digest) const {
    return folder_ / "blobs/sha256" / digest.substr(7);
  }
  fs::path layer(std::size_t number) const { return blob(digest_in(manifest_, "layers", number)); }
  fs::path config() const {
    return blob(json::Field(manifest_, "manifest")["config"]["digest"].string());
  }
  const fs::path& folder() const { return folder_; }

  std::string put(const std::string& bytes) const {
    file::write_atomically(blob(sha256(bytes)), bytes);
    return sha256(bytes);
  }

  // The manifest's text with one part replaced, named by a new index.
  void rewrite_manifest(const std::string& from, const std::string& to) const {
    std::string text = json::write(manifest_);
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    name_manifest(text.replace(at, from.size(), to));
  }

  // The config's bytes, with the descriptor that says so.
  void replace_config(const std::string& bytes,
                      const std::string& type = "application/vnd.oci.image.config.v1+json") const {
    json::Value manifest = manifest_;
    manifest.set(
        "config",
        json::object({{"mediaType", type}, {"digest", put(bytes)}, {"size", bytes.size()}}));
    name_manifest(json::write(manifest));
  }

  void name_manifest(const std::string& text) const {
    const json::Value entry =
        json::object({{"mediaType", "application/vnd.oci.image.manifest.v1+json"},
                      {"digest", put(text)},
                      {"size", text.size()}});
    write_index(json::Array{entry});
  }

  void write_index(json::Array entries) const {
    file::write_atomically(
        folder_ / "index.json",
        json::write(json::object({{"schemaVersion", 2}, {"manifests", std::move(entries)}})));
  }

  json::Value entry(const std::string& name) const {
    json::Value entry = json::Field(index_, "index")["manifests"].items()[0].value();
    entry.set("annotations", json::object({{"org.opencontainers.image.ref.name", name}}));
    return entry;
  }

 private:
  static std::string digest_in(const json::Value& document, std::string_view list,
                               std::size_t number) {
    return json::Field(document, "document")[list].items()[number]["digest"].string();
  }

  fs::path folder_;
  json::Value index_;
  json::Value manifest_;
};

using Members = std::vector<std::pair<std::string, std::string>>;

void write_tar(const fs::path& path, const Members& members) {
  std::string bytes;
  archives::TarWriter writer(
      [&bytes](std::span<const std::byte> piece) { bytes += crypto::as_text(piece); });
  for (const auto& [name, content] : members) writer.add({.path = name}, content);
  writer.finish();
  file::write_atomically(path, bytes);
}

std::string gzip(std::string_view content) {
  std::string bytes;
  archives::GzipWriter writer(
      [&bytes](std::span<const std::byte> piece) { bytes += crypto::as_text(piece); });
  writer.write(archives::bytes_of(content));
  writer.finish();
  return bytes;
}

// What docker save writes, of one layer.
Members docker_archive(const std::string& layer, const std::string& diff_id) {
  const std::string config =
      R"({"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[")" +
      diff_id + "\"]}}";
  return {{"layer.tar", layer},
          {"config.json", config},
          {"manifest.json",
           R"([{"Config":"config.json","RepoTags":["shop:1"],"Layers":["layer.tar"]}])"}};
}

std::string layer_tar() {
  std::string bytes;
  archives::TarWriter writer(
      [&bytes](std::span<const std::byte> piece) { bytes += crypto::as_text(piece); });
  writer.add({.path = "etc/motd"}, "hello");
  writer.finish();
  return bytes;
}

}  // namespace

TEST_CASE("a layout whose blobs are not what its manifest says is refused by what differs") {
  const PushedProject project;
  const Layout damaged(project, "damaged");
  std::string bytes = file::read(damaged.layer(1));
  bytes[30] = static_cast<char>(bytes[30] ^ 1);
  file::write_atomically(damaged.layer(1), bytes);
  const auto run = project.push(
      {"damaged", "--image", project.registry.address() + "/fresh:1", "--release", "none.json"});
  CHECK(run.exit.code == 7);
  CHECK(error_line(run).find("digest_invalid") != std::string::npos);
  CHECK(support::count(project.registry.requests(), "PUT /v2/fresh/manifests/") == 0);
  project.refuses(7, ": its bytes have digest sha256:", {"damaged", "--save", "oci:saved"});
  project.refuses(7, ": its bytes have digest sha256:", {"damaged", "--save", "docker-archive:a"});
  CHECK_FALSE(fs::exists(project.folder.path() / "a"));
  CHECK_FALSE(fs::exists(project.folder.path() / "saved/index.json"));

  const Layout cut(project, "cut");
  const auto size = fs::file_size(cut.layer(1));
  fs::resize_file(cut.layer(1), size - 9);
  project.refuses(7, " has " + std::to_string(size - 9) + " bytes, its manifest says ", {"cut"});

  const Layout without(project, "without");
  fs::remove(without.layer(1));
  project.refuses(7, "read without: it has no blobs/sha256/", {"without"});
  REQUIRE(::mkfifo(without.layer(1).c_str(), 0600) == 0);
  project.refuses(3, ": it is no regular file", {"without"});
}

TEST_CASE("a layout that holds no image, or several, is refused with what it has") {
  const PushedProject project;
  const Layout artifact(project, "artifact");
  artifact.replace_config("{}", "application/vnd.oci.empty.v1+json");
  project.refuses(1, "read artifact: its config is of type 'application/vnd.oci.empty.v1+json'",
                  {"artifact"});

  const Layout old(project, "old");
  old.name_manifest(R"({"schemaVersion":1,"name":"shop","fsLayers":[],"history":[]})");
  project.refuses(1, "read old: its manifest is of type 'schema version 1'", {"old"});

  const Layout several(project, "several");
  several.write_index(json::Array{several.entry("a"), several.entry("b")});
  project.refuses(1, "find one image in several: it has a, b", {"several"});
  project.refuses(1, "find 'c' in several: it has a, b", {"several@c"});
  several.write_index({});
  project.refuses(1, "find one image in several: it has none", {"several"});

  const Layout other(project, "other");
  other.rewrite_manifest("\"size\":", "\"size\":-");
  project.refuses(7, ": size -", {"other"});
}

TEST_CASE("a config that is broken, too large or of another image is refused") {
  const PushedProject project;
  const Layout layout(project, "layout");
  const auto refuses = [&](const std::string& config, std::string_view words) {
    layout.replace_config(config);
    project.refuses(7, words, {"layout"});
  };
  refuses("{\"rootfs\":", "parse config of layout: not JSON at byte ");
  refuses("[]", "config of layout: expected an object, found an array");
  refuses(R"({"a":")" + std::string(5U << 20U, 'x') + "\"}", " has 5242888 bytes");
  refuses(R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}})",
          "read layout: 4 layers but 0 diff ids");
}

TEST_CASE("an image archive that misses a layer or holds a wrong one is refused") {
  const PushedProject project;
  const auto path = project.folder.path() / "image.tar";
  const std::string tar = layer_tar();
  const auto refuses = [&](std::string_view words, const Members& members) {
    write_tar(path, members);
    project.refuses(7, words, {"image.tar"});
  };
  auto members = docker_archive(tar, sha256(tar));
  write_tar(path, members);
  CHECK(project.push({"image.tar", "--image", project.image() + ":archive", "--release", "none"})
            .exit.ok());

  refuses("its tar has digest " + sha256(tar), docker_archive(tar, sha256("other")));
  refuses("its tar has digest " + sha256(tar), docker_archive(gzip(tar), sha256("other")));
  refuses("its gzip stream ends early",
          docker_archive(gzip(tar).substr(0, gzip(tar).size() - 9), sha256(tar)));
  members.erase(members.begin());
  refuses("read image.tar: it has no layer.tar", members);
  refuses("read image.tar: neither manifest.json nor index.json is in it", {{"a", "b"}});
  members = docker_archive(tar, sha256(tar));
  members[2].second = R"([{"Config":"config.json","Layers":["../../../../etc/passwd"]}])";
  refuses("read image.tar: it has no ../../../../etc/passwd", members);
  members[2].second = "[";
  refuses("manifest.json: not JSON at byte ", members);

  write_tar(path, docker_archive(tar, sha256(tar)));
  fs::resize_file(path, 1100);
  project.refuses(7, "read image.tar: it ends within an entry", {"image.tar"});
}

TEST_CASE("a base image that is none for this machine is refused, and the next thing to try told") {
  const PushedProject project;
  const auto put = [&](const Layout& layout, const std::string& tag) {
    const std::string reference = project.registry.address() + "/base:" + tag;
    run_program({"skopeo", "copy", "--all", "--quiet", "--dest-tls-verify=false",
                 "oci:" + layout.folder().string(), "docker://" + reference});
    return reference;
  };
  const auto refuses = [&](int code, std::string_view words, const std::string& base) {
    project.refuses(code, words, {"--base", base});
  };

  const Layout artifact(project, "artifact");
  artifact.replace_config("{}", "application/vnd.oci.empty.v1+json");
  refuses(1, ": its config is of type 'application/vnd.oci.empty.v1+json'",
          put(artifact, "artifact"));

  const Layout other(project, "other");
  auto entry = other.entry("a");
  entry.set("platform", json::object({{"os", "linux"}, {"architecture", "s390x"}}));
  const std::string index =
      json::write(json::object({{"schemaVersion", 2},
                                {"mediaType", "application/vnd.oci.image.index.v1+json"},
                                {"manifests", json::Array{entry}}}));
  other.write_index(
      json::Array{json::object({{"mediaType", "application/vnd.oci.image.index.v1+json"},
                                {"digest", other.put(index)},
                                {"size", index.size()}})});
  const auto base = put(other, "other");
  const std::string platform = project.registry.inspect("jre:17", "{{.Os}}/{{.Architecture}}");
  refuses(1, "choose " + platform + " from base image " + base + ": it has linux/s390x", base);
  CHECK(project.push({"--base", base})
            .err.find("try: name a base image that exists for this platform") != std::string::npos);
}

TEST_CASE("an earlier tag of unknown kind is no help and no hindrance") {
  const PushedProject project;
  const Layout artifact(project, "artifact");
  artifact.replace_config("{}", "application/vnd.oci.empty.v1+json");
  for (const char* tag : {"latest", "1.2.3-4"}) {
    run_program({"skopeo", "copy", "--quiet", "--dest-tls-verify=false",
                 "oci:" + artifact.folder().string(), "docker://" + project.image() + ':' + tag});
  }
  const auto run = project.push();
  INFO(run.err);
  CHECK(run.exit.ok());
  CHECK(project.registry.inspect("shop:1.2.3-4", "{{.Digest}}") == project.digest);
}
