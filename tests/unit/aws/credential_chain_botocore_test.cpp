// SPDX-License-Identifier: Apache-2.0
//
// Random settings, and which place wins: here and in botocore.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/credential_chain.hpp"
#include "json/value.hpp"
#include "process/child.hpp"
#include "text/split.hpp"
#include "unit/aws/profile_home.hpp"

namespace {

constexpr int case_count = 400;

struct Case {
  Variables environment;
  std::string config;
  std::string credentials;
  std::string profile;  // asked for
};

class Source {
 public:
  explicit Source(unsigned seed) : random_(seed) {}

  bool one_in(unsigned count) { return random_() % count == 0; }

  std::string some_of(const std::vector<std::string>& lines, unsigned one_in_these) {
    std::string text;
    for (const auto& line : lines) {
      if (one_in(one_in_these)) text += line + "\n";
    }
    return text;
  }

 private:
  std::mt19937 random_;
};

const std::string pair = "aws_access_key_id = A\naws_secret_access_key = secret-of-a";

Case random_case(Source& source) {
  const std::vector<std::string> any_profile{
      pair,
      "role_arn = arn:aws:iam::1:role/r",
      "credential_source = Environment",
      "web_identity_token_file = /token",
      "sso_account_id = 1\nsso_role_name = r",
      "sso_start_url = https://s\nsso_region = eu-west-1",
      "credential_process = /bin/echo '{\"Version\":1,\"AccessKeyId\":\"A\","
      "\"SecretAccessKey\":\"secret-of-a\"}'"};
  // Python's reader of these files refuses a key that is there twice, so there is one source.
  const auto settings = [&](unsigned one_in_these) {
    const std::string from = source.one_in(2) ? "p\n" : "q\n";
    return (source.one_in(2) ? "source_profile = " + from : std::string()) +
           source.some_of(any_profile, one_in_these);
  };
  Case each;
  each.config =
      "[profile p]\nregion = x\n" + settings(4) + "[profile q]\nregion = x\n" + settings(4);
  if (source.one_in(2)) each.credentials = "[p]\n" + settings(6);
  if (source.one_in(4)) each.credentials += "[q]\n" + pair + "\n";
  // A secret without its key is passed over by botocore and refused here, on purpose.
  if (source.one_in(6)) {
    each.environment["AWS_ACCESS_KEY_ID"] = "AENV";
    if (!source.one_in(6)) each.environment["AWS_SECRET_ACCESS_KEY"] = "secret-of-env";
  }
  if (source.one_in(4)) each.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/pod";
  if (source.one_in(4)) each.environment["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/pod";
  if (source.one_in(2)) {
    each.profile = "p";
  } else {
    each.environment["AWS_PROFILE"] = "p";
  }
  return each;
}

std::string line_for_botocore(const Case& each) {
  json::Value environment = json::object({});
  for (const auto& [name, value] : each.environment) environment.set(name, value);
  return json::write(json::object({{"environment", environment},
                                   {"config", each.config},
                                   {"credentials", each.credentials},
                                   {"profile", each.profile}})) +
         "\n";
}

// botocore's name for the place that is chosen here.
std::string our_place(const Case& each) {
  const ProfileHome home(each.config, each.credentials);
  const auto environment = home.environment(each.environment);
  const auto profiles = aws::Profiles::load(environment);
  aws::Choice choice;
  try {
    choice = aws::choose_source(aws::surroundings_of({.environment = environment,
                                                      .profiles = profiles,
                                                      .explicit_profile = each.profile,
                                                      .clock = home.clock}));
  } catch (const base::Error&) {
    return "error";
  }
  if (!choice.source) return "none";
  const std::string& label = choice.source->label;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> names{
      {{" with the keys of ", "assume-role"},
       {" with the web identity in ", "assume-role-with-web-identity"},
       {"(SSO role ", "sso"},
       {"/.aws/credentials", "shared-credentials-file"},
       {"(credential_process ", "custom-process"},
       {"/.aws/config", "config-file"}}};
  for (const auto& [words, name] : names) {
    if (label.find(words) != std::string::npos) return std::string(name);
  }
  return label == "the environment" ? "env" : label;
}

}  // namespace

TEST_CASE("400 random settings choose the place that botocore chooses") {
  Source source(20260103);
  std::vector<Case> cases;
  std::string lines;
  for (int i = 0; i < case_count; ++i) {
    cases.push_back(random_case(source));
    lines += line_for_botocore(cases.back());
  }
  const file::TempDir folder("chain");
  file::write_atomically(folder.path() / "cases", lines);
  const auto peer =
      process::capture({.argv = {"/usr/bin/python3", STAGECRAFT_TEST_DATA "/aws/botocore_chain.py",
                                 (folder.path() / "cases").string()}});
  if (peer.exit.code == 3) {
    MESSAGE("skipped: python3-botocore is not installed");
    return;
  }
  INFO(peer.err);
  REQUIRE(peer.exit.ok());
  const auto answers = text::lines(peer.out);
  REQUIRE(answers.size() == cases.size());

  std::map<std::string, int> chosen;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto ours = our_place(cases[i]);
    ++chosen[ours];
    CHECK_MESSAGE(ours == answers[i], line_for_botocore(cases[i]));
  }
  CHECK(chosen.size() == 9);  // every place came up, and errors and nothing
}
