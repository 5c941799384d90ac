// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/lint.hpp"

#include <doctest/doctest.h>

#include <string>

#include "dockerfile/base_images.hpp"
#include "unit/dockerfile/build_folder.hpp"

namespace {

using build_folder::finding;
using build_folder::Folder;
using build_folder::has_rule;
using dockerfile::Severity;

constexpr std::chrono::sys_days today =
    std::chrono::year{2026} / std::chrono::November / std::chrono::day{23};

std::vector<dockerfile::Finding> findings(const std::string& text) {
  return dockerfile::lint(dockerfile::parse(text), {.today = today});
}

}  // namespace

TEST_CASE("each rule has a Dockerfile that breaks it and one that keeps it") {
  struct Case {
    std::string rule;
    int line;
    std::string broken;
    std::string kept;
  };
  const std::string from = "FROM a:1@sha256:0\n";
  for (const Case& c : {
           Case{"StageNameCasing", 1, "FROM a AS Build\n", "FROM a AS build\n"},
           Case{"FromAsCasing", 1, "FROM a as build\n", "from a as build\n"},
           Case{"DuplicateStageName", 2, "FROM a AS x\nFROM b AS x\n",
                "FROM a AS x\nFROM b AS y\n"},
           Case{"ReservedStageName", 1, "FROM a AS scratch\n", "FROM a AS scratchy\n"},
           Case{"ConsistentInstructionCasing", 2, "FROM a\nuser x\nUSER y\n", "from a\nuser x\n"},
           Case{"ConsistentInstructionCasing", 2, "FROM a\nUser x\n", "FROM a\nUSER x\n"},
           Case{"UndefinedArgInFrom", 1, "FROM a:$V\n", "ARG V=1\nFROM a:$V\n"},
           Case{"UndefinedArgInFrom", 1, "FROM a$V\n", "FROM a:${V:-1}\n"},
           Case{"LatestBase", 1, "FROM a\n", "FROM scratch\n"},
           Case{"LatestBase", 1, "FROM a.example:5000/b:latest\n", "FROM a.example:5000/b:1\n"},
           Case{"LatestBase", 1, "FROM a\n", "FROM a@sha256:0\n"},
           Case{"UnpinnedBase", 1, "FROM a:1\n", from},
           Case{"UnpinnedBase", 1, "FROM a:1 AS x\nFROM x\n", "FROM a:1@sha256:0 AS x\nFROM x\n"},
           Case{"EndOfLifeBase", 1, "FROM openjdk:17\n", "FROM eclipse-temurin:17-jre\n"},
           Case{"EndOfLifeBase", 1, "FROM docker.io/library/debian:buster-slim\n",
                "FROM debian:bookworm-slim\n"},
           Case{"EndOfLifeBase", 1, "FROM eclipse-temurin:17.0.5_8-jre-focal\n",
                "FROM eclipse-temurin:17.0.9_9-jre-jammy\n"},
           Case{"EndOfLifeBase", 1, "FROM alpine:3.18.4\n", "FROM alpine:3.22\n"},
           Case{"EndOfLifeBase", 1, "FROM eclipse-temurin:20\n", "FROM eclipse-temurin:21\n"},
           Case{"MultipleInstructionsDisallowed", 2, "FROM a\nCMD [\"x\"]\nCMD [\"y\"]\n",
                "FROM a AS x\nCMD [\"x\"]\nFROM x\nCMD [\"y\"]\n"},
           Case{"MaintainerDeprecated", 2, "FROM a\nMAINTAINER me\n",
                "FROM a\nLABEL org.opencontainers.image.authors=me\n"},
           Case{"LegacyKeyValueFormat", 2, "FROM a\nENV A b\n", "FROM a\nENV A=b\n"},
           Case{"JSONArgsRecommended", 2, "FROM a\nENTRYPOINT java -jar x\n",
                "FROM a\nENTRYPOINT [\"java\", \"-jar\", \"x\"]\n"},
           Case{"JSONArgsRecommended", 2, "FROM a\nCMD java\n",
                "FROM a\nSHELL [\"/bin/bash\", \"-c\"]\nCMD java\n"},
           Case{"ExecFormQuotes", 2, "FROM a\nCMD ['java', '-jar']\n",
                "FROM a\nCMD [\"java\", \"-jar\"]\n"},
           Case{"ExecFormQuotes", 2, "FROM a\nCMD [\"java\", \"-jar\",]\n",
                "FROM a\nRUN [ -f /x ]\n"},
           Case{"ShellTokenInExecForm", 2,
                "FROM a\nENTRYPOINT [\"java\",\"-jar\",\"/app.jar\",\"2>&1\",\"&\"]\n",
                "FROM a\nENTRYPOINT [\"java\",\"-jar\",\"/app.jar\"]\n"},
           Case{"ShellTokenInExecForm", 2, "FROM a\nCMD [\"nohup\", \"java\"]\n",
                "FROM a\nCMD [\"sh\", \"-c\", \"java\", \"&\"]\n"},
           Case{"ShellTokenInExecForm", 2, "FROM a\nCMD [\"java\", \">/log\"]\n",
                "FROM a\nCMD [\"java\", \"-Dx=1>0\"]\n"},
           Case{"VariableInExecForm", 2, "FROM a\nCMD [\"java\", \"$JAVA_OPTS\"]\n",
                "FROM a\nCMD [\"sh\", \"-c\", \"exec java $JAVA_OPTS\"]\n"},
           Case{"SecretsUsedInArgOrEnv", 2, "FROM a\nENV DB_PASSWORD=x\n",
                "FROM a\nENV DB_PASSWORD_FILE=/run/secrets/db\n"},
           Case{"SecretsUsedInArgOrEnv", 2, "FROM a\nARG NPM_TOKEN=x\n", "FROM a\nARG NPM_TOKEN\n"},
           Case{"SecretsUsedInArgOrEnv", 2, "FROM a\nENV SSH_KEY=x\n",
                "FROM a\nENV PUBLIC_KEY=x MONKEY=y\n"},
           Case{"SecretsUsedInArgOrEnv", 2, "FROM a\nENV awssecret=x\n",
                "FROM a\nENV SECRET=\"\"\n"},
           Case{"NoEmptyContinuations", 2, "FROM a\nRUN x \\\n\n y\n", "FROM a\nRUN x \\\n y\n"},
           Case{"SyntaxIgnored", 1, "# syntax=docker/dockerfile:1\nFROM a\n", "FROM a\n"},
       }) {
    CAPTURE(c.rule);
    CAPTURE(c.broken);
    const auto broken = findings(c.broken);
    REQUIRE(has_rule(broken, c.rule));
    CHECK(finding(broken, c.rule).line == c.line);
    CHECK_FALSE(has_rule(findings(c.kept), c.rule));
  }
}

TEST_CASE("rules that look at the context and the bases have both cases too") {
  Folder folder;
  folder.add_all({"libs/shop.jar", "libs/shop-plain.jar", "one/shop.jar", "ignored/f", "f",
                  "part/kept", "part/gone"});
  folder.add(".dockerignore", "ignored\npart\n!part/kept\n");
  folder.input.base_config = [](const std::string& image, const std::string&) {
    dockerfile::Config config;
    config.env = {{"JAVA_HOME", "/java"}};
    if (image == "app:1") config.user = "app";
    return config;
  };
  struct Case {
    std::string rule;
    Severity severity;
    std::string broken;
    std::string kept;
  };
  for (const Case& c : {
           Case{"JarGlobNoMatch", Severity::error, "COPY gone/../*.jar /app.jar",
                "COPY one/*.jar /app.jar"},
           Case{"JarGlobSeveral", Severity::error, "COPY libs/*.jar app.jar",
                "COPY libs/shop.jar app.jar"},
           Case{"JarGlobSeveral", Severity::warning, "COPY libs/*.jar /libs/",
                "COPY --exclude=*-plain.jar libs/*.jar /libs/"},
           Case{"EmptyGlob", Severity::warning, "COPY *.txt f /d/", "COPY f* /d/"},
           Case{"UndefinedVar", Severity::warning, "ENV A=$JAVA_HOM", "ENV A=$JAVA_HOME"},
           Case{"UndefinedVar", Severity::warning, "LABEL a=$X", "ARG X\nLABEL a=$X"},
           Case{"WorkdirRelativePath", Severity::warning, "WORKDIR app",
                "WORKDIR /srv\nWORKDIR app"},
           Case{"CopyIgnoredFile", Severity::error, "COPY ignored/f /", "COPY f /"},
           Case{"CopyIgnoredFile", Severity::error, "COPY part/gone f /x/", "COPY part /x"},
           Case{"ExposeInvalidFormat", Severity::warning, "EXPOSE 80:8080", "EXPOSE 8080"},
           Case{"RootUser", Severity::advice, "USER root", "USER 1000"},
       }) {
    CAPTURE(c.rule);
    CAPTURE(c.broken);
    const auto broken = folder.plan("FROM base:1\n" + c.broken + "\n").findings;
    REQUIRE(has_rule(broken, c.rule));
    CHECK(finding(broken, c.rule).severity == c.severity);
    CHECK_FALSE(has_rule(folder.plan("FROM base:1\n" + c.kept + "\n").findings, c.rule));
  }
  CHECK_FALSE(has_rule(folder.plan("FROM app:1\n").findings, "RootUser"));
  CHECK(finding(folder.plan("FROM base:1\nENV A=$JAVA_HOM\n").findings, "UndefinedVar").fix ==
        "did you mean $JAVA_HOME?");
}

TEST_CASE("a large jar that is run as it is could be layered") {
  Folder folder;
  folder.add("shop.jar", std::string(2U << 20U, 'x'));
  folder.add("small.jar");
  const std::string run = "ENTRYPOINT [\"java\", \"-jar\", \"/app.jar\"]\n";
  CHECK(has_rule(folder.plan("FROM a\nCOPY shop.jar /app.jar\n" + run).findings, "FatJar"));
  CHECK_FALSE(has_rule(folder.plan("FROM a\nCOPY small.jar /app.jar\n" + run).findings, "FatJar"));
  CHECK_FALSE(has_rule(folder.plan("FROM a\nCOPY shop.jar /app.jar\n").findings, "FatJar"));
}

TEST_CASE("the check directive skips rules, not errors") {
  CHECK_FALSE(
      has_rule(findings("# check=skip=LatestBase, Other;error=true\nFROM a\n"), "LatestBase"));
  CHECK(findings("# check=skip=all\nFROM a\nMAINTAINER x\n").empty());
  Folder folder;
  CHECK(has_rule(folder.plan("# check=skip=all\nFROM a\nCOPY *.jar /app.jar\n").findings,
                 "JarGlobNoMatch"));
}

TEST_CASE("a finding prints as one line that says what to change") {
  const auto file = dockerfile::parse("FROM a:1@sha256:0\nMAINTAINER me\n");
  CHECK(to_line(dockerfile::lint(file, {}).front(), file) ==
        "Dockerfile:2: warning: MAINTAINER is deprecated (MaintainerDeprecated); LABEL "
        "org.opencontainers.image.authors=…");
}

TEST_CASE("image names are cut as registries cut them") {
  struct Case {
    std::string image;
    std::string repository;
    std::string tag;
    std::string digest;
  };
  for (const Case& c :
       {Case{"debian", "debian", "", ""}, Case{"docker.io/library/debian:12", "debian", "12", ""},
        Case{"r.example:5000/a/b", "r.example:5000/a/b", "", ""},
        Case{"r.example:5000/a/b:1@sha256:0", "r.example:5000/a/b", "1", "sha256:0"}}) {
    const auto name = dockerfile::parse_image_name(c.image);
    CHECK(name.repository == c.repository);
    CHECK(name.tag == c.tag);
    CHECK(name.digest == c.digest);
  }
}

TEST_CASE("a base's end of life counts from its day") {
  using namespace std::chrono;
  const auto name = dockerfile::parse_image_name("debian:12");
  CHECK_FALSE(find_end_of_life(name, 2028y / June / 29));
  CHECK(find_end_of_life(name, 2028y / June / 30)->what == "Debian 12 (bookworm)");
}
