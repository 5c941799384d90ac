// SPDX-License-Identifier: Apache-2.0
#include "cli/origin.hpp"

#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "logging/secrets.hpp"
#include "support/error_of.hpp"

using support::error_of;
using Variables = std::map<std::string, std::string, std::less<>>;

namespace {

// The options of a small tool.
struct Tool {
  CLI::App app{"", "docker-push"};
  cli::Options options{app};
  std::string jar;
  std::string image;
  std::string endpoint;
  std::string password;
  std::vector<std::string> pass;
  int port = 8080;
  bool skip = false;

  Tool() {
    options.mark(app.add_option("jar", jar), {});
    options.mark(app.add_option("--image", image), {.env = "STAGECRAFT_IMAGE", .required = true});
    options.mark(app.add_option("--endpoint-url", endpoint),
                 {.env = "AWS_ENDPOINT_URL", .trusted = true});
    options.mark(app.add_option("--password", password),
                 {.env = "REGISTRY_PASSWORD", .secret = true});
    options.mark(app.add_option("--env-pass", pass), {});
    options.mark(app.add_option("--port", port)->check(CLI::Range(1, 65'535))->default_str("8080"),
                 {.env = "STAGECRAFT_PORT"});
    options.mark(app.add_flag("--skip-tests", skip), {.env = "STAGECRAFT_SKIP", .key = "skip"});
  }

  cli::Origins resolve(const std::string& line, const Variables& variables = {},
                       const cli::ConfigFile& file = {}) {
    app.parse(line);
    return cli::resolve(options, process::environment_of(variables), file);
  }
};

cli::ConfigFile file_with(std::map<std::string, std::vector<std::string>, std::less<>> values) {
  return {.name = "stagecraft.yaml", .values = std::move(values)};
}

}  // namespace

TEST_CASE("the command line wins over the environment, that over the file, that over the default") {
  struct Case {
    std::string line;
    Variables variables;
    std::vector<std::string> in_file;
    int port;
    std::string origin;
  };
  const Case cases[] = {
      {"--port 1", {{"STAGECRAFT_PORT", "2"}}, {"3"}, 1, "command line"},
      {"", {{"STAGECRAFT_PORT", "2"}}, {"3"}, 2, "environment STAGECRAFT_PORT"},
      {"", {}, {"3"}, 3, "stagecraft.yaml"},
      {"", {{"STAGECRAFT_PORT", ""}}, {"3"}, 3, "stagecraft.yaml"},
      {"", {}, {}, 8080, "default"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.origin);
    Tool tool;
    const auto file = c.in_file.empty() ? cli::ConfigFile{} : file_with({{"port", c.in_file}});
    const auto origins = tool.resolve("--image x " + c.line, c.variables, file);
    CHECK(tool.port == c.port);
    CHECK(origins.at("--port") == c.origin);
  }
}

TEST_CASE("positionals, flags and lists are filled like any option") {
  Tool tool;
  const auto origins = tool.resolve(
      "--image x", {{"STAGECRAFT_SKIP", "true"}},
      file_with({{"jar", {"app.jar"}}, {"env-pass", {"HOME", "LANG"}}, {"skip", {"false"}}}));
  CHECK(tool.jar == "app.jar");
  CHECK(origins.at("jar") == "stagecraft.yaml");
  CHECK(tool.pass == std::vector<std::string>{"HOME", "LANG"});
  CHECK(tool.skip);
  CHECK(origins.at("--skip-tests") == "environment STAGECRAFT_SKIP");
}

TEST_CASE(
    "a required option may come from anywhere, and is missed only when it comes from nowhere") {
  CHECK(Tool().resolve("--image x").at("--image") == "command line");
  CHECK(Tool().resolve("", {{"STAGECRAFT_IMAGE", "x"}}).at("--image") ==
        "environment STAGECRAFT_IMAGE");
  CHECK(Tool().resolve("", {}, file_with({{"image", {"x"}}})).at("--image") == "stagecraft.yaml");

  const auto error = error_of([] { Tool().resolve(""); });
  CHECK(error.kind() == base::Kind::usage);
  CHECK(error.message() == "--image is required");
  CHECK(error.hint() == "give it on the command line, as STAGECRAFT_IMAGE or in stagecraft.yaml");
}

TEST_CASE("a bad value is told with where it came from") {
  struct Case {
    Variables variables;
    cli::ConfigFile file;
    std::string begins;
  };
  const Case cases[] = {
      {{{"STAGECRAFT_PORT", "70000"}}, {}, "read --port from environment STAGECRAFT_PORT: "},
      {{{"STAGECRAFT_PORT", "x"}}, {}, "read --port from environment STAGECRAFT_PORT: "},
      {{}, file_with({{"port", {"0"}}}), "read --port from stagecraft.yaml: "},
      {{}, file_with({{"port", {"1", "2"}}}), "read --port from stagecraft.yaml: "},
      {{{"STAGECRAFT_SKIP", "perhaps"}},
       {},
       "read --skip-tests from environment STAGECRAFT_SKIP: "},
  };
  for (const auto& c : cases) {
    const auto error = error_of([&] { Tool().resolve("--image x", c.variables, c.file); });
    CAPTURE(error.message());
    CHECK(error.kind() == base::Kind::usage);
    CHECK(error.message().starts_with(c.begins));
  }
}

TEST_CASE("a file of the workspace can set neither a trusted nor a secret option") {
  const auto endpoint = error_of([] {
    Tool().resolve("--image x", {}, file_with({{"endpoint-url", {"http://evil"}}}));
  });
  CHECK(endpoint.kind() == base::Kind::integrity);
  CHECK(endpoint.message() ==
        "read stagecraft.yaml: 'endpoint-url' cannot be set by a file of the workspace");
  CHECK(endpoint.hint() == "give --endpoint-url on the command line or as AWS_ENDPOINT_URL");

  const auto password = error_of([] {
    Tool().resolve("--image x", {}, file_with({{"password", {"hunter2"}}}));
  });
  CHECK(password.kind() == base::Kind::integrity);
  CHECK(password.message().find("hunter2") == std::string::npos);
}

TEST_CASE("a trusted option may come from the environment") {
  Tool tool;
  tool.resolve("--image x", {{"AWS_ENDPOINT_URL", "http://127.0.0.1:1"}});
  CHECK(tool.endpoint == "http://127.0.0.1:1");
}

TEST_CASE("an unknown key in the tool's own section is a slip, at the top it is another tool's") {
  auto file = file_with({{"imgae", {"x"}}, {"group", {"g"}}});
  CHECK(Tool().resolve("--image x", {}, file).at("--image") == "command line");

  file.own_keys = {"imgae"};
  const auto error = error_of([&] { Tool().resolve("--image x", {}, file); });
  CHECK(error.kind() == base::Kind::usage);
  CHECK(error.message() == "read stagecraft.yaml: unknown key 'imgae'");
  CHECK(error.hint() == "did you mean 'image'?");
}

TEST_CASE(
    "an explanation has each value and where it came from, and of a secret only that it is set") {
  Tool tool;
  const auto origins = tool.resolve("--image reg/shop:1", {{"REGISTRY_PASSWORD", "explain-secret"}},
                                    file_with({{"env-pass", {"HOME", "LANG"}}}));

  CHECK(cli::explain(tool.options, origins) ==
        "jar =   (default)\n"
        "--image = reg/shop:1  (command line)\n"
        "--endpoint-url =   (default)\n"
        "--password = set  (environment REGISTRY_PASSWORD)\n"
        "--env-pass = HOME LANG  (stagecraft.yaml)\n"
        "--port = 8080  (default)\n"
        "--skip-tests =   (default)\n");

  tool.options.add_explanation([] { return std::string("keys = the environment"); });
  CHECK(cli::explain(tool.options, origins)
            .ends_with("--skip-tests =   (default)\nkeys = the environment\n"));

  Tool without;
  const auto origins_without = without.resolve("--image x");
  CHECK(cli::explain(without.options, origins_without).find("--password = unset  (default)") !=
        std::string::npos);
}

TEST_CASE("a secret is masked from the moment it is resolved") {
  Tool().resolve("--image x", {{"REGISTRY_PASSWORD", "resolved-secret"}});
  CHECK(logging::mask("it is resolved-secret") == "it is ****");
}
