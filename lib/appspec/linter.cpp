// SPDX-License-Identifier: Apache-2.0
#include "appspec/linter.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "appspec/lint_context.hpp"
#include "appspec/lint_timeouts.hpp"

namespace appspec {
namespace {

// Everything that appspec.yml leads to.
void lint_appspec(LintContext& context) {
  const auto* file = context.index.find_regular("appspec.yml");
  if (file == nullptr) file = context.index.find_regular("appspec.yaml");
  if (file == nullptr) return;
  auto text = context.find_text(*file);
  if (!text) {
    context.add_to_file(file->path, {.rule = "A07",
                                     .message = "larger than 1 MiB, it was not read",
                                     .agent = "reads it",
                                     .fix = "an appspec has a few hundred lines at most"});
    return;
  }
  const SourceText source(file->path, std::move(*text));
  const auto document = yaml::read(source.text());
  if (!lint_document(context, source, document)) {
    lint_images(context, {});
    return;
  }
  lint_files(context, source, document.root);
  lint_permissions(context, source, document.root);
  const auto scripts = lint_hooks(context, source, document.root);
  for (const auto& script : scripts) lint_pull_time(context, source, script);
  lint_scripts(context, scripts);
  lint_images(context, scripts);
}

}  // namespace

std::size_t LintReport::count(Severity severity) const {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const Finding& finding) { return finding.severity == severity; }));
}

LintReport lint(const BundleView& bundle, const LintOptions& options) {
  const BundleIndex index(bundle, find_stripped_folder(bundle));
  LintContext context{.bundle = bundle, .options = options, .index = index};
  lint_appspec_name(context);
  lint_appspec(context);
  lint_contents(context);

  LintReport report;
  for (auto& finding : context.findings) {
    const auto& allow = options.allow;
    if (std::find(allow.begin(), allow.end(), finding.rule) != allow.end()) {
      ++report.allowed[finding.rule];
    } else {
      report.findings.push_back(std::move(finding));
    }
  }
  std::stable_sort(report.findings.begin(), report.findings.end(),
                   [](const Finding& left, const Finding& right) {
                     return std::tie(left.path, left.line, left.column, left.rule) <
                            std::tie(right.path, right.line, right.column, right.rule);
                   });
  return report;
}

std::string apply_edits(std::string_view text, std::vector<Edit> edits) {
  std::stable_sort(edits.begin(), edits.end(),
                   [](const Edit& left, const Edit& right) { return left.offset < right.offset; });
  std::string result;
  std::size_t copied = 0;
  for (const auto& edit : edits) {
    if (edit.offset < copied || edit.offset > text.size() ||
        edit.length > text.size() - edit.offset) {
      continue;
    }
    result += text.substr(copied, edit.offset - copied);
    result += edit.text;
    copied = edit.offset + edit.length;
  }
  result += text.substr(copied);
  return result;
}

std::map<std::string, std::vector<Edit>> edits_by_file(const std::vector<Finding>& findings) {
  std::map<std::string, std::vector<Edit>> edits;
  for (const auto& finding : findings) {
    if (finding.edits.empty()) continue;
    auto& of_file = edits[finding.path];
    of_file.insert(of_file.end(), finding.edits.begin(), finding.edits.end());
  }
  return edits;
}

}  // namespace appspec
