// SPDX-License-Identifier: Apache-2.0
#include "appspec/appspec.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "support/error_of.hpp"

using support::error_of;

namespace {

const std::string head = "version: 0.0\nos: linux\n";

// The agent's answers to small variations of an appspec.
struct Case {
  std::string name;
  std::string text;
};

std::string hook(const std::string& rest) {
  return head + "hooks:\n  ApplicationStart:\n    - location: a.sh\n" + rest;
}

std::string permission(const std::string& rest) {
  return head + "permissions:\n  - object: /srv\n" + rest;
}

}  // namespace

TEST_CASE("what the agent rejects is rejected, with the line") {
  const std::vector<Case> cases{
      {"empty file", ""},
      {"version missing", "os: linux\n"},
      {"version 1.0", "version: 1.0\nos: linux\n"},
      {"version quoted", "version: '0.0'\nos: linux\n"},
      {"os in capitals", "version: 0.0\nos: Linux\n"},
      {"os missing", "version: 0.0\n"},
      {"os windows", "version: 0.0\nos: windows\n"},
      {"byte order mark", "\xEF\xBB\xBF" + head},
      {"tab indent", head + "hooks:\n\tApplicationStart: []\n"},
      {"alias", head + "a: &x 1\nb: *x\n"},
      {"tag", head + "a: !foo 1\n"},
      {"merge key", head + "<<: {a: 1}\n"},
      {"date", head + "released: 2026-01-31\n"},
      {"files as a map", head + "files:\n  source: /\n"},
      {"hooks as a list", head + "hooks:\n  - ApplicationStart\n"},
      {"hook as a scalar", head + "hooks:\n  ApplicationStart: a.sh\n"},
      {"hook without value", head + "hooks:\n  ApplicationStart:\n"},
      {"hook as plain strings", head + "hooks:\n  ApplicationStart:\n    - a.sh\n"},
      {"permissions as a map", head + "permissions:\n  object: /srv\n"},
      {"type as a scalar", permission("    type: file\n")},
      {"except as a scalar", permission("    except: x\n")},
      {"files item split by a dash", head + "files:\n  - source: /\n  - destination: /srv\n"},
      {"behaviour in lower case", head + "file_exists_behavior: overwrite\n"},
      {"location missing", head + "hooks:\n  ApplicationStart:\n    - timeout: 3\n"},
      {"location empty", head + "hooks:\n  ApplicationStart:\n    - location: ''\n"},
      {"timeout 0", hook("      timeout: 0\n")},
      {"timeout negative", hook("      timeout: -1\n")},
      {"timeout a word", hook("      timeout: abc\n")},
      {"mode 0755 is 493", permission("    mode: 0755\n")},
      {"mode 0600 is 384", permission("    mode: 0600\n")},
      {"mode 888", permission("    mode: 888\n")},
      {"mode in letters", permission("    mode: u+x\n")}};
  for (const auto& example : cases) {
    CAPTURE(example.name);
    const auto error = error_of([&] { appspec::parse(example.text); });
    CHECK(error.kind() == base::Kind::integrity);
    CHECK(error.message().starts_with("parse appspec.yml: line "));
  }
}

TEST_CASE("what the agent accepts is accepted") {
  const std::vector<Case> cases{
      {"version 0", "version: 0\nos: linux\n"},
      {"version 0.00", "version: 0.00\nos: linux\n"},
      {"version -0.0", "version: -0.0\nos: linux\n"},
      {"CRLF", "version: 0.0\r\nos: linux\r\n"},
      {"JSON", R"({"version": 0.0, "os": "linux", "hooks": {}})"},
      {"unknown keys",
       head + "permission: x\nfiles:\n  - source: /\n    destination: /srv\n    overwrite: yes\n"},
      {"unknown event", head + "hooks:\n  AplicationStart:\n    - location: a.sh\n"},
      {"second document", head + "---\nversion: 7\n"},
      {"broken second document", head + "...\nfoo: [\n"},
      {"anchor that nothing refers to", head + "a: &x 1\n"},
      {"empty hooks", head + "hooks:\n"}};
  for (const auto& example : cases) {
    CAPTURE(example.name);
    CHECK_NOTHROW(appspec::parse(example.text));
  }
}

TEST_CASE("timeouts are what Ruby's to_i makes of them") {
  using std::chrono::seconds;
  CHECK(appspec::parse(hook("")).scripts("ApplicationStart").at(0).timeout == seconds(3600));
  CHECK(appspec::parse(hook("      timeout: 5m\n")).scripts("ApplicationStart").at(0).timeout ==
        seconds(5));
  CHECK(appspec::parse(hook("      timeout: 1.9\n")).scripts("ApplicationStart").at(0).timeout ==
        seconds(1));
  CHECK(appspec::parse(hook("      timeout: 1:30\n")).scripts("ApplicationStart").at(0).timeout ==
        seconds(5400));
  CHECK(appspec::parse(hook("      timeout: '30'\n")).scripts("ApplicationStart").at(0).timeout ==
        seconds(30));
}

TEST_CASE("modes are octal digits of the number that YAML reads") {
  CHECK(appspec::parse(permission("    mode: 644\n")).permissions.at(0).mode == 0644U);
  CHECK(appspec::parse(permission("    mode: '0644'\n")).permissions.at(0).mode == 0644U);
  CHECK(appspec::parse(permission("    mode: 0644\n")).permissions.at(0).mode == 0420U);
  CHECK(appspec::parse(permission("    mode: 04755\n")).permissions.at(0).mode == 02541U);
  CHECK_FALSE(appspec::parse(permission("")).permissions.at(0).mode);
}

TEST_CASE("of two equal keys the last one counts, as in Ruby") {
  const auto spec = appspec::parse(head +
                                   "hooks:\n"
                                   "  ApplicationStart:\n    - location: first.sh\n"
                                   "  ApplicationStart:\n    - location: last.sh\n");
  REQUIRE(spec.scripts("ApplicationStart").size() == 1);
  CHECK(spec.scripts("ApplicationStart").at(0).location == "last.sh");
}

TEST_CASE("a whole appspec is read") {
  const auto spec = appspec::parse(R"(version: 0.0
os: linux
file_exists_behavior: OVERWRITE
files:
  - source: release.env
    destination: /opt/shop
permissions:
  - object: /opt/shop
    pattern: "*.env"
    except: [local.env]
    owner: shop
    group: shop
    mode: '0640'
    type: [file]
hooks:
  ApplicationStop:
    - location: scripts/stop.sh
      timeout: 60
      runas: shop
  ApplicationStart:
    - location: scripts/start.sh
      sudo: true
    - location: ./scripts/more.sh
)");
  CHECK(spec.file_exists == appspec::FileExists::overwrite);
  CHECK(spec.files.at(0).source == "release.env");
  CHECK(spec.files.at(0).destination == "/opt/shop");
  const auto& rule = spec.permissions.at(0);
  CHECK(rule.object == "/opt/shop");
  CHECK(rule.pattern == "*.env");
  CHECK(rule.except == std::vector<std::string>{"local.env"});
  CHECK(rule.owner == "shop");
  CHECK(rule.types == std::vector<appspec::ObjectType>{appspec::ObjectType::file});
  CHECK(spec.scripts("ApplicationStop").at(0).runas == "shop");
  CHECK(spec.scripts("ApplicationStart").size() == 2);
  CHECK(spec.scripts("ApplicationStart").at(0).sudo);
  CHECK(spec.scripts("ApplicationStart").at(1).line == 23);
  CHECK(spec.scripts("AfterInstall").empty());
}

TEST_CASE("scripts that are not in the bundle are named with event and line") {
  const auto spec = appspec::parse(head +
                                   "hooks:\n"
                                   "  ApplicationStart:\n"
                                   "    - location: scripts/start.sh\n"
                                   "    - location: /scripts/start.sh\n"
                                   "    - location: ./scripts//start.sh\n"
                                   "  ValidateService:\n"
                                   "    - location: scripts/Start.sh\n"
                                   "    - location: scripts/start.sh --quick\n");
  const auto missing = appspec::missing_scripts(spec, {"appspec.yml", "scripts/start.sh"});

  REQUIRE(missing.size() == 2);
  CHECK(missing[0].event == "ValidateService");
  CHECK(missing[0].location == "scripts/Start.sh");
  CHECK(missing[0].line == 9);
  CHECK(missing[1].location == "scripts/start.sh --quick");
}
