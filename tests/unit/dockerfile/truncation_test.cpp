// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "base/error.hpp"
#include "dockerfile/ignore.hpp"
#include "unit/dockerfile/build_folder.hpp"

namespace {

const std::string& sample() {
  static const std::string text =
      "# syntax=docker/dockerfile:1\n# escape=\\\n"
      "ARG V=${X:-17}\nFROM eclipse-temurin:${V}-jre AS build\n"
      "WORKDIR /b\nARG JAR=\"target/*.jar\"\nCOPY --chown=1:2 ${JAR} \\\n  # note\n app.jar\n"
      "RUN java -Djarmode=tools -jar app.jar extract --destination out\n"
      "FROM scratch\nENV A=\"${V%%.*}\" B=${A//x\\/y/z}\nLABEL 'a b'=c\n"
      "COPY --from=build --link [\"/b/out\", \"/x/\"]\nCOPY <<-\"E\" <<F /d/\n\tone\n\tE\ntwo\nF\n"
      "ADD --exclude=**/x[a-z]* d /e/\nEXPOSE 80-81/udp $V\n"
      "HEALTHCHECK --interval=1m30s CMD [\"x\"]\nONBUILD COPY a b\nCMD [\"a\",\"\\u00e9\"]\n";
  return text;
}

void try_all(build_folder::Folder& folder, const std::string& text) {
  try {
    folder.plan(text);
  } catch (const base::Error&) {
  }
  try {
    dockerfile::PathPatterns(dockerfile::parse_ignore_file(text)).matches("a/b/c");
  } catch (const base::Error&) {
  }
}

}  // namespace

TEST_CASE("a Dockerfile cut anywhere, or with bytes changed, is a plan or an error") {
  build_folder::Folder folder;
  folder.add_all({"target/a.jar", "d/x", "d/y"});
  for (std::size_t size = 0; size <= sample().size(); ++size) {
    try_all(folder, sample().substr(0, size));
  }
  std::minstd_rand random(7);
  const std::string interesting = "\\\"'${}[]<>#%/:-+?*\n\t\r \0\xff=@,";
  for (int round = 0; round < 1500; ++round) {
    std::string text = sample();
    for (int change = 0; change < 4; ++change) {
      text[random() % text.size()] = interesting[random() % interesting.size()];
    }
    try_all(folder, text);
  }
}
