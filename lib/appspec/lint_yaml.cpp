// SPDX-License-Identifier: Apache-2.0
//
// A03 to A09: the document, its head and its keys.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "appspec/lint_context.hpp"
#include "appspec/plain_scalar.hpp"
#include "text/split.hpp"

namespace appspec {
namespace {

using yaml::Node;
using yaml::NodeKind;

constexpr std::string_view fails_at_first_hook =
    "fails at the first hook with UnknownError and the parser's words";

std::string_view line_at(const SourceText& source, std::size_t offset) {
  const auto& text = source.text();
  const auto at = std::min(offset, text.size());
  const auto begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  return std::string_view(text).substr(begin, text.find('\n', begin) - begin);
}

Remark remark_of(const SourceText& source, const yaml::Problem& problem) {
  const auto line = line_at(source, problem.place.offset);
  const auto indent = line.substr(0, line.find_first_not_of(" \t"));
  const bool tab = indent.find('\t') != std::string_view::npos;
  return {.rule = "A07",
          .message = tab ? "a tab in the indentation" : problem.message,
          .agent = std::string(fails_at_first_hook),
          .fix = tab ? "indent with spaces"
                 : line.find("{{") != std::string_view::npos
                     ? "fill in the template before the bundle is packed"
                     : "correct the YAML here; all keys of a map begin in the same column"};
}

void lint_syntax(LintContext& context, const SourceText& source, const yaml::Document& document) {
  if (source.text().starts_with(byte_order_mark)) {
    context.add(source, 0,
                {.rule = "A07",
                 .message = "the file begins with a byte order mark",
                 .agent = "reads the first key only, misses os and rejects the appspec",
                 .fix = "save it as UTF-8 without BOM",
                 .edits = {{0, byte_order_mark.size(), ""}}});
  }
  if (document.problem) {
    context.add(source, document.problem->place.offset, remark_of(source, *document.problem));
  }
}

void lint_notes(LintContext& context, const SourceText& source, const yaml::Document& document) {
  for (const auto& note : document.notes) {
    using yaml::NoteKind;
    if (note.kind == NoteKind::alias) {
      context.add(
          source, note.place.offset,
          {.rule = "A07",
           .message = "an alias",
           .agent = "fails at the first hook on hosts with Ruby 3.1 or later; older ones follow it",
           .fix = "write out what it stands for"});
    } else if (note.kind == NoteKind::tag && note.text.find("ruby") != std::string::npos) {
      context.add(source, note.place.offset,
                  {.rule = "A07",
                   .message = fmt::format("the tag {}", note.text),
                   .agent = std::string(fails_at_first_hook),
                   .fix = "remove the tag"});
    } else if (note.kind == NoteKind::duplicate_key) {
      const auto first = source.spot(note.earlier.offset).line;
      context.add(
          source, note.place.offset,
          {.rule = "A09",
           .message = fmt::format("the key '{}' stands in line {} already", note.text, first),
           .agent = "takes the last one; what the earlier ones say is lost",
           .fix = "join the two, or remove one"});
    }
  }
}

void lint_dates(LintContext& context, const SourceText& source, const Node& node) {
  if (is_date(node)) {
    context.add(
        source, node.place.offset,
        {.rule = "A07",
         .message = fmt::format("{} is a date", node.text),
         .agent = "fails at the first hook on hosts with Ruby 3.1 or later: it loads no dates",
         .fix = "put it in quotes",
         .edits = replace_scalar(source, node.place, node, "'" + node.text + "'")});
  }
  for (const auto& item : node.items) lint_dates(context, source, item);
  for (const auto& [key, value] : node.members) {
    const Node as_scalar{.kind = NodeKind::scalar, .place = value.key_place, .text = key};
    const bool plain = source.text().compare(value.key_place.offset, key.size(), key) == 0;
    if (plain) lint_dates(context, source, as_scalar);
    lint_dates(context, source, value);
  }
}

void lint_version(LintContext& context, const SourceText& source, const Node& root) {
  const auto* version = root.find("version");
  if (version == nullptr) {
    context.add(source, root.place.offset,
                {.rule = "A04",
                 .message = "version is missing",
                 .agent = "rejects the appspec at the first hook",
                 .fix = "add 'version: 0.0'"});
    return;
  }
  if (version->kind == NodeKind::alias) return;
  const auto integer = find_integer(*version);
  const auto number = integer ? std::optional(static_cast<double>(*integer)) : find_float(*version);
  if (number == 0.0) return;
  const Node unquoted{.kind = NodeKind::scalar, .text = version->text};
  const auto inner = find_float(unquoted);
  const bool only_quoted = version->quoted && (inner == 0.0 || find_integer(unquoted) == 0);
  context.add(source, version->place.offset,
              {.rule = only_quoted ? "A05" : "A04",
               .message = only_quoted ? fmt::format("version {} is a string", shown(*version))
                                      : fmt::format("version {} is not 0.0", shown(*version)),
               .agent = "rejects the appspec at the first hook",
               .fix = "write 0.0 without quotes",
               .edits = replace_scalar(source, version->place, *version, "0.0")});
}

void lint_os(LintContext& context, const SourceText& source, const Node& root) {
  const auto* os = root.find("os");
  if (os != nullptr && (os->kind == NodeKind::alias || os->text == "linux")) return;
  const bool case_only = os != nullptr && text::equal_ignoring_case(os->text, "linux");
  context.add(
      source, os == nullptr ? root.place.offset : os->place.offset,
      {.rule = "A06",
       .message = os == nullptr ? "os is missing" : fmt::format("os {} is not linux", shown(*os)),
       .agent = "rejects the appspec at the first hook on a Linux host",
       .fix = os == nullptr ? "add 'os: linux'" : "write 'os: linux', in lower case",
       .edits = case_only ? replace_scalar(source, os->place, *os, "linux") : std::vector<Edit>{}});
}

// The keys that the agent knows, and what people write for them.
void lint_top_keys(LintContext& context, const SourceText& source, const Node& root) {
  static const std::vector<std::string> known{
      "version", "os", "files", "file_exists_behavior", "permissions", "hooks"};
  lint_unknown_keys(context, source, root, "at the top level", known);
}

}  // namespace

bool lint_document(LintContext& context, const SourceText& source, const yaml::Document& document) {
  lint_syntax(context, source, document);
  lint_notes(context, source, document);
  if (document.problem) return false;
  const auto& root = document.root;
  if (root.kind != NodeKind::map) {
    const bool empty = root.kind == NodeKind::null;
    context.add(source, root.place.offset,
                {.rule = "A03",
                 .message = empty ? "the file is empty" : "the file is no map of keys and values",
                 .agent = "fails at the first hook",
                 .fix = "begin with 'version: 0.0' and 'os: linux'"});
    return false;
  }
  lint_dates(context, source, root);
  lint_version(context, source, root);
  lint_os(context, source, root);
  lint_top_keys(context, source, root);
  return true;
}

}  // namespace appspec
