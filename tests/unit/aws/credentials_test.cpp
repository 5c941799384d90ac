// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"
#include "support/fake_clock.hpp"

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

// A home with both profile files.
class Home {
 public:
  Home(const std::string& credentials, const std::string& config) : folder_("credentials") {
    file::write_atomically(folder_.path() / ".aws" / "credentials", credentials);
    file::write_atomically(folder_.path() / ".aws" / "config", config);
  }

  aws::Credentials find(Variables variables = {}, const std::string& profile = {}) const {
    variables["HOME"] = folder_.path().string();
    const auto environment = process::environment_of(variables);
    const auto profiles = aws::Profiles::load(environment);
    support::FakeClock clock;
    return aws::find_credentials({.environment = environment,
                                  .profiles = profiles,
                                  .explicit_profile = profile,
                                  .clock = clock})
        ->current();
  }

  base::Error error(const Variables& variables = {}, const std::string& profile = {}) const {
    return support::error_of([&] { find(variables, profile); });
  }

 private:
  file::TempDir folder_;
};

const Variables in_environment{{"AWS_ACCESS_KEY_ID", "AENV"},
                               {"AWS_SECRET_ACCESS_KEY", "env-secret"},
                               {"AWS_SESSION_TOKEN", "env-token"}};
constexpr auto shared_file =
    "[default]\naws_access_key_id = ADEF\naws_secret_access_key = default-secret\n"
    "[ci]\naws_access_key_id = ACI\naws_secret_access_key = ci-secret\n"
    "aws_session_token = ci-token\n";

Variables with(Variables variables, const std::string& name, const std::string& value) {
  variables[name] = value;
  return variables;
}

}  // namespace

TEST_CASE("the environment's keys come before the profile's, unless a profile is asked for") {
  const Home home(shared_file, "");

  CHECK(home.find(in_environment).access_key == "AENV");
  CHECK(home.find(in_environment).session_token == "env-token");
  CHECK(home.find(with(in_environment, "AWS_PROFILE", "ci")).access_key == "AENV");
  CHECK(home.find(in_environment, "ci").access_key == "ACI");
  CHECK(home.find(in_environment, "ci").session_token == "ci-token");
}

TEST_CASE("without keys in the environment the profile's are taken") {
  const Home home(shared_file,
                  "[profile plain]\naws_access_key_id = ACONF\naws_secret_access_key = conf\n");

  CHECK(home.find().access_key == "ADEF");
  CHECK(home.find({{"AWS_PROFILE", "ci"}}).access_key == "ACI");
  CHECK(home.find({{"AWS_PROFILE", "plain"}}).access_key == "ACONF");
}

TEST_CASE("half a pair of keys ends the search") {
  const Home home(shared_file, "[profile half]\naws_secret_access_key = x\n");

  const auto error = home.error({{"AWS_ACCESS_KEY_ID", "A"}});
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message() ==
        "find AWS credentials in the environment: AWS_ACCESS_KEY_ID is set and "
        "AWS_SECRET_ACCESS_KEY is not");
  CHECK(home.error({}, "half").kind() == base::Kind::environment);
}

TEST_CASE("a source of keys that is configured is never passed over for another identity") {
  const Home home(
      "[default]\naws_access_key_id = ADEF\naws_secret_access_key = default-secret\n",
      "[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = default\n"
      "[profile sso]\nsso_session = s\n[profile process]\ncredential_process = /bin/keys\n");

  for (const std::string profile : {"role", "sso", "process"}) {
    CAPTURE(profile);
    CHECK(home.error({}, profile).kind() == base::Kind::environment);
  }
  const auto pod = home.error({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}});
  CHECK(pod.message() ==
        "find AWS credentials in the environment: AWS_WEB_IDENTITY_TOKEN_FILE is "
        "set there, and only keys are read");
}

TEST_CASE("when there are none the message names all that was looked at") {
  const Home home("", "");

  const auto error = home.error();
  CHECK(error.kind() == base::Kind::environment);
  for (const auto* place : {"AWS_ACCESS_KEY_ID", "/.aws/credentials", "/.aws/config", "default"}) {
    CAPTURE(place);
    CHECK(error.message().find(place) != std::string::npos);
  }
  CHECK_FALSE(error.hint().empty());
}

TEST_CASE("an unknown profile is told by its name") {
  const Home home(shared_file, "");

  CHECK(home.error({}, "cl").message().starts_with("find AWS credentials: no profile 'cl' in "));
  CHECK(home.error({{"AWS_PROFILE", "cl"}}).hint() == "check AWS_PROFILE");
}
