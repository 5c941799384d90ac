// SPDX-License-Identifier: Apache-2.0
#include "appspec/lint_report.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "json/field.hpp"
#include "json/value.hpp"
#include "unit/appspec/sample_bundle.hpp"

namespace {

appspec::LintReport sample_report() {
  return clean_bundle(
             "version: 0.0\nos: linux\nhooks:\n  ValidateService:\n"
             "    - location: scripts/check.sh\n      timeout: 5m\n"
             "  AfterInstall:\n    - location: scripts/my check.sh\n")
      .set("scripts/my check.sh", "echo\n")
      .set("app/.env", "A=1\n")
      .lint({.allow = {"S02"}});
}

// What the official schema (OASIS, sarif-schema-2.1.0.json) demands of the parts we write.
void require_fields(const json::Field& object, const std::set<std::string>& required,
                    const std::set<std::string>& possible) {
  for (const auto& name : required) {
    CAPTURE(name);
    CHECK(object[name].exists());
  }
  for (const auto& [name, value] : *object.value().find_object()) {
    CAPTURE(name);
    CHECK((required.contains(name) || possible.contains(name)));
  }
}

}  // namespace

TEST_CASE("the text names file, line and column, the agent's doing, the fix, and counts") {
  CHECK(appspec::lint_text(sample_report(), "deploy/") ==
        "deploy/app/.env: warning B01: this looks like a secret\n"
        "  agent: keeps it on every host, in each of the last five revisions\n"
        "  fix: leave it out; hosts read secrets from Parameter Store or Secrets Manager\n"
        "deploy/appspec.yml:6:16: warning H06: time-out 5m is 5 s to the agent\n"
        "  agent: ends the script after 5 s\n"
        "  fix: write 300\n"
        "deploy/appspec.yml:8:17: error H04: scripts/my check.sh of AfterInstall has a space\n"
        "  agent: fails with ENOENT: what follows the space is an argument to exec\n"
        "  fix: rename the file\n"
        "1 error, 2 warnings, 0 pieces of advice; --fix corrects 1; 1 of S02 allowed\n");
  CHECK(appspec::lint_text({}) == "0 errors, 0 warnings, 0 pieces of advice\n");
}

TEST_CASE("the JSON form has all of a finding but its edits") {
  const auto document = json::parse(appspec::lint_json(sample_report()), "lint report");
  const json::Field field(document, "lint report");

  CHECK(field["errors"].integer() == 1);
  CHECK(field["warnings"].integer() == 2);
  CHECK(field["advice"].integer() == 0);
  CHECK(field["allowed"]["S02"].integer() == 1);
  const auto findings = field["findings"].items();
  REQUIRE(findings.size() == 3);
  CHECK(findings[1]["rule"].string() == "H06");
  CHECK(findings[1]["severity"].string() == "warning");
  CHECK(findings[1]["path"].string() == "appspec.yml");
  CHECK(findings[1]["line"].integer() == 6);
  CHECK(findings[1]["column"].integer() == 16);
  CHECK(findings[1]["fix"].string() == "write 300");
  CHECK(findings[1]["agent"].string() == "ends the script after 5 s");
  CHECK(findings[1]["fixable"].boolean());
  CHECK_FALSE(findings[2]["fixable"].boolean());
}

TEST_CASE("the SARIF form has the rule table and a location for each result") {
  const auto document = json::parse(appspec::lint_sarif(sample_report(), "deploy/"), "SARIF");
  const json::Field field(document, "SARIF");

  CHECK(field["version"].string() == "2.1.0");
  CHECK(field["$schema"].string() == "https://json.schemastore.org/sarif-2.1.0.json");
  const auto runs = field["runs"].items();
  REQUIRE(runs.size() == 1);
  const auto driver = runs[0]["tool"]["driver"];
  CHECK(driver["name"].string() == "stagecraft");
  const auto rules = driver["rules"].items();
  REQUIRE(rules.size() == appspec::rules().size());
  CHECK(rules[0]["id"].string() == "A01");
  CHECK(rules[0]["defaultConfiguration"]["level"].string() == "error");
  CHECK_FALSE(rules[0]["shortDescription"]["text"].string().empty());

  const auto results = runs[0]["results"].items();
  REQUIRE(results.size() == 3);
  for (const auto& result : results) {
    const auto index = static_cast<std::size_t>(result["ruleIndex"].integer());
    CHECK(rules.at(index)["id"].string() == result["ruleId"].string());
    CHECK_FALSE(result["message"]["text"].string().empty());
  }
  CHECK(results[2]["level"].string() == "error");
  const auto place = results[2]["locations"].items().at(0)["physicalLocation"];
  CHECK(place["artifactLocation"]["uri"].string() == "deploy/appspec.yml");
  CHECK(place["region"]["startLine"].integer() == 8);
  CHECK(place["region"]["startColumn"].integer() == 17);
  CHECK_FALSE(results[0]["locations"].items().at(0)["physicalLocation"]["region"].exists());
}

TEST_CASE("the SARIF form has what its schema demands and nothing that it forbids") {
  const auto report = clean_bundle(
                          "version: '0.0'\nos: Linux\nhook: 1\npermissions:\n"
                          "  - object: /srv\n    mode: 0644\n")
                          .set("scripts/ä.sh", "docker run x:1\n")
                          .lint();
  const auto document = json::parse(appspec::lint_sarif(report), "SARIF");
  const json::Field sarif(document, "SARIF");

  require_fields(sarif, {"version", "runs"}, {"$schema"});
  const auto run = sarif["runs"].items().at(0);
  require_fields(run, {"tool"}, {"columnKind", "results"});
  CHECK(run["columnKind"].string() == "unicodeCodePoints");
  const auto driver = run["tool"]["driver"];
  require_fields(driver, {"name"}, {"version", "rules"});
  const std::set<std::string> levels{"none", "note", "warning", "error"};
  std::set<std::string> ids;
  for (const auto& rule : driver["rules"].items()) {
    require_fields(rule, {"id"}, {"shortDescription", "fullDescription", "defaultConfiguration"});
    CHECK(ids.insert(rule["id"].string()).second);
    CHECK(levels.contains(rule["defaultConfiguration"]["level"].string()));
  }
  std::size_t fixes = 0;
  const auto check_artifact = [](const json::Field& artifact) {
    require_fields(artifact, {"uri"}, {});
  };
  const auto check_region = [](const json::Field& region) {
    require_fields(region, {"startLine", "startColumn"}, {"endLine", "endColumn"});
    CHECK(region["startLine"].integer() >= 1);
    CHECK(region["startColumn"].integer() >= 1);
  };
  for (const auto& result : run["results"].items()) {
    require_fields(result, {"message"}, {"ruleId", "ruleIndex", "level", "locations", "fixes"});
    CHECK(ids.contains(result["ruleId"].string()));
    CHECK(levels.contains(result["level"].string()));
    const auto place = result["locations"].items().at(0)["physicalLocation"];
    check_artifact(place["artifactLocation"]);
    if (place["region"].exists()) check_region(place["region"]);
    if (!result["fixes"].exists()) continue;
    ++fixes;
    const auto fix = result["fixes"].items().at(0);
    require_fields(fix, {"artifactChanges"}, {"description"});
    const auto change = fix["artifactChanges"].items().at(0);
    require_fields(change, {"artifactLocation", "replacements"}, {});
    check_artifact(change["artifactLocation"]);
    REQUIRE_FALSE(change["replacements"].items().empty());
    for (const auto& replacement : change["replacements"].items()) {
      require_fields(replacement, {"deletedRegion"}, {"insertedContent"});
      check_region(replacement["deletedRegion"]);
    }
  }
  CHECK(fixes == 4);
}

TEST_CASE("a SARIF fix says which characters become what") {
  const auto document = json::parse(appspec::lint_sarif(sample_report(), "deploy/"), "SARIF");
  const auto results = json::Field(document, "SARIF")["runs"].items().at(0)["results"].items();
  CHECK_FALSE(results.at(0)["fixes"].exists());
  const auto fix = results.at(1)["fixes"].items().at(0);
  CHECK(fix["description"]["text"].string() == "write 300");
  const auto change = fix["artifactChanges"].items().at(0);
  CHECK(change["artifactLocation"]["uri"].string() == "deploy/appspec.yml");
  const auto replacement = change["replacements"].items().at(0);
  CHECK(replacement["insertedContent"]["text"].string() == "300");
  const auto region = replacement["deletedRegion"];
  CHECK(region["startLine"].integer() == 6);
  CHECK(region["startColumn"].integer() == 16);
  CHECK(region["endLine"].integer() == 6);
  CHECK(region["endColumn"].integer() == 18);
}

TEST_CASE("what is about the bundle as a whole is shown at its appspec, and names are encoded") {
  appspec::LintReport report;
  report.findings.push_back({.rule = "A01", .message = "no appspec.yml"});
  report.findings.push_back(
      {.rule = "B01", .severity = appspec::Severity::advice, .path = "a b/ü%.sh", .message = "x"});
  const auto document = json::parse(appspec::lint_sarif(report), "SARIF");
  const auto results = json::Field(document, "SARIF")["runs"].items().at(0)["results"].items();
  const auto uri = [&](std::size_t i) {
    return results.at(i)["locations"]
        .items()
        .at(0)["physicalLocation"]["artifactLocation"]["uri"]
        .string();
  };
  CHECK(uri(0) == "appspec.yml");
  CHECK(uri(1) == "a%20b/%C3%BC%25.sh");
  CHECK(results[1]["level"].string() == "note");
  CHECK(appspec::lint_text(report).starts_with("bundle: error A01: no appspec.yml\n"));
}
