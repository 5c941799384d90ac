// SPDX-License-Identifier: Apache-2.0
//
// What every tool promises on its command line, whatever it does.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/value.hpp"
#include "support/tools.hpp"
#include "text/split.hpp"

namespace {

using support::first_line;
using support::run_tool;

const std::vector<std::string> stages{"build-jar", "docker-push", "s3-upload-bundle",
                                      "codedeploy-trigger", "wait-healthy"};

std::vector<std::string> all_tools() {
  auto tools = stages;
  tools.emplace_back("deploy-sandbox");
  return tools;
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0;
  for (const auto line : text::lines(text)) longest = std::max(longest, line.size());
  return longest;
}

// The text after the last "error: " line's tool name.
std::string error_line(const std::string& err) {
  for (const auto line : text::lines(err)) {
    if (line.starts_with("error: ")) return std::string(line);
  }
  return {};
}

}  // namespace

TEST_CASE("help goes to stdout, fits 80 columns and shows three examples") {
  for (const auto& tool : all_tools()) {
    CAPTURE(tool);
    const auto ran = run_tool(tool, {.arguments = {"--help"}});
    CHECK(ran.exit.code == 0);
    CHECK(ran.err.empty());
    CHECK(longest_line(ran.out) <= 80);
    CHECK(ran.out.find("  3. ") != std::string::npos);
    CHECK(ran.out.find("Exit codes:") != std::string::npos);
  }
}

TEST_CASE("version names the tool on one line") {
  for (const auto& tool : all_tools()) {
    CAPTURE(tool);
    const auto ran = run_tool(tool, {.arguments = {"--version"}});
    CHECK(ran.exit.code == 0);
    CHECK(ran.out.starts_with(tool + " "));
    CHECK(text::lines(ran.out).size() == 1);
  }
}

TEST_CASE("an unknown option ends with 2, nothing on stdout and the nearest name") {
  const file::TempDir folder("contract");
  for (const auto& tool : stages) {
    CAPTURE(tool);
    const auto ran =
        run_tool(tool, {.arguments = {"--relase", "x.json"}, .directory = folder.path()});
    CHECK(ran.exit.code == 2);
    CHECK(ran.out.empty());
    CHECK(error_line(ran.err) == "error: " + tool + ": unknown argument '--relase'");
    CHECK(ran.err.find("did you mean '--release'?") != std::string::npos);
  }
}

TEST_CASE("a stage without a release record says which tool starts it") {
  const file::TempDir folder("contract");
  const std::vector<std::pair<std::string, std::vector<std::string>>> calls{
      {"docker-push", {"--image", "127.0.0.1:1/shop", "--base", "local-jre"}},
      {"s3-upload-bundle", {"--source", ".", "--to", "s3://bucket/shop/"}},
      {"codedeploy-trigger", {"--app", "shop", "--group", "web"}},
      {"wait-healthy", {}}};
  for (const auto& [tool, arguments] : calls) {
    CAPTURE(tool);
    const auto ran = run_tool(tool, {.arguments = arguments,
                                     .environment = {{"AWS_REGION", "us-east-1"},
                                                     {"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                                                     {"AWS_SECRET_ACCESS_KEY", "not-a-real-key"},
                                                     {"AWS_ENDPOINT_URL", "http://127.0.0.1:1"}},
                                     .directory = folder.path()});
    CHECK(ran.exit.code == 2);
    CHECK(ran.out.empty());
    CHECK(error_line(ran.err) ==
          "error: " + tool + ": read .stagecraft/release.json: no such release record");
    CHECK(ran.err.find("run build-jar first") != std::string::npos);
  }
}

TEST_CASE("a record of another commit is refused with both commits named") {
  const file::TempDir folder("contract");
  const std::string theirs(40, 'a');
  const std::string ours(40, 'b');
  support::write_file(
      folder.path() / ".stagecraft" / "release.json",
      json::write(json::object({{"schema", 1},
                                {"source", json::object({{"commit", theirs}, {"build_tag", ""}})},
                                {"jar", json::object({{"path", "a.jar"}, {"sha256", ""}})}})));
  support::write_file(folder.path() / "stagecraft.yaml", "source: deploy\n");
  const auto before = file::read(folder.path() / ".stagecraft" / "release.json");
  for (const std::string tool :
       {"docker-push", "s3-upload-bundle", "codedeploy-trigger", "wait-healthy"}) {
    CAPTURE(tool);
    const auto ran = run_tool(tool, {.environment = {{"GIT_COMMIT", ours},
                                                     {"STAGECRAFT_IMAGE", "127.0.0.1:1/shop"},
                                                     {"STAGECRAFT_BASE", "local-jre"},
                                                     {"STAGECRAFT_BUNDLE_TO", "s3://bucket/shop/"},
                                                     {"STAGECRAFT_APP", "shop"},
                                                     {"STAGECRAFT_GROUP", "web"},
                                                     {"AWS_REGION", "us-east-1"},
                                                     {"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                                                     {"AWS_SECRET_ACCESS_KEY", "not-a-real-key"},
                                                     {"AWS_ENDPOINT_URL", "http://127.0.0.1:1"}},
                                     .directory = folder.path()});
    CHECK(ran.exit.code == 7);
    CHECK(ran.out.empty());
    CHECK(error_line(ran.err).find(theirs) != std::string::npos);
    CHECK(error_line(ran.err).find(ours) != std::string::npos);
    CHECK(file::read(folder.path() / ".stagecraft" / "release.json") == before);
  }
}

TEST_CASE("explain shows where each value comes from and no secret") {
  const file::TempDir folder("contract");
  support::write_file(folder.path() / "stagecraft.yaml",
                      "app: from-the-top\ncodedeploy-trigger:\n  group: from-the-section\n");
  const auto ran =
      run_tool("codedeploy-trigger", {.arguments = {"--explain", "--region", "eu-west-1"},
                                      .environment = {{"STAGECRAFT_APP", "from-the-environment"},
                                                      {"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"},
                                                      {"AWS_SECRET_ACCESS_KEY", "hush-hush-hush"}},
                                      .directory = folder.path()});
  CHECK(ran.exit.code == 0);
  CHECK(ran.out.find("--app = from-the-environment  (environment STAGECRAFT_APP)") !=
        std::string::npos);
  CHECK(ran.out.find("--group = from-the-section  (stagecraft.yaml)") != std::string::npos);
  CHECK(ran.out.find("--region = eu-west-1  (command line)") != std::string::npos);
  CHECK(ran.out.ends_with("\nAWS keys = the environment\n"));
  CHECK((ran.out + ran.err).find("hush-hush-hush") == std::string::npos);
}

TEST_CASE("a file of the workspace cannot redirect where credentials go") {
  const file::TempDir folder("contract");
  support::write_file(folder.path() / "stagecraft.yaml", "endpoint-url: http://127.0.0.1:1\n");
  const auto ran = run_tool("codedeploy-trigger", {.arguments = {"--app", "a", "--group", "g"},
                                                   .directory = folder.path()});
  CHECK(ran.exit.code == 7);
  CHECK(
      error_line(ran.err) ==
      "error: codedeploy-trigger: read stagecraft.yaml: 'endpoint-url' cannot be set by a file of "
      "the workspace");
}

TEST_CASE("a closed stdout does not turn a result into a failure") {
  const auto ran = process::capture({.argv = {"/bin/sh", "-c", "exec \"$0\" --help >&-",
                                              (support::binaries() / "build-jar").string()}});
  CHECK(ran.exit.code == 0);
}
