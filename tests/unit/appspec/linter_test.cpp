// SPDX-License-Identifier: Apache-2.0
#include "appspec/linter.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "appspec/appspec.hpp"
#include "appspec/lint_report.hpp"
#include "file/file.hpp"
#include "file/tree.hpp"
#include "support/error_of.hpp"
#include "unit/appspec/sample_bundle.hpp"

using appspec::Severity;
using support::error_of;

namespace {

// A bundle with the mistakes that people make most, all at once.
SampleBundle common_mistakes() {
  return SampleBundle({{"appspec.yml",
                        "version: 0.0\n"
                        "os: linux\n"
                        "files:\n"
                        "  - {source: /, destination: /srv/demo, overwrite: yes}\n"
                        "permission:\n"
                        "  - {object: /srv/demo, pattern: \"**\", owner: ec2-user}\n"
                        "hooks:\n"
                        "  ApplicationStart:\n"
                        "    - {location: deploy.sh, timeout: 60, runas: ec2-user}\n"},
                       {"scripts/deploy.sh",
                        "docker ps -q -f name=demo && docker stop demo && docker rm demo | true\n"
                        "docker rmi example/demo:latest\n"
                        "sudo docker pull example/demo:latest\n"
                        "docker run -d --name demo -p 8080:8080 example/demo:latest || true\n"}})
      .mode("scripts/deploy.sh", 0644);
}

struct Row {
  std::string name;
  std::string text;
};

bool is_rejected(const std::string& text) {
  try {
    appspec::parse(text);
    return false;
  } catch (const base::Error&) {
    return true;
  }
}

const std::string head = "version: 0.0\nos: linux\n";
const std::string hooks = "hooks:\n  ValidateService:\n    - location: scripts/check.sh\n";
const std::string object = "permissions:\n  - object: /srv\n";

std::string fixed(const std::string& text) {
  return clean_bundle(text).fixed().text("appspec.yml");
}

}  // namespace

TEST_CASE("the bundle with the common mistakes gets exactly the findings it deserves") {
  const auto report = common_mistakes().lint();

  CHECK(rules_of(report) ==
        std::set<std::string>{"A08", "F05", "F07", "H04", "H06", "S02", "S04", "S05", "S06"});
  for (const auto& finding : report.findings) {
    CAPTURE(finding.rule);
    CAPTURE(finding.message);
    const bool grave = finding.rule == "H04" || finding.rule == "S04";
    CHECK((finding.severity == Severity::error) == grave);
  }
  const auto location = std::find_if(report.findings.begin(), report.findings.end(),
                                     [](const auto& finding) { return finding.rule == "H04"; });
  CHECK(location->fix.find("scripts/deploy.sh") != std::string::npos);
}

TEST_CASE("the reader and the linter reject the same appspecs") {
  const std::vector<Row> rejected{
      {"empty file", ""},
      {"version missing", "os: linux\n"},
      {"version 1.0", "version: 1.0\nos: linux\n"},
      {"version quoted", "version: \"0.0\"\nos: linux\n"},
      {"os Linux", "version: 0.0\nos: Linux\n"},
      {"os missing", "version: 0.0\n"},
      {"os windows", "version: 0.0\nos: windows\n"},
      {"byte order mark", "\xEF\xBB\xBF" + head},
      {"tab indent", head + "hooks:\n\tValidateService: []\n"},
      {"alias", head + "a: &x 1\nb: *x\n"},
      {"date", head + "a: 2026-01-31\n"},
      {"files as a map", head + "files:\n  source: /\n"},
      {"hooks as a list", head + "hooks:\n  - ValidateService\n"},
      {"hook as a scalar", head + "hooks:\n  ValidateService: a.sh\n"},
      {"hook as a map", head + "hooks:\n  ValidateService:\n    location: a.sh\n"},
      {"list of plain strings", head + "hooks:\n  ValidateService:\n    - a.sh\n"},
      {"permissions as a map", head + "permissions:\n  object: /srv\n"},
      {"type as a scalar", head + object + "    type: file\n"},
      {"except as a scalar", head + object + "    except: x\n"},
      {"wrong dash", head + "files:\n  - source: /\n  - destination: /srv\n"},
      {"lower-case behaviour", head + "file_exists_behavior: overwrite\n"},
      {"location missing", head + "hooks:\n  ValidateService:\n    - timeout: 3\n"},
      {"location empty", head + "hooks:\n  ValidateService:\n    - location: ''\n"},
      {"timeout 0", head + hooks + "      timeout: 0\n"},
      {"timeout negative", head + hooks + "      timeout: -1\n"},
      {"timeout abc", head + hooks + "      timeout: abc\n"},
      {"mode 0755", head + object + "    mode: 0755\n"},
      {"mode 0600", head + object + "    mode: 0600\n"},
      {"mode 0700", head + object + "    mode: 0700\n"},
      {"mode 888", head + object + "    mode: 888\n"},
      {"mode u+x", head + object + "    mode: u+x\n"}};
  for (const auto& row : rejected) {
    CAPTURE(row.name);
    CHECK(is_rejected(row.text));
    const bool is_empty = row.text.empty();
    const auto bundle = is_empty ? SampleBundle().set("appspec.yml", "") : clean_bundle(row.text);
    CHECK(bundle.lint().has_errors());
  }
}

TEST_CASE("what the agent takes is no error, though it may be a warning") {
  struct Taken {
    std::string text;
    std::string rule;  // empty: nothing to say
  };
  const std::vector<Taken> taken{
      {"version: 0\nos: linux\n" + hooks, ""},
      {"version: 0.00\nos: linux\n" + hooks, ""},
      {"version: -0.0\nos: linux\n" + hooks, ""},
      {R"({"version": 0.0, "os": "linux", "hooks": {"ValidateService": [{"location": "scripts/check.sh"}]}})",
       ""},
      {"version: 0.0\r\nos: linux\r\nhooks:\r\n  ValidateService:\r\n    - location: "
       "scripts/check.sh\r\n",
       ""},
      {head + hooks + "---\nversion: 7\n", ""},
      {head + hooks + hooks, "A09"},
      {head + "permission: []\n" + hooks, "A08"},
      {head + hooks + "  AplicationStart:\n    - location: scripts/check.sh\n", "H05"},
      {head + "hooks:\n  ValidateService:\n    - location: /scripts/check.sh\n", ""},
      {head + "hooks:\n  ValidateService:\n    - location: ./scripts/check.sh\n", ""},
      {head + hooks + "      timeout: 5m\n", "H06"},
      {head + hooks + "      timeout: 1.9\n", "H06"},
      {head + hooks + "      timeout: 1:30\n", "H06"},
      {head + hooks + "      timeout: 99999\n", "H06"},
      {head + hooks + "      runas: ''\n", ""},
      {head + hooks + "files: [{source: app, destination: /srv}]\n" + object +
           "    type: [file]\n    mode: 644\n",
       ""},
      {head + hooks + "files: [{source: app, destination: /srv}]\n" + object +
           "    type: [file]\n    mode: 0644\n",
       "P07"}};
  for (const auto& example : taken) {
    CAPTURE(example.text);
    CHECK_FALSE(is_rejected(example.text));
    const auto report = clean_bundle(example.text).lint();
    CHECK_FALSE(report.has_errors());
    CHECK(rules_of(report) ==
          (example.rule.empty() ? std::set<std::string>{} : std::set<std::string>{example.rule}));
  }
}

TEST_CASE("a fix writes what the author meant so that the agent reads it") {
  struct Fix {
    std::string before, after;
  };
  const std::vector<Fix> fixes{
      {head + "permission: []\n" + hooks, head + "permissions: []\n" + hooks},
      {head + "'hook': {}\n", head + "'hooks': {}\n"},
      {head + hooks + "      timeout: 5m\n", head + hooks + "      timeout: 300\n"},
      {head + hooks + "      timeout: 1:30\n", head + hooks + "      timeout: 90\n"},
      {head + hooks + "      timeout: '2 min' # short\n",
       head + hooks + "      timeout: 120 # short\n"},
      {head + hooks + "      timeout: 0300\n", head + hooks + "      timeout: 300\n"},
      {head + object + "    mode: 0644\n", head + object + "    mode: '0644'\n"},
      {head + object + "    mode: 0755\n", head + object + "    mode: '0755'\n"},
      {"os: Linux\nversion: '0.0'\n", "os: linux\nversion: 0.0\n"},
      {head + "file_exists_behavior: Retain\n", head + "file_exists_behavior: RETAIN\n"},
      {head + "at: 2026-01-31\n", head + "at: '2026-01-31'\n"},
      {head + "# größer\nhooks: {afterinstall: [{location: scripts/Check.sh}]}\n",
       head + "# größer\nhooks: {AfterInstall: [{location: scripts/check.sh}]}\n"},
      {"\xEF\xBB\xBFversion: \"0.0\"\nos: linux\n", "version: 0.0\nos: linux\n"},
      {"version: '0.0'\r\nos: LINUX\r\n", "version: 0.0\r\nos: linux\r\n"}};
  for (const auto& fix : fixes) {
    CAPTURE(fix.before);
    CHECK(fixed(fix.before) == fix.after);
    CHECK(fixed(fix.after) == fix.after);
  }
}

TEST_CASE("CR LF becomes LF in the whole script") {
  const auto bundle = clean_bundle().set("scripts/check.sh", "#!/bin/bash\r\nset -e\r\necho\r\n");
  CHECK(bundle.fixed().text("scripts/check.sh") == "#!/bin/bash\nset -e\necho\n");
}

TEST_CASE("an edit that overlaps an earlier one or lies beyond the end is left out") {
  CHECK(appspec::apply_edits(
            "abcdef", {{4, 1, "E"}, {1, 2, "x"}, {2, 2, "y"}, {7, 0, "z"}, {5, 9, ""}}) == "axdEf");
  CHECK(appspec::apply_edits("ab", {{2, 0, "c"}}) == "abc");
  CHECK(appspec::apply_edits("", {}).empty());
}

TEST_CASE("the example application's bundle is in order") {
  const auto folder =
      std::filesystem::path(STAGECRAFT_TEST_DATA) / "../../jenkins/example-app/deploy";
  SampleBundle bundle;
  for (const auto& entry : file::tree(folder)) {
    if (entry.kind != file::EntryKind::regular) continue;
    bundle.set(entry.path, file::read(folder / entry.path, 1U << 20U));
    bundle.mode(entry.path, entry.executable ? 0755 : 0644);
  }
  bundle.set("release.env", "IMAGE=shop/app@sha256:" + std::string(64, 'a') + "\nVERSION=1.2.3\n");

  const auto report = bundle.lint();
  CHECK(appspec::lint_text(report) == "0 errors, 0 warnings, 0 pieces of advice\n");
  CHECK(rules_of(bundle.lint({.type = appspec::DeploymentType::in_place})).empty());
}

TEST_CASE("realistic scripts are not accused of what they do not do") {
  for (const std::string name : {"replace_container.sh", "pull_from_ecr.sh", "start_jar.sh"}) {
    CAPTURE(name);
    const auto path = std::filesystem::path(STAGECRAFT_TEST_DATA) / "hooks" / name;
    auto bundle = clean_bundle().set("scripts/check.sh", file::read(path, 1U << 16U));
    const auto with_timeout = bundle.text("appspec.yml");
    bundle.set("appspec.yml", with_timeout.substr(0, with_timeout.find("      timeout")));
    CHECK(appspec::lint_text(bundle.lint()) == "0 errors, 0 warnings, 0 pieces of advice\n");
  }
}

TEST_CASE("an allowed rule is left out and counted") {
  const auto report = common_mistakes().lint({.allow = {"S04", "S02", "P01"}});

  CHECK_FALSE(rules_of(report).contains("S04"));
  CHECK_FALSE(rules_of(report).contains("S02"));
  CHECK(rules_of(report).contains("H04"));
  CHECK(report.allowed.at("S04") == 1);
  CHECK(report.allowed.at("S02") == 5);
  CHECK_FALSE(report.allowed.contains("P01"));
}

TEST_CASE("to allow what is no rule is a usage error with the nearest one") {
  CHECK_NOTHROW(appspec::check_allowed({"A01", "S06"}));
  const auto error = error_of([] { appspec::check_allowed({"A01", "s06"}); });
  CHECK(error.kind() == base::Kind::usage);
  CHECK(error.message() == "allow the rule s06: there is none of that name");
  CHECK(error.hint() == "did you mean S06?");
  CHECK(
      error_of([] { appspec::check_allowed({"everything"}); }).hint().starts_with("rules are A01"));
}

TEST_CASE("rules are in order, each id once, each explained") {
  const auto& rules = appspec::rules();
  CHECK(rules.size() == 40);
  CHECK(std::is_sorted(rules.begin(), rules.end(),
                       [](const auto& left, const auto& right) { return left.id < right.id; }));
  for (const auto& rule : rules) {
    CHECK(appspec::find_rule(rule.id) == &rule);
    CHECK_FALSE(rule.title.empty());
    CHECK_FALSE(rule.explanation.empty());
  }
  CHECK(appspec::find_rule("Z01") == nullptr);
}

TEST_CASE("a bundle that is one folder is judged as the agent unpacks it, under its real paths") {
  const SampleBundle bundle({{"shop/appspec.yml", head + hooks + "      timeout: 5m\n"},
                             {"shop/scripts/check.sh", "echo a\necho b\n"}});
  const auto report = bundle.lint();

  CHECK(rules_of(report) == std::set<std::string>{"A01", "H06", "S02"});
  CHECK(report.findings.front().path == "shop/appspec.yml");
  CHECK(report.findings.back().path == "shop/scripts/check.sh");
}

TEST_CASE("columns count characters, not bytes") {
  const auto report = clean_bundle(head + "x: {ä: 1, permission: 2}\nhooks: {ä: []}\n").lint();
  const auto found = std::find_if(report.findings.begin(), report.findings.end(),
                                  [](const auto& finding) { return finding.rule == "H05"; });
  REQUIRE(found != report.findings.end());
  CHECK(found->line == 4);
  CHECK(found->column == 9);
}

TEST_CASE("links that go round, and links to links, end") {
  auto bundle = clean_bundle(head + "hooks: {ValidateService: [{location: a}, {location: c}]}\n");
  bundle.set("a", "-> b").set("b", "-> a").set("c", "-> d").set("d", "-> scripts/check.sh");
  const auto report = bundle.lint();

  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].rule == "H04");
  CHECK(report.findings[0].column == 38);
}

TEST_CASE("a script that is large or no text is not looked into") {
  CHECK(rules_of(clean_bundle()
                     .set("scripts/check.sh", std::string("\x7F"
                                                          "ELF\0\1",
                                                          6))
                     .lint())
            .empty());
  CHECK(rules_of(clean_bundle().set("scripts/check.sh", std::string((1U << 20U) + 1, 'x')).lint())
            .empty());
}

TEST_CASE("no truncation or mutation of a bundle's texts brings the linter down") {
  const auto whole = common_mistakes();
  const std::vector<std::string> paths{"appspec.yml", "scripts/deploy.sh"};
  std::minstd_rand random(7);
  for (const auto& path : paths) {
    const auto& text = whole.text(path);
    for (std::size_t length = 0; length < text.size(); ++length) {
      auto bundle = whole;
      CHECK_NOTHROW(bundle.set(path, text.substr(0, length)).lint());
    }
    constexpr std::string_view odd = "'\"`$(){}[]<>|&;\\\n\t:-*!?#~\r\0=";
    for (int round = 0; round < 600; ++round) {
      auto changed = text;
      for (int i = 0; i < 3; ++i) changed[random() % changed.size()] = odd[random() % odd.size()];
      auto bundle = whole;
      CHECK_NOTHROW(bundle.set(path, changed).fixed().lint());
    }
  }
}
