// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "docker-push/jdk.hpp"
#include "docker-push/kept_layers.hpp"
#include "docker-push/shared_libraries.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"

TEST_CASE("ldd's list gives the machine's libraries, without the runtime's own and the kernel's") {
  const auto list = docker_push::parse_ldd(
      "/jre/bin/java:\n"
      "\tlinux-vdso.so.1 (0x00007ffc0a9f2000)\n"
      "\tlibjli.so => /jre/bin/../lib/libjli.so (0x00007f0000000000)\n"
      "\tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f0000000000)\n"
      "\tlibfoo.so.3 => not found\n"
      "\t/lib64/ld-linux-x86-64.so.2 (0x00007f0000000000)\n"
      "/jre/lib/libx.so:\n"
      "\tstatically linked\n",
      "/jre");
  CHECK(list.paths ==
        std::set<std::string>{"/lib/x86_64-linux-gnu/libz.so.1", "/lib64/ld-linux-x86-64.so.2"});
  CHECK(list.missing == std::set<std::string>{"libfoo.so.3"});
}

TEST_CASE("a JDK's release file tells its version") {
  const std::string release = "IMPLEMENTOR=\"Debian\"\nJAVA_VERSION=\"17.0.15\"\n";
  CHECK(docker_push::release_value(release, "JAVA_VERSION") == "17.0.15");
  CHECK(docker_push::release_value(release, "MODULES") == "");
  CHECK(docker_push::feature_of("17.0.15") == 17);
  CHECK(docker_push::feature_of("25") == 25);
  CHECK(docker_push::feature_of("1.8.0_402") == 8);
  CHECK(docker_push::feature_of("x") == 0);
}

TEST_CASE("a folder without jlink is no JDK to make a runtime from") {
  const file::TempDir folder("jdk-test");
  try {
    docker_push::find_jdk(process::environment_of({{"JAVA_HOME", folder.path().string()}}));
    FAIL("accepted");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::Kind::environment);
    CHECK(error.message() ==
          "make a Java runtime from " + folder.path().string() + ": it has no jlink");
  }
}

TEST_CASE("kept layers are used until a layer is damaged or a needed file changes") {
  const file::TempDir folder("kept-test");
  const auto library = folder.path() / "libz.so";
  const auto kept = folder.path() / "kept";
  const auto keep = [&] {
    file::make_directories(kept);
    file::write_atomically(library, "library");
    oci::LayerWriter writer(kept / docker_push::kept_layer_name("system"));
    writer.tar().add({.path = "lib/libz.so"}, "library");
    docker_push::KeptLayers layers{.layers = {}, .needed = {docker_push::look_at(library)}};
    layers.layers.push_back(writer.keep("system"));
    docker_push::keep_layers(kept, layers);
    return layers.layers[0].descriptor.digest;
  };

  CHECK_FALSE(docker_push::find_kept_layers(kept));
  const std::string digest = keep();
  const auto found = docker_push::find_kept_layers(kept);
  REQUIRE(found);
  CHECK(found->layers.at(0).descriptor.digest == digest);
  CHECK(found->layers.at(0).name == "system");

  file::write_atomically(library, "security update");
  CHECK_FALSE(docker_push::find_kept_layers(kept));
  keep();
  file::write_atomically(kept / docker_push::kept_layer_name("system"), "damaged");
  CHECK_FALSE(docker_push::find_kept_layers(kept));
  file::write_atomically(kept / "layers.json", "no JSON");
  CHECK_FALSE(docker_push::find_kept_layers(kept));
}
