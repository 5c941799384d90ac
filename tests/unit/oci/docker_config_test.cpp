// SPDX-License-Identifier: Apache-2.0
#include "oci/docker_config.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"

namespace {

struct Home {
  file::TempDir folder{"docker-config-test"};

  void write(const std::string& config) const {
    file::write_atomically(folder.path() / "config.json", config);
  }

  // "user:password", or "none".
  std::string found(const std::string& registry) const {
    const auto environment = process::environment_of({{"DOCKER_CONFIG", folder.path().string()}});
    const auto credentials = oci::find_credentials(registry, environment, {});
    if (!credentials) return "none";
    return credentials->username + ':' + credentials->password + credentials->identity_token;
  }
};

}  // namespace

TEST_CASE("a login is found under every key that tools have used") {
  const Home home;
  home.write(R"({"auths":{
    "https://index.docker.io/v1/":{"auth":"aHViOnBhc3N3b3Jk"},
    "ghcr.io":{"username":"gh","password":"pass:word"},
    "https://old.example/v2/":{"auth":"b2xkOnBhc3N3b3Jk"},
    "token.example":{"auth":"","identitytoken":"refresh"},
    "empty.example":{}}})");
  CHECK(home.found("docker.io") == "hub:password");
  CHECK(home.found("ghcr.io") == "gh:pass:word");
  CHECK(home.found("old.example") == "old:password");
  CHECK(home.found("token.example") == ":refresh");
  CHECK(home.found("empty.example") == "none");
  CHECK(home.found("other.example") == "none");
}

TEST_CASE("without a config file there are no credentials") {
  const Home home;
  CHECK(home.found("ghcr.io") == "none");
}

TEST_CASE("DOCKER_AUTH_CONFIG comes before the file") {
  const Home home;
  home.write(R"({"auths":{"r.example":{"username":"file","password":"word"}}})");
  const auto environment = process::environment_of(
      {{"DOCKER_CONFIG", home.folder.path().string()},
       {"DOCKER_AUTH_CONFIG", R"({"auths":{"r.example":{"username":"env","password":"word"}}})"}});
  const auto credentials = oci::find_credentials("r.example", environment, {});
  REQUIRE(credentials);
  CHECK(credentials->username == "env");
  CHECK(credentials->source == "DOCKER_AUTH_CONFIG");
}

TEST_CASE("a broken config file is told with its name") {
  const Home home;
  home.write(R"({"auths":{"r.example":{"auth":"no base64!"}}})");
  try {
    home.found("r.example");
    FAIL("accepted");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::Kind::environment);
    CHECK(error.message() == "read " + (home.folder.path() / "config.json").string() +
                                 ": an \"auth\" is no base64 of user:password");
  }
}

TEST_CASE("a credential program is asked on its standard input, by registry or for all") {
  const Home home;
  const auto program = [&home](const std::string& name, const std::string& script) {
    file::write_atomically(home.folder.path() / ("docker-credential-" + name),
                           "#!/bin/sh\n" + script, 0755);
  };
  program("one",
          "read -r server; printf '{\"ServerURL\":\"%s\",\"Username\":\"u\",\"Secret\":\"of-%s\"}' "
          "\"$server\" \"$server\"\n");
  program("none", "echo 'credentials not found in native keychain'; exit 1\n");
  program("broken", "echo 'the vault is sealed' >&2; exit 1\n");
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", (home.folder.path().string() + ':' + path).c_str(), 1);

  home.write(R"({"credsStore":"one","credHelpers":{"none.example":"none","broken.example":"broken",
    "absent.example":"absent"}})");
  CHECK(home.found("r.example") == "u:of-r.example");
  CHECK(home.found("docker.io") == "u:of-https://index.docker.io/v1/");
  CHECK(home.found("none.example") == "none");
  CHECK(home.found("absent.example") == "none");
  try {
    home.found("broken.example");
    FAIL("accepted");
  } catch (const base::Error& error) {
    CHECK(error.message() ==
          "ask docker-credential-broken for broken.example: exit code 1: the vault is sealed");
  }
  ::setenv("PATH", path.c_str(), 1);
}
