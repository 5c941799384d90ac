// SPDX-License-Identifier: Apache-2.0
#include "appspec/lint_report.hpp"

#include <doctest/doctest.h>

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
