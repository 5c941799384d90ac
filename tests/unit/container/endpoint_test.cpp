// SPDX-License-Identifier: Apache-2.0
#include "container/endpoint.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <map>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

namespace {

using container::Endpoint;
using Variables = std::map<std::string, std::string, std::less<>>;

std::optional<Endpoint> chosen(Variables variables) {
  return container::find_chosen_endpoint(process::environment_of(std::move(variables)));
}

// Docker's config folder with a context "build".
struct Config {
  file::TempDir folder{"docker-config"};
  std::string id = crypto::sha256_hex("build");

  explicit Config(const std::string& docker_endpoint) {
    write("contexts/meta/" + id + "/meta.json",
          R"({"Name":"build","Metadata":{},"Endpoints":{"docker":)" + docker_endpoint + "}}");
  }

  void write(const std::string& path, const std::string& content) const {
    file::write_atomically(folder.path() / path, content);
  }

  std::string path() const { return folder.path(); }
};

}  // namespace

TEST_CASE("DOCKER_HOST says where the engine is") {
  struct Row {
    std::string host;
    std::string socket;
    std::string url;
  };
  const Row rows[] = {{"unix:///run/docker.sock", "/run/docker.sock", "http://localhost"},
                      {"tcp://127.0.0.1:2375", "", "http://127.0.0.1:2375"},
                      {"tcp://localhost", "", "http://localhost:2375"},
                      {"tcp://[::1]:9", "", "http://[::1]:9"},
                      {"tcp://[::1]", "", "http://[::1]:2375"},
                      {"tcp://127.0.0.1:2375/", "", "http://127.0.0.1:2375"}};
  for (const Row& row : rows) {
    CAPTURE(row.host);
    const auto endpoint = chosen({{"DOCKER_HOST", row.host}, {"DOCKER_CONTEXT", "other"}});
    REQUIRE(endpoint);
    CHECK(endpoint->socket == row.socket);
    CHECK(endpoint->url == row.url);
    CHECK(endpoint->address == row.host);
  }
}

TEST_CASE("an engine that cannot or must not be reached from here is refused with the reason") {
  struct Row {
    std::string host;
    base::Kind kind;
    std::string what;
  };
  const Row rows[] = {
      {"tcp://10.0.0.7:2375", base::Kind::environment, "plain http beyond this machine"},
      {"ssh://ci@build", base::Kind::environment, "only docker's own program speaks through ssh"},
      {"unix://docker.sock", base::Kind::usage, "neither unix:///PATH nor tcp://HOST"},
      {"npipe:////./pipe/docker", base::Kind::usage, "neither unix:///PATH nor tcp://HOST"},
      {"127.0.0.1:2375", base::Kind::usage, "neither unix:///PATH nor tcp://HOST"}};
  for (const Row& row : rows) {
    CAPTURE(row.host);
    const auto error = support::error_of([&] { chosen({{"DOCKER_HOST", row.host}}); });
    CHECK(error.kind() == row.kind);
    CHECK(error.message() == "reach the engine at " + row.host + " (DOCKER_HOST): " + row.what);
  }
}

TEST_CASE("an engine on another machine is spoken to by TLS with docker's certificates") {
  const file::TempDir folder("certificates");
  for (const std::string name : {"ca.pem", "cert.pem", "key.pem"}) {
    file::write_atomically(folder.path() / name, "PEM of " + name);
  }
  const auto endpoint = chosen({{"DOCKER_HOST", "tcp://build.example"},
                                {"DOCKER_TLS_VERIFY", "1"},
                                {"DOCKER_CERT_PATH", folder.path()}});
  REQUIRE(endpoint);
  CHECK(endpoint->url == "https://build.example:2376");
  CHECK(endpoint->tls.extra_authorities == "PEM of ca.pem");
  CHECK(endpoint->tls.client_certificate == folder.path() / "cert.pem");
  CHECK(endpoint->tls.client_key == folder.path() / "key.pem");
}

TEST_CASE("a context is found by DOCKER_CONTEXT, else by the config document") {
  const Config config(R"({"Host":"unix:///run/build.sock","SkipTLSVerify":false})");
  const auto named = chosen({{"DOCKER_CONFIG", config.path()}, {"DOCKER_CONTEXT", "build"}});
  REQUIRE(named);
  CHECK(named->socket == "/run/build.sock");

  CHECK_FALSE(chosen({{"DOCKER_CONFIG", config.path()}}));
  config.write("config.json", R"({"currentContext":"build"})");
  REQUIRE(chosen({{"DOCKER_CONFIG", config.path()}}));
  CHECK(chosen({{"DOCKER_CONFIG", config.path()}})->socket == "/run/build.sock");
  CHECK_FALSE(chosen({{"DOCKER_CONFIG", config.path()}, {"DOCKER_CONTEXT", "default"}}));
}

TEST_CASE("a context's certificates make it TLS") {
  const Config config(R"({"Host":"tcp://build.example:2376"})");
  config.write("contexts/tls/" + config.id + "/docker/ca.pem", "PEM");
  const auto endpoint = chosen({{"DOCKER_CONFIG", config.path()}, {"DOCKER_CONTEXT", "build"}});
  REQUIRE(endpoint);
  CHECK(endpoint->url == "https://build.example:2376");
  CHECK(endpoint->tls.extra_authorities == "PEM");
}

TEST_CASE("a context that does not exist or does not verify is refused") {
  const Config config(R"({"Host":"tcp://build.example:2376","SkipTLSVerify":true})");
  const auto unverified = support::error_of([&] {
    chosen({{"DOCKER_CONFIG", config.path()}, {"DOCKER_CONTEXT", "build"}});
  });
  CHECK(
      unverified.message() ==
      "reach the engine at tcp://build.example:2376 (context build): its certificate is not to be "
      "verified");
  const auto unknown = support::error_of([&] {
    chosen({{"DOCKER_CONFIG", config.path()}, {"DOCKER_CONTEXT", "gone"}});
  });
  CHECK(unknown.kind() == base::Kind::environment);
  CHECK(unknown.message() == "find the docker context gone (DOCKER_CONTEXT): no " + config.path() +
                                 "/contexts/meta/" + crypto::sha256_hex("gone") + "/meta.json");
}

TEST_CASE("nobody chose: docker's socket, the user's own, podman's") {
  CHECK_FALSE(chosen({}));
  std::vector<std::string> sockets;
  for (const Endpoint& endpoint :
       container::usual_endpoints(process::environment_of({{"XDG_RUNTIME_DIR", "/run/user/7"}}))) {
    CHECK(endpoint.address == "unix://" + endpoint.socket);
    sockets.push_back(endpoint.socket);
  }
  CHECK(sockets == std::vector<std::string>{"/var/run/docker.sock", "/run/user/7/docker.sock",
                                            "/run/user/7/podman/podman.sock",
                                            "/run/podman/podman.sock"});
}
