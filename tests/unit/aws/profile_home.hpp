// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "aws/credentials.hpp"
#include "aws/key_source.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/answering_server.hpp"
#include "support/error_of.hpp"
#include "support/fake_clock.hpp"
#include "timing/timestamp.hpp"

using Variables = std::map<std::string, std::string, std::less<>>;

// A home folder with both profile files, on a machine that is no instance, at a time that a test
// moves.
class ProfileHome {
 public:
  explicit ProfileHome(const std::string& config = {}, const std::string& credentials = {})
      : folder_("aws-home") {
    write(".aws/config", config);
    write(".aws/credentials", credentials);
  }

  void write(const std::string& name, const std::string& text) const {
    file::write_atomically(folder_.path() / name, text, 0600);
  }

  std::filesystem::path path(const std::string& name = {}) const { return folder_.path() / name; }
  std::filesystem::path cache() const { return path(".cache/stagecraft/credentials"); }

  process::Environment environment(Variables variables = {}) const {
    variables.emplace("HOME", folder_.path().string());
    variables.emplace("AWS_EC2_METADATA_DISABLED", "true");
    return process::environment_of(variables);
  }

  std::shared_ptr<aws::CredentialStore> store(const Variables& variables = {},
                                              const std::string& profile = {}) const {
    const auto lookup = environment(variables);
    const auto profiles = aws::Profiles::load(lookup);
    return aws::find_credentials({.environment = lookup,
                                  .profiles = profiles,
                                  .explicit_profile = profile,
                                  .region = "eu-central-1",
                                  .clock = clock});
  }

  aws::Credentials find(const Variables& variables = {}, const std::string& profile = {}) const {
    return store(variables, profile)->current();
  }

  base::Error error(const Variables& variables = {}, const std::string& profile = {}) const {
    return support::error_of([&] { find(variables, profile); });
  }

  aws::Surroundings surroundings(const Variables& variables = {}) const {
    const auto lookup = environment(variables);
    const auto profiles = aws::Profiles::load(lookup);
    return aws::surroundings_of({.environment = lookup, .profiles = profiles, .clock = clock});
  }

  mutable support::FakeClock clock;

 private:
  file::TempDir folder_;
};

// An STS whose every answer is another set of keys that last as long as it says: ASTS1, ASTS2, …
class FakeSts {
 public:
  FakeSts(timing::Clock& clock, std::chrono::minutes life)
      : clock_(clock),
        life_(life),
        server_([this](const auto& request) { return answer(request); }) {}

  std::string url() const { return "http://" + server_.authority(); }
  std::vector<support::ServedRequest> requests() const { return server_.requests(); }
  void refuse_from_now_on() { refusing_ = true; }

 private:
  support::ServedAnswer answer(const support::ServedRequest& request) {
    if (refusing_) {
      return {.status = 403,
              .body =
                  "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message>"
                  "</Error><RequestId>r-1</RequestId></ErrorResponse>"};
    }
    const bool web = request.body.find("Action=AssumeRoleWithWebIdentity&") != std::string::npos;
    const std::string action = web ? "AssumeRoleWithWebIdentity" : "AssumeRole";
    return {.body = fmt::format(
                "<{0}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{0}Result>"
                "<Credentials><AccessKeyId>ASTS{1}</AccessKeyId><SecretAccessKey>sts-secret-{1}"
                "</SecretAccessKey><SessionToken>sts-token-{1}</SessionToken><Expiration>{2}"
                "</Expiration></Credentials></{0}Result></{0}Response>",
                action, ++count_, timing::rfc3339(clock_.now() + life_))};
  }

  timing::Clock& clock_;
  std::chrono::minutes life_;
  int count_ = 0;
  bool refusing_ = false;
  support::AnsweringServer server_;
};
