// SPDX-License-Identifier: Apache-2.0
//
// What the CodeDeploy agent will make of a bundle, said before it is uploaded.
//
// The linter sees the files that will really be in the archive, not the source tree, and reads
// appspec.yml as the agent's YAML reader does. It never throws for what it finds: a bundle that
// cannot be parsed is a finding too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace appspec {

enum class FileKind { regular, directory, symlink };

struct BundleFile {
  std::string path{};  // in the archive: "scripts/start.sh", no "/" at either end
  FileKind kind = FileKind::regular;
  unsigned mode = 0644;  // permission bits as the archive carries them
  std::uint64_t size = 0;
  std::string link_target{};  // of a symlink, as written
};

// `files` in any order; folders without an own entry are understood from the paths below them.
struct BundleView {
  std::vector<BundleFile> files{};
  // All bytes of a regular file of `files`; only asked for those whose size is at most `cap`.
  // What it throws passes through lint().
  std::function<std::string(const std::string& path, std::uint64_t cap)> read{};
};

// error: the agent fails, or a policy is broken. warning: ignored in silence, or surprising.
enum class Severity { error, warning, advice };

// The bytes [offset, offset + length) of the finding's file become `text`.
struct Edit {
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string text{};
  bool operator==(const Edit&) const = default;
};

// From the first character up to, not including, the end; lines and columns from 1.
struct TextRegion {
  int line = 1;
  int column = 1;
  int end_line = 1;
  int end_column = 1;
};

struct Finding {
  std::string rule{};  // "H04", an id of rules()
  Severity severity = Severity::error;
  std::string path{};  // in the bundle; empty when it is about the bundle as a whole
  int line = 0;        // from 1; 0 when it is about the file as a whole
  int column = 0;      // from 1, in characters
  std::string message{};
  std::string agent{};        // what the agent would do
  std::string fix{};          // the change to make
  std::vector<Edit> edits{};  // the same, when it is mechanical; else empty
  // Where each edit is. Empty when one of them is of a byte order mark, which has no place in text.
  std::vector<TextRegion> edited{};
};

enum class DeploymentType { blue_green, in_place };

struct LintOptions {
  DeploymentType type = DeploymentType::blue_green;
  std::vector<std::string> allow{};            // rule ids, checked by check_allowed()
  std::vector<std::string> wanted_secrets{};   // paths that B01 does not take for secrets
  std::uint64_t large_bundle = 256ULL << 20U;  // B01 tells of unpacked bundles above this size
};

struct LintReport {
  std::vector<Finding> findings{};               // by path, line, column, rule
  std::map<std::string, std::size_t> allowed{};  // findings left out, by rule of LintOptions::allow
  std::size_t count(Severity severity) const;
  bool has_errors() const { return count(Severity::error) > 0; }
};

LintReport lint(const BundleView& bundle, const LintOptions& options = {});

// A row of the table that reports, --allow and the documentation are made from.
struct Rule {
  std::string_view id;
  Severity severity;             // the usual one; a finding may be milder or graver
  std::string_view title;        // a few words
  std::string_view explanation;  // one line: what happens and why it matters
  bool fixable = false;          // some of its findings carry edits
};

const std::vector<Rule>& rules();            // by id
const Rule* find_rule(std::string_view id);  // exact; null pointer when there is none

// Throws usage, with the nearest id as a hint, for an id that is no rule.
void check_allowed(const std::vector<std::string>& ids);

std::string_view name_of(Severity severity);  // "error", "warning", "advice"

// The text after the edits. Of two that overlap the later one is left out; an edit beyond the
// text's end too. What was left out is found again by linting again.
std::string apply_edits(std::string_view text, std::vector<Edit> edits);

// The edits of all findings by the path of the file they change; files without edits are absent.
std::map<std::string, std::vector<Edit>> edits_by_file(const std::vector<Finding>& findings);

}  // namespace appspec
