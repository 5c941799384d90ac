// SPDX-License-Identifier: Apache-2.0
#include "appspec/lint_report.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/build_info.hpp"
#include "json/value.hpp"

namespace appspec {
namespace {

std::string counted(std::size_t number, std::string_view word) {
  return fmt::format("{} {}{}", number, word, number == 1 ? "" : "s");
}

std::string place_of(const Finding& finding, std::string_view folder) {
  std::string place = finding.path.empty() ? "bundle" : std::string(folder) + finding.path;
  if (finding.line > 0) place += fmt::format(":{}:{}", finding.line, finding.column);
  return place;
}

std::string summary_of(const LintReport& report) {
  auto summary =
      fmt::format("{}, {}, {} of advice", counted(report.count(Severity::error), "error"),
                  counted(report.count(Severity::warning), "warning"),
                  counted(report.count(Severity::advice), "piece"));
  const auto fixable = static_cast<std::size_t>(
      std::count_if(report.findings.begin(), report.findings.end(),
                    [](const Finding& finding) { return !finding.edits.empty(); }));
  if (fixable > 0) summary += fmt::format("; --fix corrects {}", fixable);
  for (const auto& [rule, count] : report.allowed) {
    summary += fmt::format("; {} of {} allowed", count, rule);
  }
  return summary;
}

// SARIF's words; "note" is its mildest level that viewers show.
std::string_view level_of(Severity severity) {
  return severity == Severity::advice ? std::string_view("note") : name_of(severity);
}

json::Value text_object(std::string_view text) { return json::object({{"text", text}}); }

json::Value sarif_rules() {
  json::Array array;
  for (const auto& rule : rules()) {
    array.push_back(json::object(
        {{"id", rule.id},
         {"shortDescription", text_object(rule.title)},
         {"fullDescription", text_object(rule.explanation)},
         {"defaultConfiguration", json::object({{"level", level_of(rule.severity)}})}}));
  }
  return array;
}

// A location is a URI reference: what could end the path or start an escape is encoded.
std::string uri_of(std::string_view path) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/@+,=";
  std::string uri;
  for (const char c : path) {
    uri += plain.find(c) != std::string_view::npos
               ? std::string(1, c)
               : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

json::Value sarif_region(const TextRegion& region) {
  return json::object({{"startLine", region.line},
                       {"startColumn", region.column},
                       {"endLine", region.end_line},
                       {"endColumn", region.end_column}});
}

// The finding's edits as one fix that viewers can apply.
json::Value sarif_fix(const Finding& finding, const json::Value& artifact) {
  json::Array replacements;
  for (std::size_t i = 0; i < finding.edited.size(); ++i) {
    replacements.push_back(
        json::object({{"deletedRegion", sarif_region(finding.edited[i])},
                      {"insertedContent", text_object(finding.edits.at(i).text)}}));
  }
  auto change =
      json::object({{"artifactLocation", artifact}, {"replacements", std::move(replacements)}});
  return json::object({{"description", text_object(finding.fix)},
                       {"artifactChanges", json::Array{std::move(change)}}});
}

json::Value sarif_result(const Finding& finding, std::string_view folder) {
  auto message = finding.message;
  if (!finding.agent.empty()) message += ". The agent " + finding.agent;
  if (!finding.fix.empty()) message += ". To fix: " + finding.fix;
  const auto found = find_rule(finding.rule);
  // What is about the bundle as a whole is shown at its appspec: viewers drop results without a
  // file.
  const auto path = std::string(folder) + (finding.path.empty() ? "appspec.yml" : finding.path);
  const auto artifact = json::object({{"uri", uri_of(path)}});
  auto physical = json::object({{"artifactLocation", artifact}});
  if (finding.line > 0) {
    physical.set("region",
                 json::object({{"startLine", finding.line}, {"startColumn", finding.column}}));
  }
  auto result = json::object(
      {{"ruleId", finding.rule},
       {"ruleIndex", static_cast<std::int64_t>(found - rules().data())},
       {"level", level_of(finding.severity)},
       {"message", text_object(message)},
       {"locations", json::Array{json::object({{"physicalLocation", std::move(physical)}})}}});
  if (!finding.edited.empty()) result.set("fixes", json::Array{sarif_fix(finding, artifact)});
  return result;
}

}  // namespace

std::string lint_text(const LintReport& report, std::string_view folder) {
  std::string text;
  for (const auto& finding : report.findings) {
    text += fmt::format("{}: {} {}: {}\n", place_of(finding, folder), name_of(finding.severity),
                        finding.rule, finding.message);
    if (!finding.agent.empty()) text += fmt::format("  agent: {}\n", finding.agent);
    if (!finding.fix.empty()) text += fmt::format("  fix: {}\n", finding.fix);
  }
  return text + summary_of(report) + "\n";
}

std::string lint_json(const LintReport& report) {
  json::Array findings;
  for (const auto& finding : report.findings) {
    findings.push_back(json::object({{"rule", finding.rule},
                                     {"severity", name_of(finding.severity)},
                                     {"path", finding.path},
                                     {"line", finding.line},
                                     {"column", finding.column},
                                     {"message", finding.message},
                                     {"agent", finding.agent},
                                     {"fix", finding.fix},
                                     {"fixable", !finding.edits.empty()}}));
  }
  json::Value allowed{json::Object{}};
  for (const auto& [rule, count] : report.allowed) {
    allowed.set(rule, static_cast<std::uint64_t>(count));
  }
  return json::write_pretty(
      json::object({{"findings", std::move(findings)},
                    {"errors", static_cast<std::uint64_t>(report.count(Severity::error))},
                    {"warnings", static_cast<std::uint64_t>(report.count(Severity::warning))},
                    {"advice", static_cast<std::uint64_t>(report.count(Severity::advice))},
                    {"allowed", std::move(allowed)}}));
}

std::string lint_sarif(const LintReport& report, std::string_view folder) {
  json::Array results;
  for (const auto& finding : report.findings) results.push_back(sarif_result(finding, folder));
  auto driver = json::object(
      {{"name", "stagecraft"}, {"version", base::version()}, {"rules", sarif_rules()}});
  auto run = json::object({{"tool", json::object({{"driver", std::move(driver)}})},
                           {"columnKind", "unicodeCodePoints"},
                           {"results", std::move(results)}});
  return json::write_pretty(
      json::object({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                    {"version", "2.1.0"},
                    {"runs", json::Array{std::move(run)}}}));
}

}  // namespace appspec
