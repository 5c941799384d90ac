// SPDX-License-Identifier: Apache-2.0
#include "cli/config_file.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

using support::error_of;
using Values = std::vector<std::string>;

namespace {

// A folder with a stagecraft.yaml of this content.
struct Settings {
  file::TempDir folder{"config-test"};
  std::filesystem::path path = folder.path() / "stagecraft.yaml";

  explicit Settings(const std::string& content) { file::write_atomically(path, content); }
  cli::ConfigFile read(const char* tool = "docker-push") const {
    return cli::read_config_file(path, tool, true);
  }
};

}  // namespace

TEST_CASE("a tool's own section wins over the keys at the top") {
  const Settings settings(
      "app: shop\n"
      "base: top\n"
      "docker-push:\n"
      "  base: own\n"
      "  port: 8081\n"
      "build-jar:\n"
      "  base: other\n"
      "  secret-thing: [not, ours]\n");

  const auto config = settings.read();

  CHECK(config.name == settings.path.string());
  CHECK(config.values.at("app") == Values{"shop"});
  CHECK(config.values.at("base") == Values{"own"});
  CHECK(config.values.at("port") == Values{"8081"});
  CHECK_FALSE(config.values.contains("secret-thing"));
  CHECK(config.own_keys == std::set<std::string, std::less<>>{"base", "port"});
}

TEST_CASE("values stay as they are written, and a list has several") {
  const Settings settings("a: 007\nb: 'yes'\nc: 1.10\nd: [x, 'y z', 3]\ne: []\n");
  const auto config = settings.read();
  CHECK(config.values.at("a") == Values{"007"});
  CHECK(config.values.at("b") == Values{"yes"});
  CHECK(config.values.at("c") == Values{"1.10"});
  CHECK(config.values.at("d") == Values{"x", "y z", "3"});
  CHECK(config.values.at("e").empty());
}

TEST_CASE("an empty file and a key without a value set nothing") {
  CHECK(Settings("").read().values.empty());
  CHECK(Settings("# nothing yet\n").read().values.empty());
  CHECK(Settings("app:\n").read().values.empty());
  CHECK(Settings("docker-push:\n").read().values.empty());
  CHECK(Settings("docker-push:\n  base:\n").read().values.empty());
  CHECK(Settings("base: top\ndocker-push:\n  base:\n").read().values.at("base") == Values{"top"});
}

TEST_CASE("a file that is absent sets nothing unless it was asked for") {
  const file::TempDir folder("config-test");
  const auto path = folder.path() / "none.yaml";

  CHECK(cli::read_config_file(path, "docker-push", false).name.empty());
  const auto error = error_of([&] { cli::read_config_file(path, "docker-push", true); });
  CHECK(error.kind() == base::Kind::usage);
  CHECK(error.message() == "read " + path.string() + ": no such file");
}

TEST_CASE("what is no setting is refused with its line") {
  struct Case {
    std::string content;
    std::string words;
  };
  const Case cases[] = {
      {"- a\n", "read {}: not a map"},
      {"just text\n", "read {}: not a map"},
      {"docker-push:\n  base: {a: 1}\n",
       "read {}: line 2: 'base' takes a value or a list of values"},
      {"app: [~]\n", "read {}: line 1: 'app' takes a value or a list of values"},
      {"app: [[1]]\n", "read {}: line 1: 'app' takes a value or a list of values"},
      {"a: 1\na: 2\n", "parse {}: line 2 column 1: a second 'a' is not read here"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.content);
    const Settings settings(c.content);
    const auto error = error_of([&] { settings.read(); });
    CHECK(error.kind() == base::Kind::integrity);
    const auto at = c.words.find("{}");
    CHECK(error.message() ==
          c.words.substr(0, at) + settings.path.string() + c.words.substr(at + 2));
  }
}
