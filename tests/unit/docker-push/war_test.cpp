// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include "archives/zip_reader.hpp"
#include "archives/zip_writer.hpp"
#include "docker-push/input.hpp"
#include "docker-push/jar_image.hpp"
#include "docker-push/jar_recipes.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

namespace {

constexpr std::string_view launcher = "org.springframework.boot.loader.launch.WarLauncher";

struct War {
  War() {
    const std::string manifest = "Manifest-Version: 1.0\nMain-Class: " + std::string(launcher) +
                                 "\nStart-Class: com.example.Shop\nSpring-Boot-Version: 3.4.1\n"
                                 "Spring-Boot-Classes: WEB-INF/classes/\n"
                                 "Spring-Boot-Lib: WEB-INF/lib/\n\n";
    archives::zip_to_file({{.path = "META-INF/MANIFEST.MF", .content = manifest},
                           {.path = "org/springframework/boot/loader/launch/WarLauncher.class",
                            .content = "launcher"},
                           {.path = "WEB-INF/classes/a/Main.class", .content = "main"},
                           {.path = "WEB-INF/lib/core-1.0.jar", .content = "core"},
                           {.path = "WEB-INF/lib/part-1.0-SNAPSHOT.jar", .content = "part"},
                           {.path = "WEB-INF/lib-provided/tomcat-10.1.jar", .content = "tomcat"},
                           {.path = "index.html", .content = "page"}},
                          path, archives::ZipPacking::store);
    zip = std::make_unique<archives::ZipReader>(path);
    jar = springboot::boot_jar(*zip);
  }

  file::TempDir folder{"war-test"};
  std::filesystem::path path = folder.path() / "shop.war";
  std::unique_ptr<archives::ZipReader> zip;
  springboot::BootJar jar{};
};

}  // namespace

TEST_CASE("a war is an input like a jar") {
  const War war;
  CHECK(docker_push::find_input(war.path).kind == docker_push::InputKind::jar);
}

TEST_CASE("a war's layers are split as a jar's are, libraries that are provided among them") {
  const War war;
  std::map<std::string, std::set<std::string>> files;
  for (const auto& recipe : docker_push::jar_recipes(*war.zip, war.jar, {}, {})) {
    for (const auto& entry : recipe->entries) {
      if (entry.header.kind == archives::TarKind::regular) {
        files[recipe->name].insert(entry.header.path);
      }
    }
  }
  CHECK(
      files ==
      std::map<std::string, std::set<std::string>>{
          {"dependencies",
           {"app/WEB-INF/lib/core-1.0.jar", "app/WEB-INF/lib-provided/tomcat-10.1.jar"}},
          {"spring-boot-loader", {"app/org/springframework/boot/loader/launch/WarLauncher.class"}},
          {"snapshot-dependencies", {"app/WEB-INF/lib/part-1.0-SNAPSHOT.jar"}},
          {"application",
           {"app/META-INF/MANIFEST.MF", "app/WEB-INF/classes/a/Main.class", "app/index.html"}}});
}

TEST_CASE("a war is started by its own launcher, and has no layout of a plain jar") {
  const War war;
  const auto draft = docker_push::jar_image({.jar = war.jar}, {}, {});
  CHECK(draft.config.entrypoint ==
        std::vector<std::string>{"java", "-cp", "/app", std::string(launcher)});
  CHECK(support::error_of([&] {
          docker_push::jar_recipes(*war.zip, war.jar, {.layout = docker_push::Layout::tools}, {});
        }).kind() == base::Kind::refused);
}
