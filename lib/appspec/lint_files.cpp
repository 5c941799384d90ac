// SPDX-License-Identifier: Apache-2.0
//
// F01 to F08: what Install copies, and where.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "appspec/appspec.hpp"
#include "appspec/install_plan.hpp"
#include "appspec/lint_context.hpp"
#include "appspec/plain_scalar.hpp"
#include "text/split.hpp"

namespace appspec {
namespace {

using yaml::Node;
using yaml::NodeKind;

constexpr std::string_view rejects = "rejects the appspec at the first hook";

void lint_behaviour(LintContext& context, const SourceText& source, const Node& root) {
  const auto* node = root.find("file_exists_behavior");
  if (node == nullptr || node->kind == NodeKind::null || node->kind == NodeKind::alias ||
      find_file_exists(node->text)) {
    return;
  }
  const auto upper = text::upper(node->text);
  const bool case_only = find_file_exists(upper).has_value();
  context.add(source, node->place.offset,
              {.rule = "F06",
               .message = fmt::format("file_exists_behavior {} is unknown", shown(*node)),
               .agent = std::string(rejects),
               .fix = case_only ? fmt::format("write {}", upper) : "DISALLOW, OVERWRITE or RETAIN",
               .edits = case_only ? replace_scalar(source, node->place, *node, upper)
                                  : std::vector<Edit>{}});
}

// True when both are there and can be judged further.
bool lint_members(LintContext& context, const SourceText& source, const Node& item) {
  if (item.kind == NodeKind::alias) return false;
  if (item.kind != NodeKind::map) {
    context.add(source, item.place.offset,
                {.rule = "F02",
                 .message = fmt::format("{} is no map with source and destination", shown(item)),
                 .agent = "fails at the first hook with a TypeError or NoMethodError",
                 .fix = "write '- source: …' and below it 'destination: …'"});
    return false;
  }
  bool both = true;
  for (const auto* name : {"source", "destination"}) {
    const auto* node = item.find(name);
    if (node != nullptr && node->kind == NodeKind::scalar) continue;
    both = false;
    if (node != nullptr && node->kind == NodeKind::alias) continue;
    context.add(source, node == nullptr ? item.place.offset : node->place.offset,
                {.rule = "F02",
                 .message = fmt::format("a file without {}", name),
                 .agent = std::string(rejects),
                 .fix = "give each item both; one dash begins an item, its second key has none"});
  }
  return both;
}

void lint_item_keys(LintContext& context, const SourceText& source, const Node& item) {
  for (const auto& [key, value] : item.members) {
    if (key == "source" || key == "destination" || key == "<<") continue;
    const bool behaviour = key == "overwrite" || key == "file_exists_behavior";
    context.add(
        source, value.key_place.offset,
        {.rule = "F05",
         .message = fmt::format("'{}' is no key of a file", key),
         .agent = behaviour ? "ignores it; DISALLOW or what the deployment says stays in force"
                            : "ignores it without a word",
         .fix = behaviour
                    ? "remove it, and write 'file_exists_behavior: OVERWRITE' at the top level"
                    : "remove it; a file has source and destination"});
  }
}

void lint_source(LintContext& context, const SourceText& source, const Node& node) {
  const auto written = to_ruby_string(node);
  const auto plain = plain_path(written);
  if (!plain.inside) {
    context.add(source, node.place.offset,
                {.rule = "F07",
                 .message = fmt::format("source {} leads out of the bundle", shown(node)),
                 .agent = "copies whatever lies there on the host, or fails with ENOENT",
                 .fix = "name a file or folder of the bundle"});
    return;
  }
  if (plain.path.empty()) {
    context.add(
        source, node.place.offset,
        {.rule = "F07",
         .message = "source / is the whole bundle, appspec.yml and the hooks' scripts included",
         .agent = "copies all of it to the destination",
         .fix = "put what belongs there into a folder of its own and name that"});
    return;
  }
  const auto& index = context.index;
  if (index.find(plain.path) != nullptr || index.is_link(plain.path)) return;
  if (written.find_first_of("*?[") != std::string::npos) {
    context.add(source, node.place.offset,
                {.rule = "F04",
                 .message = fmt::format("source {} is a pattern", shown(node)),
                 .agent = "looks for a file of that very name and fails with ENOENT in Install",
                 .fix = "name the folder: its contents are copied"});
    return;
  }
  const auto near = index.suggest(plain.path);
  context.add(source, node.place.offset,
              {.rule = "F03",
               .message = fmt::format("source {} is not in the bundle", shown(node)),
               .agent = "fails with ENOENT in Install, after the last release's files are removed",
               .fix = near.path.empty() ? "add it to the bundle, or remove the item"
                                        : fmt::format("did you mean {}?", near.path),
               .edits = near.only_case ? replace_scalar(source, node.place, node, near.path)
                                       : std::vector<Edit>{}});
}

std::string_view ending_of(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? std::string_view() : name.substr(dot);
}

void lint_destination(LintContext& context, const SourceText& source, const Node& from,
                      const Node& node) {
  if (!node.text.starts_with('/')) {
    context.add(source, node.place.offset,
                {.rule = "F07",
                 .message = fmt::format("destination {} is no absolute path", shown(node)),
                 .agent = "puts it below its own working directory, /opt/codedeploy-agent",
                 .fix = "begin it with /"});
    return;
  }
  const auto path = plain_path(to_ruby_string(from)).path;
  const auto name = file_name_of(path);
  const auto target = plain_path(node.text).path;
  const auto last = file_name_of(target);
  const bool same_ending = !ending_of(name).empty() && ending_of(name) == ending_of(last);
  if (context.index.is_directory(path) || last.empty() || (name != last && !same_ending)) return;
  context.add(source, node.place.offset,
              {.rule = "F07",
               .message = fmt::format("destination {} looks like the file's own name", shown(node)),
               .agent = fmt::format("makes a folder of that name and puts the file at {}/{}",
                                    expanded(node.text), name),
               .fix = "name the folder that the file goes to"});
}

void lint_targets(LintContext& context, const SourceText& source, const Node& root) {
  const auto plan = install_plan(root, context.index);
  for (const auto& clash : plan.clashes) {
    const auto line = source.spot(clash.earlier->place.offset).line;
    context.add(source, clash.later->place.offset,
                {.rule = "F08",
                 .message = fmt::format("{} is a target of the item in line {} already",
                                        clash.target, line),
                 .agent = "fails in Install, after the last release's files are removed",
                 .fix = "keep one of the two, or give them different destinations"});
  }
}

}  // namespace

void lint_files(LintContext& context, const SourceText& source, const Node& root) {
  lint_behaviour(context, source, root);
  const auto* files = root.find("files");
  if (files == nullptr || files->kind == NodeKind::null || files->kind == NodeKind::alias) return;
  if (files->kind != NodeKind::list) {
    context.add(source, files->place.offset,
                {.rule = "F01",
                 .message = fmt::format("files is {}, not a list", shown(*files)),
                 .agent = "fails at the first hook with a TypeError or NoMethodError",
                 .fix = "begin each item with a dash"});
    return;
  }
  for (const auto& item : files->items) {
    const bool both = lint_members(context, source, item);
    lint_item_keys(context, source, item);
    if (!both) continue;
    lint_source(context, source, *item.find("source"));
    lint_destination(context, source, *item.find("source"), *item.find("destination"));
  }
  lint_targets(context, source, root);
}

}  // namespace appspec
