// SPDX-License-Identifier: Apache-2.0
//
// Everything that is checked of a bundle before a byte is sent, and how it is told.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "appspec/linter.hpp"
#include "s3-upload-bundle/bundle.hpp"

namespace s3_upload_bundle {

enum class LintFormat { text, json, sarif };

struct CheckOptions {
  std::vector<std::string> allow{};          // rules of the linter
  std::vector<std::string> allow_secrets{};  // paths in the bundle
  LintFormat format = LintFormat::text;
  std::filesystem::path report{};  // file for the report; empty: none
};

// The linter's findings with ours: secrets, links that lead out. Those two cannot be allowed by
// rule, secrets only by name. Sorted by path, line, column and rule.
appspec::LintReport check(const Bundle& bundle, const CheckOptions& options);

// The report as one text; `folder` stands before its paths.
std::string report_text(const appspec::LintReport& report, LintFormat format,
                        const std::filesystem::path& folder);

// "deploy/appspec.yml:12:5: error H04: …; agent: …; fix: …"; a warning has no word for it.
std::string finding_line(const appspec::Finding& finding, const std::filesystem::path& folder);

// A line of the log for each finding.
void tell(const appspec::LintReport& report, const std::filesystem::path& folder);

// The report file that the options name.
void write_report(const appspec::LintReport& report, const CheckOptions& options,
                  const std::filesystem::path& folder);

// Throws integrity with the first error, when there is one.
void refuse_errors(const appspec::LintReport& report, const std::filesystem::path& folder);

enum class Fixing { write, plan };

// Writes the mechanical fixes of these findings back into the source folder, each file atomically.
// Answers how many files were, or would be, changed.
std::size_t fix(const Bundle& bundle, const appspec::LintReport& report, Fixing fixing);

}  // namespace s3_upload_bundle
