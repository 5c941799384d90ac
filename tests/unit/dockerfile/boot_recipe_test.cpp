// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/boot_recipe.hpp"

#include <doctest/doctest.h>

#include <string>
#include <variant>

#include "unit/dockerfile/build_folder.hpp"

namespace {

using build_folder::Folder;
using dockerfile::BaseKind;
using dockerfile::CopyFrom;
using dockerfile::ExtractBootJar;
using dockerfile::Plan;

// The multi-stage file of Spring Boot's documentation around one RUN.
std::string dockerfile_with(const std::string& run) {
  return "FROM eclipse-temurin:17-jre AS builder\n"
         "WORKDIR /builder\n"
         "ARG JAR_FILE=target/*.jar\n"
         "COPY ${JAR_FILE} application.jar\n" +
         run +
         "\nFROM eclipse-temurin:17-jre\n"
         "WORKDIR /application\n"
         "COPY --from=builder /builder/extracted/dependencies/ ./\n"
         "COPY --from=builder /builder/extracted/spring-boot-loader/ ./\n"
         "COPY --from=builder /builder/extracted/snapshot-dependencies/ ./\n"
         "COPY --from=builder /builder/extracted/application/ ./\n"
         "ENTRYPOINT [\"java\", \"-jar\", \"application.jar\"]\n";
}

const ExtractBootJar* extraction(const Plan& plan) {
  return std::get_if<ExtractBootJar>(&plan.stages.front().steps.back().action);
}

}  // namespace

TEST_CASE("the documented ways to extract a boot jar need no engine") {
  Folder folder;
  folder.add("target/shop-1.0.jar", "jar bytes");
  struct Case {
    std::string run;
    std::string destination;
    bool layers;
    bool launcher;
  };
  for (const Case& c : {
           Case{"RUN java -Djarmode=layertools -jar application.jar extract", "/builder", true,
                true},
           Case{
               "RUN java -Djarmode=layertools -jar application.jar extract --destination extracted",
               "/builder/extracted", true, true},
           Case{"RUN java -Djarmode=tools -jar application.jar extract --layers --destination "
                "extracted",
                "/builder/extracted", true, false},
           Case{"RUN java -Djarmode=tools -jar application.jar extract --layers --launcher",
                "/builder/application", true, true},
           Case{"RUN java -Djarmode=tools -jar ./application.jar extract", "/builder/application",
                false, false},
           Case{"RUN [\"java\", \"-Djarmode=tools\", \"-jar\", \"/builder/application.jar\", "
                "\"extract\", \"--destination=/out\"]",
                "/out", false, false},
           Case{"ARG JAR=application.jar\nRUN java -Djarmode=tools \\\n  -jar ${JAR} \\\n  extract "
                "--force",
                "/builder/application", false, false},
       }) {
    CAPTURE(c.run);
    const Plan plan = folder.plan(dockerfile_with(c.run));
    CHECK_FALSE(first_needing_engine(plan));
    const ExtractBootJar* found = extraction(plan);
    REQUIRE(found);
    CHECK(found->jar == "/builder/application.jar");
    CHECK(found->origin.file == folder.folder.path() / "target/shop-1.0.jar");
    CHECK(found->origin.size == 9);
    CHECK(found->destination == c.destination);
    CHECK(found->layers == c.layers);
    CHECK(found->launcher == c.launcher);

    const auto& steps = plan.target().steps;
    REQUIRE(steps.size() == 6);
    const auto& copy = std::get<CopyFrom>(steps[1].action);
    CHECK(copy.source.kind == BaseKind::stage);
    CHECK(copy.source.stage == 0);
    CHECK(copy.request.destination == "/application");
    CHECK(copy.request.into_folder);
    CHECK(copy.request.sources == std::vector<std::string>{"/builder/extracted/dependencies/"});
    CHECK(plan.target().config.working_dir == "/application");
  }
}

TEST_CASE("any other command, and an extraction that could differ, needs the engine") {
  Folder folder;
  folder.add("target/shop-1.0.jar");
  for (const char* run : {
           "RUN java -jar application.jar",
           "RUN java -Djarmode=tools -jar application.jar list-layers",
           "RUN java -Djarmode=layertools -jar application.jar extract dependencies",
           "RUN java -Djarmode=tools -jar application.jar extract --application-filename x.jar",
           "RUN java -Djarmode=tools -jar application.jar extract && rm application.jar",
           "RUN java -Djarmode=tools -jar *.jar extract",
           "RUN java -Djarmode=tools -jar other.jar extract",
           "RUN java -Djarmode=tools -jar application.jar extract --destination",
           "RUN --mount=type=cache,target=/x java -Djarmode=tools -jar application.jar extract",
           "SHELL [\"/x\"]\nRUN java -Djarmode=tools -jar application.jar extract",
           "ENV JAVA_TOOL_OPTIONS=-Dx\nRUN java -Djarmode=tools -jar application.jar extract",
           "RUN true\nRUN java -Djarmode=tools -jar application.jar extract",
           "RUN <<EOF\njava -Djarmode=tools -jar application.jar extract\nEOF",
       }) {
    CAPTURE(run);
    CHECK(first_needing_engine(folder.plan(dockerfile_with(run))));
  }
}

TEST_CASE("the files an extraction makes are copied on with COPY's rules") {
  Folder folder;
  folder.add("target/shop-1.0.jar");
  const Plan plan = folder.plan(dockerfile_with(
      "RUN java -Djarmode=tools -jar application.jar extract --layers --destination extracted"));
  dockerfile::Tree extracted = plan.stages.front().files;
  dockerfile::Entry library;
  library.header = {.path = "builder/extracted/dependencies/lib/a.jar", .size = 4};
  add_parents(extracted, library.header.path, {});
  extracted[library.header.path] = library;

  const auto& step = std::get<CopyFrom>(plan.target().steps[1].action);
  const auto copied = dockerfile::copy(step.request, extracted, {plan.target().files, false});
  CHECK(copied.entries.contains("application/lib/a.jar"));
  CHECK_FALSE(copied.undecided);
}
