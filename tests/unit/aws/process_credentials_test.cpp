// SPDX-License-Identifier: Apache-2.0
#include "aws/process_credentials.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "json/field.hpp"
#include "process/child.hpp"
#include "text/split.hpp"
#include "unit/aws/profile_home.hpp"

namespace {

using Words = std::optional<std::vector<std::string>>;
using std::chrono::minutes;

// A program in a folder with a space in its name; each run adds a line to `runs`.
std::string program(const ProfileHome& home, const std::string& script) {
  const auto path = home.path("my programs/keys");
  file::write_atomically(
      path, "#!/bin/sh\necho run >> " + home.path("runs").string() + "\n" + script, 0755);
  return path.string();
}

ProfileHome& configured(ProfileHome& home, const std::string& script,
                        const std::string& arguments = "") {
  home.write(".aws/config", "[profile p]\ncredential_process = \"" + program(home, script) + "\" " +
                                arguments + "\n");
  return home;
}

std::size_t runs(const ProfileHome& home) {
  return text::lines(file::find(home.path("runs")).value_or("")).size();
}

std::string answer(const std::string& more) {
  return R"(echo '{"Version":1,"AccessKeyId":"APROC","SecretAccessKey":"process-secret")" + more +
         "}'\n";
}

}  // namespace

TEST_CASE("a command line is cut into words as botocore cuts it") {
  struct Case {
    std::string command;
    Words words;
  };
  const std::vector<Case> cases{
      {"", std::vector<std::string>{}},
      {"  a\tb  ", Words({"a", "b"})},
      {R"("/opt/my keys/get" --role "it's")", Words({"/opt/my keys/get", "--role", "it's"})},
      {R"(a'b c'd "" '')", Words({"ab cd", "", ""})},
      {R"("a\"b\\c\d" 'a\b' a\ b \')", Words({R"(a"b\c\d)", R"(a\b)", "a b", "'"})},
      {"$HOME `id` a|b #c", Words({"$HOME", "`id`", "a|b", "#c"})},
      {"\"open", {}},
      {"'open", {}},
      {"end\\", {}}};
  for (const auto& each : cases) {
    CAPTURE(each.command);
    CHECK(aws::find_words(each.command) == each.words);
  }
}

TEST_CASE("2000 random command lines are cut as Python's shlex cuts them") {
  std::mt19937 random(7);
  const std::string letters = "ab \t'\"\\-$#\n";
  std::string commands = "[";
  std::vector<std::string> lines;
  for (int i = 0; i < 2'000; ++i) {
    std::string line;
    for (std::size_t left = random() % 12; left > 0; --left) {
      line += letters[random() % letters.size()];
    }
    lines.push_back(line);
    commands += (i == 0 ? "" : ",") + json::write(line);
  }
  const ProfileHome home;
  home.write("commands", commands + "]");
  constexpr auto peer_program =
      "import json, shlex, sys\n"
      "def words(line):\n"
      "  try: return shlex.split(line)\n"
      "  except ValueError: return None\n"
      "print(json.dumps([words(l) for l in json.load(open(sys.argv[1]))]))\n";
  const auto peer = process::capture(
      {.argv = {"/usr/bin/python3", "-c", peer_program, home.path("commands").string()}});
  REQUIRE(peer.exit.ok());
  const auto document = json::parse(peer.out, "shlex");
  const auto* expected = document.find_array();
  REQUIRE(expected->size() == lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CAPTURE(lines[i]);
    json::Value ours;
    if (const auto words = aws::find_words(lines[i])) {
      ours = json::Array(words->begin(), words->end());
    }
    REQUIRE(ours == (*expected)[i]);
  }
}

TEST_CASE("a program's keys are taken, its arguments handed over as they are quoted") {
  ProfileHome home;
  configured(
      home,
      "printf '{\"Version\":1,\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"process-secret\"}' "
      "\"$2\"\n",
      R"(--who "two words")");

  const auto keys = home.find({}, "p");
  CHECK(keys.access_key == "two words");
  CHECK_FALSE(keys.expires);
}

TEST_CASE("a program's keys that end are renewed, and kept for the next tool") {
  ProfileHome home;
  configured(home, answer(R"(,"SessionToken":"process-token","Expiration":")" +
                          timing::rfc3339(home.clock.now() + minutes(60)) + "\""));
  const auto store = home.store({}, "p");

  CHECK(store->current().session_token == "process-token");
  CHECK(home.find({}, "p").access_key == "APROC");
  CHECK(runs(home) == 1);
  CHECK_FALSE(
      store->renew({.access_key = "APROC", .secret_key = "", .session_token = "process-token"}));
  CHECK(runs(home) == 2);
  home.clock.advance(minutes(46));
  store->current();
  CHECK(runs(home) == 3);
}

TEST_CASE("keys without an end are not kept") {
  ProfileHome home;
  configured(home, answer(""));
  home.find({}, "p");
  home.find({}, "p");
  CHECK(runs(home) == 2);
  CHECK_FALSE(std::filesystem::exists(home.cache()));
}

TEST_CASE("a program that fails is told with its words, and none of its output") {
  struct Case {
    std::string script;
    std::string words;
  };
  const std::vector<Case> cases{
      {"echo leaked-output; echo 'token is over' >&2; exit 7\n", "exit code 7: token is over"},
      {"kill -9 $$\n", "signal 9"},
      {"echo leaked-output\n", "parse"},
      {"echo '{\"AccessKeyId\":\"leaked-output\"}'\n", "its Version is missing, and 1 is known"},
      {"echo '{\"Version\":2}'\n", "its Version is 2, and 1 is known"},
      {"echo '{\"Version\":1,\"AccessKeyId\":\"A\"}'\n",
       "/SecretAccessKey: expected a string, found nothing"},
      {"echo '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"leaked-output\","
       "\"Expiration\":\"soon\"}'\n",
       "/Expiration: 'soon' is no RFC 3339 time"}};
  for (const auto& each : cases) {
    CAPTURE(each.script);
    ProfileHome home;
    configured(home, each.script);
    const auto error = home.error({}, "p");
    CHECK(error.kind() == base::Kind::environment);
    CHECK_MESSAGE(error.message().find(each.words) != std::string::npos, error.message());
    CHECK(error.message().find("leaked-output") == std::string::npos);
  }
}

TEST_CASE("a program that is not there is told by its name") {
  const ProfileHome home("[profile p]\ncredential_process = /nowhere/keys --role x\n");
  const auto error = home.error({}, "p");
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message().find("/nowhere/keys") != std::string::npos);
}

TEST_CASE("a program that hangs is ended with its children, and may answer another time") {
  ProfileHome home;
  configured(home, "sleep 600 &\nwait\n");
  auto surroundings = home.surroundings();
  const auto source = aws::find_process(surroundings, "p", std::chrono::milliseconds(200));
  const auto error = support::error_of([&] { source->provider->fetch(aws::Reuse::allowed); });
  CHECK(error.kind() == base::Kind::timed_out);
}
