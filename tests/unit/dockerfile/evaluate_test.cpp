// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/evaluate.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/error_of.hpp"
#include "unit/dockerfile/build_folder.hpp"

namespace {

using build_folder::Folder;
using build_folder::has_rule;
using build_folder::listing;
using dockerfile::BaseKind;
using dockerfile::Config;
using dockerfile::Plan;

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

std::string env(const Config& config, const std::string& name) {
  for (const auto& [key, value] : config.env) {
    if (key == name) return value;
  }
  return "(absent)";
}

}  // namespace

TEST_CASE("a typical Boot Dockerfile becomes a config and one file") {
  Folder folder;
  folder.add("build/libs/shop-1.0.jar", "jar");
  const Plan plan = folder.plan(
      "FROM eclipse-temurin:17-jre\n"
      "VOLUME /data\n"
      "ARG JAR_FILE=build/libs/*.jar\n"
      "COPY ${JAR_FILE} app.jar\n"
      "EXPOSE 8080 8443/tcp 9000-9001/UDP\n"
      "USER 1000:1000\n"
      "STOPSIGNAL SIGTERM\n"
      "HEALTHCHECK --interval=5s --retries=3 CMD [\"curl\", \"-f\", \"localhost:8080\"]\n"
      "LABEL a=b \"c d\"='e f'\n"
      "ENTRYPOINT [\"java\", \"-jar\", \"$X/app.jar\"]\n");

  REQUIRE(plan.stages.size() == 1);
  const auto& stage = plan.target();
  CHECK(stage.base.kind == BaseKind::image);
  CHECK(stage.base.image == "eclipse-temurin:17-jre");
  CHECK(listing(plan) == Words{"app.jar"});
  CHECK(stage.files.at("app.jar").origin.file == folder.folder.path() / "build/libs/shop-1.0.jar");
  CHECK(stage.config.exposed_ports ==
        std::set<std::string>{"8080/tcp", "8443/tcp", "9000/udp", "9001/udp"});
  CHECK(stage.config.volumes == std::set<std::string>{"/data"});
  CHECK(stage.config.user == "1000:1000");
  CHECK(stage.config.stop_signal == "SIGTERM");
  CHECK(stage.config.labels == std::map<std::string, std::string>{{"a", "b"}, {"c d", "e f"}});
  CHECK(stage.config.entrypoint == Words{"java", "-jar", "$X/app.jar"});
  REQUIRE(stage.config.healthcheck);
  CHECK(stage.config.healthcheck->test == Words{"CMD", "curl", "-f", "localhost:8080"});
  CHECK(stage.config.healthcheck->interval == std::chrono::seconds(5));
  CHECK(stage.config.healthcheck->retries == 3);
  CHECK_FALSE(first_needing_engine(plan));
}

TEST_CASE("one ENV sees the variables from before it, one ARG those of its own line") {
  Folder folder;
  const Plan plan = folder.plan(
      "FROM scratch\n"
      "ENV abc=hello\n"
      "ENV abc=bye def=$abc\n"
      "ENV ghi=$abc\n"
      "ARG x=1 y=${x}2\n"
      "ENV out=$y\n");
  CHECK(env(plan.target().config, "def") == "hello");
  CHECK(env(plan.target().config, "ghi") == "bye");
  CHECK(env(plan.target().config, "out") == "12");
}

TEST_CASE("arguments come from the command line, a default, or the global ARG of the name") {
  Folder folder;
  folder.input.build_args = {{"GIVEN", "given"}, {"HIDDEN", "lost"}};
  folder.input.target_platform.architecture = "arm64";
  const Plan plan = folder.plan(
      "ARG GLOBAL=global\n"
      "ARG IMAGE=${GLOBAL}-base:1\n"
      "ARG GIVEN=default\n"
      "FROM ${IMAGE}\n"
      "ARG GLOBAL\n"
      "ARG GIVEN=other\n"
      "ARG LOCAL=local\n"
      "ARG TARGETARCH\n"
      "ENV HIDDEN=env\n"
      "ARG HIDDEN\n"
      "ENV out=$GLOBAL-$GIVEN-$LOCAL-$TARGETARCH-$HIDDEN-$IMAGE\n");
  CHECK(plan.target().base.image == "global-base:1");
  CHECK(env(plan.target().config, "out") == "global-given-local-arm64-env-");
}

TEST_CASE("a stage sees the arguments of the stage it is built on") {
  struct Case {
    std::string below;
    std::string above;
    std::string out;
  };
  for (const Case& c : {
           Case{"ARG X=default\n", "", "default"},
           Case{"ARG GIVEN\nARG X=$GIVEN\n", "", "given"},
           Case{"ARG X=default\n", "ARG X\n", "default"},
           Case{"ARG X=default\n", "ARG X=other\n", "other"},
           Case{"ARG X=default\nENV X=env\n", "", "env"},
           Case{"ENV X=env\n", "ARG X=arg\n", "env"},
       }) {
    CAPTURE(c.below);
    CAPTURE(c.above);
    Folder folder;
    folder.input.build_args = {{"GIVEN", "given"}};
    const std::string text = "FROM scratch AS below\n" + c.below +
                             "FROM below AS middle\nUSER 1\n" + "FROM middle\n" + c.above +
                             "LABEL out=$X\n";
    CHECK(folder.plan(text).target().config.labels.at("out") == c.out);
  }
  Folder folder;
  const auto plan = folder.plan("FROM scratch\nARG X=lost\nFROM scratch\nLABEL out=$X\n");
  CHECK(plan.target().config.labels.at("out").empty());
}

TEST_CASE("a build argument that no ARG takes is told") {
  Folder folder;
  folder.input.build_args = {{"NONE", "x"}, {"HTTP_PROXY", "http://p"}};
  const Plan plan = folder.plan("FROM scratch\n");
  REQUIRE(has_rule(plan.findings, "UnusedBuildArg"));
  CHECK(build_folder::finding(plan.findings, "UnusedBuildArg").message ==
        "the build argument NONE is used by no ARG");
}

TEST_CASE("a base's config is inherited, its triggers run once") {
  Folder folder;
  folder.add("f");
  Words asked;
  folder.input.base_config = [&asked](const std::string& image, const std::string& platform) {
    asked.push_back(image + " " + platform);
    Config config;
    config.env = {{"PATH", "/bin"}, {"JAVA_HOME", "/opt/java"}};
    config.working_dir = "/srv";
    config.user = "app";
    config.cmd = {"jshell"};
    config.labels = {{"base", "yes"}};
    config.on_build = {"COPY f ./trigger/", "ENV T=1"};
    return config;
  };
  const Plan plan = folder.plan(
      "FROM --platform=linux/arm64 base:1 AS one\n"
      "ENV PATH=/x:$PATH\n"
      "WORKDIR sub\n"
      "COPY f .\n"
      "FROM one\n"
      "ENTRYPOINT exec java\n");
  CHECK(asked == Words{"base:1 linux/arm64"});
  const Config& config = plan.target().config;
  CHECK(env(config, "PATH") == "/x:/bin");
  CHECK(env(config, "T") == "1");
  CHECK(config.working_dir == "/srv/sub");
  CHECK(config.labels.at("base") == "yes");
  CHECK(config.cmd.empty());
  CHECK(config.entrypoint == Words{"/bin/sh", "-c", "exec java"});
  CHECK(config.on_build.empty());
  CHECK(listing(plan) == Words{"srv/", "srv/sub/", "srv/sub/f", "srv/trigger/", "srv/trigger/f"});
  CHECK(plan.target().files.at("srv/sub").owner == "app");
  CHECK_FALSE(has_rule(plan.findings, "WorkdirRelativePath"));
  CHECK_FALSE(has_rule(plan.findings, "UndefinedVar"));
}

TEST_CASE("an image from scratch has the engine's PATH") {
  Folder folder;
  CHECK(env(folder.plan("FROM scratch\nENV A=/x:$PATH\n").target().config, "A") ==
        "/x:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
}

TEST_CASE("ENTRYPOINT leaves alone a CMD of its own stage, SHELL changes the shell form") {
  Folder folder;
  const Config config =
      folder
          .plan(
              "FROM scratch\nSHELL [\"/bin/bash\", \"-ec\"]\nCMD fast\nENTRYPOINT [\"run\"]\n"
              "ONBUILD RUN x\nMAINTAINER me\n")
          .target()
          .config;
  CHECK(config.cmd == Words{"/bin/bash", "-ec", "fast"});
  CHECK(config.entrypoint == Words{"run"});
  CHECK(config.on_build == Words{"RUN x"});
  CHECK(config.author == "me");
}

TEST_CASE("only stages that the target needs are followed, in an order that serves them") {
  Folder folder;
  folder.add_all({"a", "b"});
  const std::string text =
      "FROM scratch AS unused\nCOPY gone /\n"
      "FROM scratch AS first\nCOPY a /d/\n"
      "FROM first AS second\nCOPY b /d/\n"
      "FROM scratch AS last\nCOPY --from=SECOND /d /out\nCOPY --from=1 /d/a /one\n"
      "FROM scratch AS after\nRUN x\n";
  folder.input.target = "last";
  const Plan plan = folder.plan(text);
  REQUIRE(plan.stages.size() == 3);
  CHECK(plan.stages[0].name == "first");
  CHECK(plan.stages[1].base.kind == BaseKind::stage);
  CHECK(plan.stages[1].base.stage == 0);
  CHECK(listing(plan) == Words{"one", "out/", "out/a", "out/b"});
  CHECK(plan.target().complete);
  CHECK_FALSE(first_needing_engine(plan));

  folder.input.target = "3";
  CHECK(folder.plan(text).target().name == "last");
  folder.input.target.clear();
  CHECK(first_needing_engine(folder.plan(text))->instruction.line == 11);
  folder.input.target = "lst";
  const base::Error error = support::error_of([&] { folder.plan(text); });
  CHECK(error.message() == "the Dockerfile has no stage lst");
  CHECK(error.kind() == base::Kind::usage);
}

TEST_CASE("what another image or an unknown folder of a stage holds is left to the caller") {
  Folder folder;
  folder.add("a.jar");
  const Plan plan = folder.plan(
      "FROM debian:13 AS build\nCOPY a.jar /x/\n"
      "FROM debian:13\nCOPY --from=build /x/a.jar /one.jar\nCOPY --from=build /x /two/\n"
      "COPY --from=busybox:1 --chown=1 /bin/* /bin/\n");
  const auto& steps = plan.target().steps;
  REQUIRE(std::holds_alternative<dockerfile::Copied>(steps[0].action));
  const auto& folder_of_stage = std::get<dockerfile::CopyFrom>(steps[1].action);
  CHECK(folder_of_stage.source.kind == BaseKind::stage);
  CHECK(folder_of_stage.source.stage == 0);
  const auto& image = std::get<dockerfile::CopyFrom>(steps[2].action);
  CHECK(image.source.image == "busybox:1");
  CHECK(image.request.sources == Words{"/bin/*"});
  CHECK(image.request.owner == "1");

  dockerfile::Tree busybox;
  busybox["bin"].header = {.path = "bin", .kind = archives::TarKind::directory, .mode = 0755};
  busybox["bin/sh"].header = {.path = "bin/sh", .mode = 0755, .size = 3};
  const auto copied = dockerfile::copy(image.request, busybox, {plan.target().files, false});
  CHECK(copied.entries.at("bin/sh").header.uid == 1);
}

TEST_CASE("stages in a circle, and instructions without a stage, are refused") {
  struct Case {
    std::string text;
    std::string what;
  };
  Folder folder;
  for (const Case& c : {
           Case{"FROM scratch AS a\nCOPY --from=a x /\n", "Dockerfile:1: the stage needs itself"},
           Case{"FROM scratch AS a\nCOPY --from=b x /\nFROM a AS b\n",
                "Dockerfile:3: the stage needs itself"},
           Case{"RUN x\nFROM a\n", "Dockerfile:1: RUN before the first FROM"},
           Case{"ARG A\n", "Dockerfile: has no FROM"},
           Case{"ARG A\nFROM $A\n", "Dockerfile:2: the base $A is empty"},
           Case{"FROM a AS 1x\n", "Dockerfile:1: \"1x\" is no name for a stage"},
           Case{"FROM a\nEXPOSE 99999\n", "Dockerfile:2: EXPOSE: \"99999\" is no port"},
           Case{"FROM a\nSTOPSIGNAL S IG\n", "Dockerfile:2: STOPSIGNAL: \"S IG\" is no signal"},
           Case{"FROM a\nHEALTHCHECK --interval=5 CMD x\n",
                "Dockerfile:2: HEALTHCHECK: --interval=5 is no duration"},
           Case{"FROM a\nHEALTHCHECK MAYBE x\n",
                "Dockerfile:2: HEALTHCHECK: HEALTHCHECK MAYBE is neither CMD nor NONE"},
           Case{"FROM a\nWORKDIR $none\n", "Dockerfile:2: WORKDIR: WORKDIR with an empty path"},
       }) {
    CAPTURE(c.text);
    CHECK(support::error_of([&] { folder.plan(c.text); }).message() == c.what);
  }
}

TEST_CASE("the first instruction that needs an engine is named with the reason") {
  Folder folder;
  folder.add("a.jar");
  struct Case {
    std::string line;
    std::string reason;
  };
  for (const Case& c : {Case{"RUN apt-get update", "RUN executes a command in a container"},
                        Case{"ADD https://x.org/a.tgz /", "ADD fetches https://x.org/a.tgz"},
                        Case{"ADD git@github.com:a/b.git /", "ADD fetches git@github.com:a/b.git"},
                        Case{"COPY --chmod=u+x a.jar /", "--chmod=u+x is not octal"}}) {
    CAPTURE(c.line);
    const auto need =
        first_needing_engine(folder.plan("FROM debian:13\nCOPY a.jar /x/\n" + c.line));
    REQUIRE(need);
    CHECK(need->instruction.line == 3);
    CHECK(need->reason == c.reason);
  }
}

TEST_CASE("durations are those of Go") {
  Folder folder;
  struct Case {
    std::string written;
    std::chrono::milliseconds time;
  };
  for (const Case& c : {Case{"1.5s", 1500ms}, Case{"1m30s", 90s}, Case{"500ms", 500ms},
                        Case{"2h", 2h}, Case{"0s", 0s}, Case{"2500us", 2ms}}) {
    CAPTURE(c.written);
    const auto plan = folder.plan("FROM scratch\nHEALTHCHECK --interval=" + c.written + " CMD x\n");
    CHECK(plan.target().config.healthcheck->interval == c.time);
  }
  for (const char* wrong : {"5", "s", "1.2.3s", "-1s", "1us", "99999999999999999h", "1d"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(
        folder.plan(std::string("FROM scratch\nHEALTHCHECK --interval=") + wrong + " CMD x\n"),
        base::Error);
  }
}
