// SPDX-License-Identifier: Apache-2.0
#include "appspec/lint_context.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "text/nearest.hpp"
#include "text/split.hpp"

namespace appspec {
namespace {

constexpr std::uint64_t most_read = 1U << 20U;

Finding finding_of(Remark remark) {
  return {.rule = std::string(remark.rule),
          .severity = remark.severity.value_or(find_rule(remark.rule)->severity),
          .message = std::move(remark.message),
          .agent = std::move(remark.agent),
          .fix = std::move(remark.fix),
          .edits = std::move(remark.edits)};
}

// The interpreter's file name, that of `env` resolved: "/usr/bin/env -S bash -e" is "bash".
std::string interpreter_of(std::string_view shebang) {
  bool env = false;
  for (const auto word : text::split(shebang, ' ')) {
    if (word.empty() || word.starts_with('-')) continue;
    const auto name = file_name_of(word);
    if (name == "env") {
      env = true;
    } else if (!env || word.find('=') == std::string_view::npos) {
      return std::string(name);
    }
  }
  return {};
}

ShellScript script_of(const BundleFile& file, std::string path, std::string bytes) {
  ShellScript script{.source = SourceText(std::move(path), std::move(bytes)), .mode = file.mode};
  std::string_view text = script.source.text();
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  script.has_shebang = text.starts_with("#!");
  if (script.has_shebang) {
    auto line = text.substr(2, text.find('\n') - 2);
    while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
    script.shebang = text::trim(line);
  }
  const auto interpreter = interpreter_of(script.shebang);
  script.is_shell = !script.has_shebang || interpreter == "sh" || interpreter == "bash" ||
                    interpreter == "dash" || interpreter == "ksh" || interpreter == "zsh" ||
                    interpreter == "ash";
  if (script.is_shell) script.commands = scan_shell(text);
  // Offsets are those of the file, mark included.
  const auto mark = script.source.text().size() - text.size();
  for (auto& command : script.commands) {
    command.offset += mark;
    for (auto& word : command.words) word.offset += mark;
    for (auto& word : command.assignments) word.offset += mark;
  }
  return script;
}

std::vector<TextRegion> regions_of(const std::vector<Edit>& edits, const SourceText& source) {
  std::vector<TextRegion> regions;
  for (const auto& edit : edits) {
    if (edit.offset == 0 && source.text().starts_with(byte_order_mark)) return {};
    const auto begin = source.spot(edit.offset);
    const auto end = source.spot(edit.offset + edit.length);
    regions.push_back({begin.line, begin.column, end.line, end.column});
  }
  return regions;
}

}  // namespace

void LintContext::add(const SourceText& source, std::size_t offset, Remark remark) {
  auto finding = finding_of(std::move(remark));
  const auto spot = source.spot(offset);
  finding.path = index.folder() + source.path();
  finding.line = spot.line;
  finding.column = spot.column;
  finding.edited = regions_of(finding.edits, source);
  findings.push_back(std::move(finding));
}

void LintContext::add_to_file(std::string_view path, Remark remark) {
  auto finding = finding_of(std::move(remark));
  finding.path = path.empty() ? "" : index.folder() + std::string(path);
  findings.push_back(std::move(finding));
}

std::optional<std::string> LintContext::find_text(const BundleFile& file) const {
  if (file.kind != FileKind::regular || file.size > most_read || !bundle.read) return std::nullopt;
  auto bytes = bundle.read(index.folder() + file.path, most_read);
  if (bytes.size() > most_read) return std::nullopt;
  return bytes;
}

const ShellScript* LintContext::find_script(const std::string& path) {
  if (const auto known = scripts.find(path); known != scripts.end()) return &known->second;
  const auto* file = index.find_regular(path);
  if (file == nullptr) return nullptr;
  auto bytes = find_text(*file);
  if (!bytes || bytes->find('\0') != std::string::npos) return nullptr;
  return &scripts.emplace(path, script_of(*file, file->path, std::move(*bytes))).first->second;
}

std::vector<Edit> replace_scalar(const SourceText& source, const yaml::Place& place,
                                 const yaml::Node& scalar, std::string_view replacement) {
  const auto at =
      std::string_view(source.text()).substr(std::min(place.offset, source.text().size()));
  if (at.empty() || scalar.text.empty()) return {};
  if (!scalar.quoted) {
    if (!at.starts_with(scalar.text)) return {};
    return {{place.offset, scalar.text.size(), std::string(replacement)}};
  }
  const char quote = at.front();
  const auto inner = at.substr(1);
  if ((quote != '\'' && quote != '"') || !inner.starts_with(scalar.text) ||
      inner.substr(scalar.text.size()).substr(0, 1) != std::string_view(&quote, 1)) {
    return {};
  }
  return {{place.offset, scalar.text.size() + 2, std::string(replacement)}};
}

std::vector<Edit> replace_key(const SourceText& source, const yaml::Place& place,
                              std::string_view key, std::string_view replacement) {
  auto at = std::string_view(source.text()).substr(std::min(place.offset, source.text().size()));
  const bool quoted = at.starts_with('\'') || at.starts_with('"');
  if (quoted) at.remove_prefix(1);
  if (!at.starts_with(key)) return {};
  return {{place.offset + (quoted ? 1U : 0U), key.size(), std::string(replacement)}};
}

std::string shown(const yaml::Node& node) {
  switch (node.kind) {
    case yaml::NodeKind::null:
      return "(empty)";
    case yaml::NodeKind::list:
      return "(a list)";
    case yaml::NodeKind::map:
      return "(a map)";
    case yaml::NodeKind::alias:
      return "(an alias)";
    case yaml::NodeKind::scalar:
      break;
  }
  constexpr std::size_t most = 60;
  const auto text = text::replace_all(std::string_view(node.text).substr(0, most), "\n", " ");
  return node.quoted ? fmt::format("'{}'", text) : text;
}

void lint_unknown_keys(LintContext& context, const SourceText& source, const yaml::Node& map,
                       std::string_view of, const std::vector<std::string>& known) {
  for (const auto& [key, value] : map.members) {
    if (std::find(known.begin(), known.end(), key) != known.end() || key == "<<") continue;
    auto near = text::nearest(text::lower(key), known);
    // Letters are the slip, a key that is there already is none.
    if (!near.empty() && map.find(near) != nullptr) near.clear();
    context.add(
        source, value.key_place.offset,
        {.rule = "A08",
         .message = fmt::format("unknown key '{}' {}", key, of),
         .agent = "ignores it, and everything below it, without a word",
         .fix = near.empty() ? "remove it; the keys known here are " + text::join(known, ", ")
                             : fmt::format("write '{}'", near),
         .edits =
             near.empty() ? std::vector<Edit>{} : replace_key(source, value.key_place, key, near)});
  }
}

}  // namespace appspec
