// SPDX-License-Identifier: Apache-2.0
//
// What the rules share, and the rules' entries: one function per subject, called by lint() in the
// order below. A rule adds remarks; sorting and --allow come after all of them.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "appspec/bundle_index.hpp"
#include "appspec/linter.hpp"
#include "appspec/shell_scan.hpp"
#include "appspec/source_text.hpp"
#include "yaml/yaml.hpp"

namespace appspec {

struct Remark {
  std::string_view rule;
  std::string message{};
  std::string agent{};
  std::string fix{};
  std::vector<Edit> edits{};
  std::optional<Severity> severity{};  // absent: the rule's own
};

// A script that a hook names, or most likely means.
struct HookScript {
  std::string event{};
  std::string path{};  // of the regular file in the bundle
  std::optional<std::chrono::seconds> timeout{};
  std::string runas{};  // empty: root
  yaml::Place place{};  // of its location in appspec.yml
};

// A file of the bundle that is shell, as far as its first line tells.
struct ShellScript {
  SourceText source;
  unsigned mode = 0;
  std::string shebang{};  // without "#!" and white space at its end; empty when there is none
  bool has_shebang = false;
  bool is_shell = false;
  std::vector<ShellCommand> commands{};  // of shell only
};

struct LintContext {
  const BundleView& bundle;
  const LintOptions& options;
  const BundleIndex& index;
  std::vector<Finding> findings{};
  std::map<std::string, ShellScript> scripts{};  // read so far, by path

  void add(const SourceText& source, std::size_t offset, Remark remark);
  void add_to_file(std::string_view path, Remark remark);  // about a file as a whole, or the bundle

  // Null pointer for what is no regular file, larger than 1 MiB, or no text.
  const ShellScript* find_script(const std::string& path);
  // All bytes of a regular file; absent when it is larger than 1 MiB.
  std::optional<std::string> find_text(const BundleFile& file) const;
};

// lint_bundle.cpp: A01, A02, B01.
void lint_appspec_name(LintContext& context);
void lint_contents(LintContext& context);
// The folder that the agent strips: the only top-level one, when it holds an appspec; else empty.
std::string find_stripped_folder(const BundleView& bundle);

// lint_yaml.cpp: A03 to A09. False when nothing below the document's root can be judged.
bool lint_document(LintContext& context, const SourceText& source, const yaml::Document& document);

// lint_files.cpp: F01 to F08.
void lint_files(LintContext& context, const SourceText& source, const yaml::Node& root);

// lint_permissions.cpp: P01 to P09.
void lint_permissions(LintContext& context, const SourceText& source, const yaml::Node& root);

// lint_hooks.cpp: H01 to H07, S06; answers the scripts to look into.
std::vector<HookScript> lint_hooks(LintContext& context, const SourceText& source,
                                   const yaml::Node& root);

// lint_scripts.cpp: S01 to S03, S05. lint_images.cpp: S04.
void lint_scripts(LintContext& context, const std::vector<HookScript>& scripts);
void lint_images(LintContext& context, const std::vector<HookScript>& scripts);

// The scalar's characters in the source, quotes included, replaced; nothing when they are not
// written there as they read (escapes, folded lines).
std::vector<Edit> replace_scalar(const SourceText& source, const yaml::Place& place,
                                 const yaml::Node& scalar, std::string_view replacement);
// The same for a key, which keeps its quotes.
std::vector<Edit> replace_key(const SourceText& source, const yaml::Place& place,
                              std::string_view key, std::string_view replacement);

std::string shown(const yaml::Node& node);  // "'0644'", "(a list)"

// Tells keys that the agent does not know, with the nearest of those it does.
void lint_unknown_keys(LintContext& context, const SourceText& source, const yaml::Node& map,
                       std::string_view of, const std::vector<std::string>& known);

}  // namespace appspec
