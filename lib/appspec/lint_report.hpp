// SPDX-License-Identifier: Apache-2.0
//
// A lint report for people and for programs.
#pragma once

#include <string>
#include <string_view>

#include "appspec/linter.hpp"

namespace appspec {

// "appspec.yml:12:5: error H04: …" with "  agent: …" and "  fix: …" below, one summary line at the
// end. `folder` stands before each path ("deploy/") so that editors find the files; may be empty.
std::string lint_text(const LintReport& report, std::string_view folder = {});

// {"findings": [{rule, severity, path, line, column, message, agent, fix, fixable}], "errors": n,
// "warnings": n, "advice": n, "allowed": {"S06": n}}
std::string lint_json(const LintReport& report);

// SARIF 2.1.0 with the whole rule table, and fixes where there are edits; `folder` makes the
// locations relative to the repository.
std::string lint_sarif(const LintReport& report, std::string_view folder = {});

}  // namespace appspec
