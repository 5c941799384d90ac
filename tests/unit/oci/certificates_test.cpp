// SPDX-License-Identifier: Apache-2.0
#include "oci/certificates.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "process/child.hpp"
#include "support/error_of.hpp"
#include "support/registry_fixture.hpp"

namespace {

bool is_installed(const char* program) { return process::find_program(program).has_value(); }

// A certificate authority in a folder, and what it signs.
struct Authority {
  file::TempDir folder{"certificates-test"};

  std::string path(const std::string& name) const { return (folder.path() / name).string(); }

  void openssl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "openssl");
    const auto result = process::capture({.argv = std::move(arguments)});
    REQUIRE_MESSAGE(result.exit.ok(), result.err);
  }

  Authority() {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-days", "2", "-subj", "/CN=test authority", "-keyout", path("ca.key"), "-out",
             path("ca.crt")});
    sign("server", "subjectAltName=IP:127.0.0.1");
    sign("client", "extendedKeyUsage=clientAuth");
  }

  void sign(const std::string& name, const std::string& extension) const {
    file::write_atomically(path(name + ".ext"), extension + '\n');
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
             "/CN=" + name, "-keyout", path(name + ".key"), "-out", path(name + ".csr")});
    openssl({"x509", "-req", "-days", "2", "-CA", path("ca.crt"), "-CAkey", path("ca.key"),
             "-CAcreateserial", "-in", path(name + ".csr"), "-extfile", path(name + ".ext"), "-out",
             path(name + ".cert")});
  }

  std::string tls() const {
    return "certificate: " + path("server.cert") + ", key: " + path("server.key") +
           ", clientcas: [" + path("ca.crt") + "]";
  }
};

http::Attempt ask(const std::string& address, const std::filesystem::path& etc) {
  timing::SystemClock clock;
  http::ClientOptions options;
  options.host_tls = oci::certificates_by_host(process::environment_of({}), etc);
  http::Client client(clock, {}, std::move(options));
  return client.try_once({.url = "https://" + address + "/v2/"});
}

}  // namespace

TEST_CASE("certs.d brings a registry's own authority and the client's certificate" *
          doctest::skip(!is_installed("docker-registry") || !is_installed("openssl"))) {
  const Authority authority;
  const support::RegistryFixture registry(support::Login::none, authority.tls());
  const file::TempDir etc("certificates-test");
  const auto certs = etc.path() / "docker/certs.d" / registry.address();

  const auto unknown = ask(registry.address(), etc.path());
  CHECK(unknown.failure == http::Failure::refused);
  CHECK_FALSE(unknown.response);

  file::write_atomically(certs / "registry.crt", file::read(authority.path("ca.crt")));
  CHECK_FALSE(ask(registry.address(), etc.path()).response);  // it wants to know who asks

  file::write_atomically(certs / "client.cert", file::read(authority.path("client.cert")));
  file::write_atomically(certs / "client.key", file::read(authority.path("client.key")), 0600);
  const auto known = ask(registry.address(), etc.path());
  CAPTURE(known.why);
  REQUIRE(known.response);
  CHECK(known.response->status == 200);
}

TEST_CASE("the user's folder of certificates goes before the system's, and hosts have their own") {
  const file::TempDir folder("certificates-test");
  const auto put = [&folder](const std::string& path, const std::string& content) {
    file::write_atomically(folder.path() / path, content);
  };
  put("home/.config/containers/certs.d/r.example:5000/a.crt", "user's");
  put("etc/containers/certs.d/r.example:5000/a.crt", "system's");
  put("etc/containers/certs.d/r.example/a.crt", "one");
  put("etc/containers/certs.d/r.example/b.crt", "two");
  put("etc/docker/certs.d/docker.io/a.crt", "hub's");
  put("etc/docker/certs.d/half.example/client.cert", "no key");
  const auto find = oci::certificates_by_host(
      process::environment_of({{"HOME", (folder.path() / "home").string()}}),
      folder.path() / "etc");
  REQUIRE(find("r.example:5000") != nullptr);
  CHECK(find("r.example:5000")->extra_authorities == "user's\n");
  CHECK(find("r.example")->extra_authorities == "one\ntwo\n");
  CHECK(find("registry-1.docker.io")->extra_authorities == "hub's\n");
  CHECK(find("other.example") == nullptr);
  const auto error = support::error_of([&] { find("half.example"); });
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message().ends_with("client.cert: client.key is missing beside it"));
}
