// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/secrets.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using s3_upload_bundle::find_secret_content;
using s3_upload_bundle::find_secret_name;

// Put together here, so that scanners of this repository find no key in it.
const std::string private_key = std::string("-----BEGIN RSA PRIVATE") + " KEY-----\nMII\n";

s3_upload_bundle::Bundle bundle_of(std::vector<std::pair<std::string, std::string>> files) {
  s3_upload_bundle::Bundle bundle;
  for (auto& [path, content] : files) {
    bundle.entries.push_back({.path = path, .size = content.size(), .content = std::move(content)});
  }
  bundle.read = [](const s3_upload_bundle::Entry& entry, std::uint64_t) { return entry.content; };
  return bundle;
}

}  // namespace

TEST_CASE("files whose name says that they hold secrets are known") {
  for (const auto* path :
       {".env", "a/b/.env", ".env.production", ".env.local", "id_rsa", "ssh/id_ed25519", "a.p12",
        "A.PFX", "keys/server.jks", "my.keystore", ".netrc", "_netrc", ".pgpass",
        ".git-credentials", ".aws/credentials", "home/.aws/credentials"}) {
    CAPTURE(path);
    CHECK(find_secret_name(path) != nullptr);
  }
}

TEST_CASE("files that only look like it are let through") {
  for (const auto* path : {"env", ".envrc", ".env.example", ".env.sample", "release.env",
                           "id_rsa.pub", "truststore.jks", "aws/credentials", "credentials",
                           "x.aws/credentials", "a.crt", ".npmrc", "server.key"}) {
    CAPTURE(path);
    CHECK(find_secret_name(path) == nullptr);
  }
}

TEST_CASE("the content decides where the name does not") {
  struct Case {
    std::string_view path;
    std::string content;
    bool secret;
  };
  const std::vector<Case> cases{
      {"a.pem", private_key, true},
      {"a.key", private_key, true},
      {"a.ppk", "PuTTY-User-Key-File-3: ssh-rsa\n", true},
      {"a.pem", "-----BEGIN CERTIFICATE-----\n", false},
      {"a.key", "translation.key=value\n", false},
      {".npmrc", "//registry.example.com/:_authToken=abc\n", true},
      {".npmrc", "//registry.example.com/:_authToken=${NPM_TOKEN}\n", false},
      {".npmrc", "# //r/:_authToken=abc\nregistry=https://r/\n", false},
      {"m/settings.xml", "<server><password>x1y2</password></server>", true},
      {"m/settings.xml", "<server><password>${env.PASSWORD}</password></server>", false},
      {"m/settings.xml", "<settings><password></password></settings>", false},
      {".docker/config.json", "{\"auths\":{\"r\":{\"auth\":\"eHg=\"}}}", true},
      {".docker/config.json", "{\"credsStore\":\"pass\"}", false},
  };
  for (const auto& each : cases) {
    CAPTURE(each.path);
    CAPTURE(each.content);
    CHECK(s3_upload_bundle::may_hold_secret(each.path));
    CHECK((find_secret_content(each.path, each.content) != nullptr) == each.secret);
  }
}

TEST_CASE("a secret is an error of rule B01 unless its path is allowed by name") {
  const auto bundle = bundle_of({{"conf/site.pem", private_key}, {"scripts/.env", "A=b\n"}});

  const auto findings = secrets_in(bundle, {});
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].rule == "B01");
  CHECK(findings[0].severity == appspec::Severity::error);
  CHECK(findings[0].path == "conf/site.pem");
  CHECK(findings[0].message == "a private key does not go into a bundle");
  CHECK(findings[1].path == "scripts/.env");

  CHECK(secrets_in(bundle, {"./conf/site.pem"}).size() == 1);
  CHECK(secrets_in(bundle, {"conf/site.pem", "scripts/.env"}).empty());
  CHECK(secrets_in(bundle, {"*.pem", "conf"}).size() == 2);
}
