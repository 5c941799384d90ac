// SPDX-License-Identifier: Apache-2.0
#include "oci/docker_config.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

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

TEST_CASE("the most specific entry counts: repository, namespace, registry") {
  const Home home;
  home.write(R"({"auths":{
    "r.example":{"username":"host","password":"word"},
    "r.example/acme":{"username":"team","password":"word"},
    "r.example/acme/shop":{"username":"repo","password":"word"},
    "docker.io/library":{"username":"library","password":"word"},
    "https://index.docker.io/v1/":{"username":"hub","password":"word"},
    "pad.example":{"auth":"dXNlcjp3b3JkAAAA"},
    "login.example":{"auth":"PHRva2VuPjpyZWZyZXNo"}}})");
  CHECK(home.found("r.example") == "host:word");
  CHECK(home.found("r.example/acme/shop") == "repo:word");
  CHECK(home.found("r.example/acme/web") == "team:word");
  CHECK(home.found("r.example/other/shop") == "host:word");
  CHECK(home.found("docker.io/library/nginx") == "library:word");
  CHECK(home.found("docker.io/acme/shop") == "hub:word");
  CHECK(home.found("pad.example") == "user:word");
  CHECK(home.found("login.example") == ":refresh");
}

TEST_CASE("a token for the registry itself is found") {
  const Home home;
  home.write(R"({"auths":{"r.example":{"registrytoken":"ready"}}})");
  const auto environment =
      process::environment_of({{"DOCKER_CONFIG", home.folder.path().string()}});
  const auto credentials = oci::find_credentials("r.example", environment, {});
  REQUIRE(credentials);
  CHECK(credentials->registry_token == "ready");
}

TEST_CASE("each place that tools keep logins in is looked at, in their order") {
  const file::TempDir folder("docker-config-test");
  const std::string root = folder.path().string();
  const auto entry = [](const std::string& user) {
    return "{\"r.example\":{\"username\":\"" + user + "\",\"password\":\"word\"}}";
  };
  const std::pair<std::string, std::string> places[] = {
      {"given.json", "{\"auths\":" + entry("given") + "}"},
      {"home/.docker/config.json", "{\"auths\":" + entry("docker") + "}"},
      {"run/containers/auth.json", "{\"auths\":" + entry("run") + "}"},
      {"config/containers/auth.json", "{\"auths\":" + entry("xdg") + "}"},
      {"home/.dockercfg", entry("old")}};
  for (const auto& [path, content] : places) {
    file::write_atomically(folder.path() / path, content);
  }
  const auto environment = process::environment_of({{"REGISTRY_AUTH_FILE", root + "/given.json"},
                                                    {"HOME", root + "/home"},
                                                    {"XDG_RUNTIME_DIR", root + "/run"},
                                                    {"XDG_CONFIG_HOME", root + "/config"}});
  for (const char* user : {"given", "docker", "run", "xdg", "old"}) {
    const auto credentials = oci::find_credentials("r.example", environment, {});
    REQUIRE(credentials);
    CHECK(credentials->username == user);
    std::filesystem::remove(credentials->source);
  }
  CHECK_FALSE(oci::find_credentials("r.example", environment, {}));
}

TEST_CASE("a config file that is no JSON is an environment failure with its name") {
  const Home home;
  home.write("{\"auths\":");
  const auto error = support::error_of([&] { home.found("r.example"); });
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message().find((home.folder.path() / "config.json").string()) != std::string::npos);
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

  home.write(R"({"credHelpers":{"*.dkr.ecr.*.amazonaws.com":"one","*":"none",
    "5*.dkr.ecr.eu-west-1.amazonaws.com":"none","exact.dkr.ecr.x.amazonaws.com":"none"}})");
  CHECK(home.found("1.dkr.ecr.eu-west-1.amazonaws.com/shop") ==
        "u:of-1.dkr.ecr.eu-west-1.amazonaws.com");
  CHECK(home.found("5.dkr.ecr.eu-west-1.amazonaws.com") == "none");
  CHECK(home.found("exact.dkr.ecr.x.amazonaws.com") == "none");
  CHECK(home.found("r.example") == "none");

  home.write(R"({"credsStore":"one","credHelpers":{"none.example":"none","broken.example":"broken",
    "absent.example":"absent"}})");
  CHECK(home.found("r.example") == "u:of-r.example");
  CHECK(home.found("r.example/acme/shop") == "u:of-r.example");
  CHECK(home.found("docker.io/acme/shop") == "u:of-https://index.docker.io/v1/");
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
