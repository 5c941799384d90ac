// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/check.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "appspec/lint_report.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "logging/log.hpp"
#include "s3-upload-bundle/secrets.hpp"

namespace s3_upload_bundle {
namespace {

// Every instance loads it and keeps five of them.
constexpr std::uint64_t large_bundle = 100U << 20U;
constexpr std::uint64_t most_fixed_bytes = 4U << 20U;

appspec::FileKind kind_of(file::EntryKind kind) {
  switch (kind) {
    case file::EntryKind::directory:
      return appspec::FileKind::directory;
    case file::EntryKind::symlink:
      return appspec::FileKind::symlink;
    case file::EntryKind::regular:
      break;
  }
  return appspec::FileKind::regular;
}

appspec::BundleView view_of(const Bundle& bundle) {
  appspec::BundleView view;
  view.files.reserve(bundle.entries.size());
  for (const auto& entry : bundle.entries) {
    view.files.push_back({.path = entry.path,
                          .kind = kind_of(entry.kind),
                          .mode = entry.mode,
                          .size = entry.size,
                          .link_target = entry.link_target});
  }
  view.read = [&bundle](const std::string& path, std::uint64_t cap) {
    const auto* entry = bundle.find(path);
    if (entry == nullptr) {
      throw base::Error(base::Kind::internal,
                        fmt::format("lint {}: it is not in the bundle", path));
    }
    return bundle.read(*entry, cap);
  };
  return view;
}

std::string shown_path(const appspec::Finding& finding, const std::filesystem::path& folder) {
  if (finding.path.empty()) return folder.string();
  return (folder / finding.path).lexically_normal().string();
}

std::string place_of(const appspec::Finding& finding, const std::filesystem::path& folder) {
  auto place = shown_path(finding, folder);
  if (finding.line > 0) place += fmt::format(":{}", finding.line);
  return place;
}

void append(std::vector<appspec::Finding>& all, std::vector<appspec::Finding> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

appspec::LintReport check(const Bundle& bundle, const CheckOptions& options) {
  auto ours = bundle.findings;
  append(ours, links_out(bundle));
  append(ours, secrets_in(bundle, options.allow_secrets));
  // What we say of a path, or what was allowed by name, the linter need not say again.
  std::set<std::string, std::less<>> told(options.allow_secrets.begin(),
                                          options.allow_secrets.end());
  for (const auto& finding : ours) told.insert(finding.path);

  auto report =
      appspec::lint(view_of(bundle), {.allow = options.allow, .large_bundle = large_bundle});
  std::erase_if(report.findings, [&](const appspec::Finding& finding) {
    return finding.rule == "B01" && !finding.path.empty() && told.contains(finding.path);
  });
  append(report.findings, std::move(ours));
  std::ranges::stable_sort(report.findings, {}, [](const appspec::Finding& finding) {
    return std::tie(finding.path, finding.line, finding.column, finding.rule);
  });
  return report;
}

std::string report_text(const appspec::LintReport& report, LintFormat format,
                        const std::filesystem::path& folder) {
  // "./deploy/" is "deploy/", and "." is nothing: editors and SARIF readers want the plain path.
  auto prefix = folder.empty() ? std::string() : (folder / "").lexically_normal().string();
  if (prefix == "./") prefix.clear();
  switch (format) {
    case LintFormat::json:
      return appspec::lint_json(report);
    case LintFormat::sarif:
      return appspec::lint_sarif(report, prefix);
    case LintFormat::text:
      break;
  }
  return appspec::lint_text(report, prefix);
}

std::string finding_line(const appspec::Finding& finding, const std::filesystem::path& folder) {
  auto place = place_of(finding, folder);
  if (finding.line > 0 && finding.column > 0) place += fmt::format(":{}", finding.column);
  // The log says "warning" itself.
  const auto severity = finding.severity == appspec::Severity::warning
                            ? std::string()
                            : fmt::format("{} ", appspec::name_of(finding.severity));
  auto line = fmt::format("{}: {}{}: {}", place, severity, finding.rule, finding.message);
  if (!finding.agent.empty()) line += fmt::format("; agent: {}", finding.agent);
  if (!finding.fix.empty()) line += fmt::format("; fix: {}", finding.fix);
  return line;
}

void tell(const appspec::LintReport& report, const std::filesystem::path& folder) {
  for (const auto& finding : report.findings) {
    const bool advice = finding.severity == appspec::Severity::advice;
    logging::line(advice ? logging::Level::info : logging::Level::warning,
                  finding_line(finding, folder));
  }
  for (const auto& [rule, count] : report.allowed) {
    logging::debug("rule {} allowed: {} findings", rule, count);
  }
}

void write_report(const appspec::LintReport& report, const CheckOptions& options,
                  const std::filesystem::path& folder) {
  auto text = report_text(report, options.format, folder);
  if (!text.ends_with('\n')) text += '\n';
  file::write_atomically(options.report, text);
}

void refuse_errors(const appspec::LintReport& report, const std::filesystem::path& folder) {
  const auto first =
      std::ranges::find(report.findings, appspec::Severity::error, &appspec::Finding::severity);
  if (first == report.findings.end()) return;
  const auto others = report.count(appspec::Severity::error) - 1;
  auto what =
      fmt::format("check {}: rule {}: {}", place_of(*first, folder), first->rule, first->message);
  if (others > 0) what += fmt::format(" (and {} more error{})", others, others == 1 ? "" : "s");
  throw base::Error(base::Kind::integrity, what, first->fix);
}

std::size_t fix(const Bundle& bundle, const appspec::LintReport& report, Fixing fixing) {
  std::size_t changed = 0;
  for (auto& [path, edits] : appspec::edits_by_file(report.findings)) {
    const auto* entry = bundle.find(path);
    if (entry == nullptr || entry->file.empty()) continue;
    const auto before = bundle.read(*entry, most_fixed_bytes);
    const auto after = appspec::apply_edits(before, edits);
    if (after == before) continue;
    ++changed;
    const bool write = fixing == Fixing::write;
    if (write) {
      const auto mode = std::filesystem::status(entry->file).permissions();
      file::write_atomically(entry->file, after, static_cast<unsigned>(mode) & 0777U);
    }
    for (const auto& finding : report.findings) {
      if (finding.path != path || finding.edits.empty()) continue;
      logging::info("{} {}:{}: {}: {}", write ? "fixed" : "would fix", entry->file.string(),
                    finding.line, finding.rule, finding.fix);
    }
  }
  return changed;
}

}  // namespace s3_upload_bundle
