// SPDX-License-Identifier: Apache-2.0
#include "aws/credential_chain.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "text/split.hpp"
#include "unit/aws/profile_home.hpp"

namespace {

constexpr auto shared_file =
    "[default]\naws_access_key_id = ADEF\naws_secret_access_key = default-secret\n"
    "[ci]\naws_access_key_id = ACI\naws_secret_access_key = ci-secret\n"
    "aws_session_token = ci-token\n";

const Variables in_environment{{"AWS_ACCESS_KEY_ID", "AENV"},
                               {"AWS_SECRET_ACCESS_KEY", "env-secret"},
                               {"AWS_SESSION_TOKEN", "env-token"}};

Variables with(Variables variables, const std::string& name, const std::string& value) {
  variables[name] = value;
  return variables;
}

}  // namespace

TEST_CASE("the environment's keys come before the profile's, unless a profile is asked for") {
  const ProfileHome home("", shared_file);

  CHECK(home.find(in_environment).access_key == "AENV");
  CHECK(home.find(in_environment).session_token == "env-token");
  CHECK(home.find(with(in_environment, "AWS_PROFILE", "ci")).access_key == "AENV");
  CHECK(home.find(in_environment, "ci").access_key == "ACI");
  CHECK(home.find(in_environment, "ci").session_token == "ci-token");
}

TEST_CASE("without keys in the environment the profile's are taken") {
  const ProfileHome home(
      "[profile plain]\naws_access_key_id = ACONF\naws_secret_access_key = conf\n", shared_file);

  CHECK(home.find().access_key == "ADEF");
  CHECK(home.find({{"AWS_PROFILE", "ci"}}).access_key == "ACI");
  CHECK(home.find({{"AWS_PROFILE", "plain"}}).access_key == "ACONF");
}

// botocore's order: each case configures one place more than the one before, and the new one wins.
TEST_CASE("places are taken in botocore's order") {
  const std::vector<std::pair<std::string, std::string>> settings{
      {"aws_access_key_id = ACONF\naws_secret_access_key = conf\n", "p in "},
      {"credential_process = /bin/keys\n", "credential_process /bin/keys"},
      {"", "p in "},  // the credentials file, written below
      {"sso_account_id = 1\nsso_role_name = r\nsso_start_url = https://s\nsso_region = eu-west-1\n",
       "SSO role r"},
      {"web_identity_token_file = /token\nrole_arn = arn:role\n", "web identity in /token"}};
  const Variables container{{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/keys"}};

  std::string config = "[profile p]\nregion = eu-central-1\n";
  std::string credentials;
  const auto label = [&](const Variables& variables) {
    const ProfileHome home(config, credentials);
    const auto choice = aws::choose_source(home.surroundings(with(variables, "AWS_PROFILE", "p")));
    return choice.source ? choice.source->label : "";
  };
  CHECK(label({}).empty());
  CHECK(label(container) == "the container's role at http://169.254.170.2");
  for (const auto& [setting, expected] : settings) {
    CAPTURE(expected);
    config += setting;
    if (setting.empty()) {
      credentials = "[p]\naws_access_key_id = ASHARED\naws_secret_access_key = shared\n";
    }
    CHECK(label(container).find(expected) != std::string::npos);
  }
  CHECK(label(with(container, "AWS_WEB_IDENTITY_TOKEN_FILE", "/pod")) ==
        "role arn:role with the web identity in /pod");

  config = "[profile p]\nrole_arn = arn:role\ncredential_source = Environment\n";
  CHECK(label(in_environment) == "the environment");
  const ProfileHome home(config);
  const auto asked_for = home.environment(in_environment);
  const auto profiles = aws::Profiles::load(asked_for);
  const auto choice = aws::choose_source(aws::surroundings_of({.environment = asked_for,
                                                               .profiles = profiles,
                                                               .explicit_profile = "p",
                                                               .clock = home.clock}));
  CHECK(choice.source->label == "profile p (role arn:role with the keys of the environment)");
}

TEST_CASE("the choice tells why the places before it were passed over") {
  const ProfileHome home("[default]\ncredential_process = /bin/keys\n");

  const auto choice = aws::choose_source(home.surroundings());
  CHECK(choice.source->label == "profile default (credential_process /bin/keys)");
  const auto config = home.path(".aws/config").string();
  const auto credentials = home.path(".aws/credentials").string();
  CHECK(choice.passed_over ==
        std::vector<std::string>{
            "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: not set", "profile default: no role_arn",
            "AWS_WEB_IDENTITY_TOKEN_FILE: not set, nor web_identity_token_file",
            "profile default in " + config + ": no sso_role_name",
            "profile default in " + credentials + ": no keys"});
}

TEST_CASE("the place that keys would come from is told without asking it") {
  const ProfileHome home("[profile login]\ncredential_process = /bin/false\n");
  const Variables keys{{"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "hush"}};
  struct Row {
    const char* what;
    Variables variables;
    std::string profile;
    std::string place;
  };
  for (const auto& row :
       {Row{"keys", keys, "", "the environment"},
        Row{"a profile asked for", keys, "login", "profile login (credential_process /bin/false)"},
        Row{"a container that does not answer",
            {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/keys"}},
            "",
            "the container's role at http://127.0.0.1:1"},
        Row{"an unknown profile",
            {{"AWS_PROFILE", "nobody"}},
            "",
            "none: find AWS credentials: no "
            "profile 'nobody' in " +
                home.path(".aws/credentials").string() + " or " +
                home.path(".aws/config").string()},
        Row{"an instance",
            {{"AWS_EC2_METADATA_DISABLED", "false"}},
            "",
            "the instance's metadata, if there is any"}}) {
    CAPTURE(row.what);
    CHECK(aws::key_place({.profile = row.profile}, home.environment(row.variables)) == row.place);
  }
  CHECK(aws::key_place({}, home.environment()).starts_with("none: find AWS credentials: none in "));
}

TEST_CASE("half a pair of keys ends the search") {
  const ProfileHome home("[profile half]\naws_secret_access_key = x\n", shared_file);

  const auto error = home.error({{"AWS_ACCESS_KEY_ID", "A"}});
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message() ==
        "find AWS credentials in the environment: AWS_ACCESS_KEY_ID is set and "
        "AWS_SECRET_ACCESS_KEY is not");
  CHECK(home.error({}, "half").kind() == base::Kind::environment);
}

// Each profile names a place that fails, and keys of another identity would be next in line.
TEST_CASE("a place that is configured and fails is never passed over for another identity") {
  constexpr auto keys_behind =
      "aws_access_key_id = AWRONG\naws_secret_access_key = wrong-identity\n";
  struct Case {
    std::string settings;
    base::Kind kind;
    std::string words;
  };
  const std::vector<Case> cases{
      {"role_arn = arn:r\nsource_profile = none\n", base::Kind::environment,
       "its source_profile 'none' does not exist"},
      {"role_arn = arn:r\nsource_profile = p\nmfa_serial = arn:mfa\n", base::Kind::environment,
       "nobody is here to type a code"},
      {"role_arn = arn:r\nweb_identity_token_file = /nowhere/token\n", base::Kind::environment,
       "open /nowhere/token: No such file"},
      {"sso_account_id = 1\n", base::Kind::environment, "sso_start_url is missing"},
      {"sso_account_id = 1\nsso_role_name = r\nsso_start_url = https://s\nsso_region = eu-west-1\n",
       base::Kind::environment, "no SSO login in "},
      {"credential_process = \"/bin/keys\n", base::Kind::environment, "no command line"},
      {"credential_process = /bin/false\n", base::Kind::environment, "/bin/false: exit code 1"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.settings);
    const ProfileHome home("[profile p]\n" + each.settings + keys_behind);
    const Variables container_behind{{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/keys"}};
    const auto error = home.error(container_behind, "p");
    CHECK(error.kind() == each.kind);
    CHECK_MESSAGE(error.message().find(each.words) != std::string::npos, error.message());
  }
}

TEST_CASE("when there are none the message names all that was looked at") {
  const ProfileHome home;

  const auto error = home.error();
  CHECK(error.kind() == base::Kind::environment);
  for (const auto* place :
       {"AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "/.aws/credentials", "/.aws/config",
        "profile default", "role_arn", "sso_role_name", "credential_process",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_DISABLED"}) {
    CAPTURE(place);
    CHECK(error.message().find(place) != std::string::npos);
  }
  CHECK_FALSE(error.hint().empty());
}

TEST_CASE("a machine without metadata service is no instance, and the message says so") {
  const ProfileHome home;

  const auto error = home.error({{"AWS_EC2_METADATA_DISABLED", "false"},
                                 {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9"}});
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message().starts_with("find AWS credentials: none in the environment"));
  CHECK(error.message().find("nothing answers at http://127.0.0.1:9") != std::string::npos);
}

TEST_CASE("an unknown profile is told by its name") {
  const ProfileHome home("", shared_file);

  CHECK(home.error({}, "cl").message().starts_with("find AWS credentials: no profile 'cl' in "));
  CHECK(home.error({{"AWS_PROFILE", "cl"}}).hint() == "check AWS_PROFILE");
}

TEST_CASE("keys in the environment may have an end") {
  const ProfileHome home;

  const auto keys =
      home.find(with(in_environment, "AWS_CREDENTIAL_EXPIRATION", "2030-01-02T03:04:05Z"));
  CHECK(keys.expires == timing::find_rfc3339("2030-01-02T03:04:05Z"));
  CHECK(home.error(with(in_environment, "AWS_CREDENTIAL_EXPIRATION", "2001-01-02T03:04:05Z"))
            .message() ==
        "find AWS credentials: those of the environment expired at 2001-01-02T03:04:05Z");
  CHECK(home.error(with(in_environment, "AWS_CREDENTIAL_EXPIRATION", "soon")).message() ==
        "find AWS credentials in the environment: AWS_CREDENTIAL_EXPIRATION is 'soon'");
}

TEST_CASE("keys that a login program renewed in the file are found after a refusal") {
  const ProfileHome home("", shared_file);
  const auto store = home.store();
  const auto first = store->current();
  CHECK_FALSE(store->renew(first));

  home.write(".aws/credentials",
             "[default]\naws_access_key_id = ANEW\naws_secret_access_key = new-secret\n");

  CHECK(store->renew(first));
  CHECK(store->current().access_key == "ANEW");
}
