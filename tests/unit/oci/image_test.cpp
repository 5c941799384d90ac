// SPDX-License-Identifier: Apache-2.0
#include "oci/image.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "oci/digest.hpp"
#include "process/child.hpp"

TEST_CASE("an image config is read and written back with its members in one order") {
  const std::string text =
      R"({"created":"2026-01-02T03:04:05Z","architecture":"arm64","os":"linux","variant":"v8",)"
      R"("config":{"User":"app","ExposedPorts":{"80/tcp":{},"8080/tcp":{}},"Env":["A=1","B=2"],)"
      R"("Entrypoint":["java"],"Cmd":["-version"],"Volumes":{"/data":{}},"WorkingDir":"/app",)"
      R"("Labels":{"a":"1","b":"2"},"StopSignal":"SIGTERM"},)"
      R"("rootfs":{"type":"layers","diff_ids":["sha256:)" +
      std::string(64, '0') +
      R"("]},"history":[{"created":"2026-01-02T03:04:05Z","created_by":"x"},{"created_by":"ENV",)"
      R"("empty_layer":true}]})";
  CHECK(oci::write_image_config(oci::parse_image_config(text, "config")) == text);
}

TEST_CASE("members that Docker writes as null count as absent") {
  const auto config = oci::parse_image_config(
      R"({"os":"linux","architecture":"amd64","config":{"Cmd":null,"ExposedPorts":null,"Labels":null},)"
      R"("rootfs":{"type":"layers","diff_ids":null},"history":null})",
      "config");
  CHECK(config.cmd.empty());
  CHECK(config.exposed_ports.empty());
  CHECK(config.labels.empty());
}

TEST_CASE("setting a variable replaces the one of that name") {
  oci::ImageConfig config{.env = {"PATH=/bin", "PATHS=x"}};
  config.set_env("PATH", "/opt/bin");
  CHECK(config.env == std::vector<std::string>{"PATHS=x", "PATH=/opt/bin"});
}

TEST_CASE("a manifest is byte-stable and Docker's layer type becomes OCI's") {
  const std::string zeros = "sha256:" + std::string(64, '0');
  const std::string docker =
      R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",)"
      R"("config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":7,"digest":")" +
      zeros +
      R"("},"layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":9,"digest":")" +
      zeros + R"("}]})";
  oci::Manifest manifest = oci::parse_manifest(docker, "manifest");
  manifest.config.media_type = oci::media_type::config;
  manifest.annotations = {{"b", "2"}, {"a", "1"}};
  CHECK(
      oci::write_manifest(manifest) ==
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
      R"("config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" +
          zeros +
          R"(","size":7},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":")" +
          zeros + R"(","size":9}],"annotations":{"a":"1","b":"2"}})");
}

TEST_CASE("a platform is chosen from an index; a missing one is told with those there are") {
  const std::string index =
      R"({"manifests":[{"digest":"sha256:)" + std::string(64, '1') +
      R"(","size":1,"platform":{"os":"linux","architecture":"arm64"}},{"digest":"sha256:)" +
      std::string(64, '2') + R"(","size":2,"platform":{"os":"linux","architecture":"amd64"}}]})";
  CHECK(oci::choose_platform(index, {.architecture = "amd64"}, "base").size == 2);
  try {
    static_cast<void>(oci::choose_platform(index, {.architecture = "s390x"}, "base"));
    FAIL("chosen");
  } catch (const base::Error& error) {
    CHECK(error.message() == "choose linux/s390x from base: it has linux/arm64, linux/amd64");
  }
}

TEST_CASE("a layer's digests are those of its tar and of its gzip stream") {
  const file::TempDir folder("layer-test");
  oci::LayerWriter writer(folder.path() / "layer");
  writer.tar().add({.path = "app/a"}, "content");
  const oci::Layer layer = writer.finish("one");

  const auto& body = std::get<http::Body>(layer.source);
  std::string bytes(body.size, '\0');
  CHECK(body.read(0, bytes) == bytes.size());
  CHECK(oci::digest_of(bytes) == layer.descriptor.digest);
  CHECK(layer.descriptor.size == bytes.size());

  file::write_atomically(folder.path() / "copy.gz", bytes);
  const auto tar =
      process::capture({.argv = {"gunzip", "-c", (folder.path() / "copy.gz").string()}});
  CHECK(oci::digest_of(tar.out) == layer.diff_id);
}
