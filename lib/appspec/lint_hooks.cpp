// SPDX-License-Identifier: Apache-2.0
//
// H01 to H05, H07, S06: lifecycle events and the scripts they name.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "appspec/lint_context.hpp"
#include "appspec/lint_timeouts.hpp"
#include "appspec/plain_scalar.hpp"
#include "text/nearest.hpp"
#include "text/split.hpp"

namespace appspec {
namespace {

using yaml::Node;
using yaml::NodeKind;

constexpr std::array<std::string_view, 9> scriptable{
    "ApplicationStop",   "BeforeInstall",      "AfterInstall",
    "ApplicationStart",  "ValidateService",    "BeforeAllowTraffic",
    "AfterAllowTraffic", "BeforeBlockTraffic", "AfterBlockTraffic"};
constexpr std::array<std::string_view, 4> reserved{"DownloadBundle", "Install", "BlockTraffic",
                                                   "AllowTraffic"};
// System users whose shell is nologin on Amazon Linux and Debian alike.
constexpr std::array<std::string_view, 12> without_shell{"nobody",   "daemon", "bin",   "sys",
                                                         "mail",     "games",  "ftp",   "sshd",
                                                         "www-data", "apache", "nginx", "nologin"};

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_absent(const Node* node) { return node == nullptr || node->kind == NodeKind::null; }

class HookLinter {
 public:
  HookLinter(LintContext& context, const SourceText& source) : context_(context), source_(source) {}

  void lint(const Node& hooks) {
    hooks_ = &hooks;
    for (const auto& [event, scripts] : hooks.members) {
      if (event != "<<") lint_event(event, scripts);
    }
  }

  std::vector<HookScript> take() { return std::move(scripts_); }

 private:
  void add(const Node& node, Remark remark) {
    context_.add(source_, node.place.offset, std::move(remark));
  }
  void add_at_key(const Node& value, Remark remark) {
    context_.add(source_, value.key_place.offset, std::move(remark));
  }

  void lint_event(const std::string& event, const Node& scripts) {
    lint_name(event, scripts);
    if (scripts.kind == NodeKind::alias) return;
    if (scripts.kind != NodeKind::list) {
      add(scripts,
          {.rule = "H02",
           .message = fmt::format("{} is {}, not a list of scripts", event, shown(scripts)),
           .agent = "fails at the first hook with a NoMethodError",
           .fix = "write '- location: …' below it"});
      return;
    }
    for (const auto& item : scripts.items) lint_script(event, item);
    lint_timeout_sum(context_, source_, event, scripts);
  }

  void lint_name(const std::string& event, const Node& scripts) {
    if (is_one_of(event, reserved)) {
      add_at_key(scripts,
                 {.rule = "H05",
                  .message = fmt::format("{} is the agent's own event", event),
                  .agent = "does its own work there and never runs these scripts",
                  .fix = fmt::format("use {}", event == "AllowTraffic"   ? "AfterAllowTraffic"
                                               : event == "BlockTraffic" ? "BeforeBlockTraffic"
                                                                         : "BeforeInstall"),
                  .severity = Severity::error});
    } else if (!is_one_of(event, scriptable)) {
      lint_unknown_name(event, scripts);
    } else if (context_.options.type == DeploymentType::blue_green &&
               (event == "BeforeBlockTraffic" || event == "AfterBlockTraffic")) {
      add_at_key(scripts,
                 {.rule = "H05",
                  .message = fmt::format("{} runs on the blue hosts only", event),
                  .agent = "runs there the script of the revision they have, which is the previous "
                           "one: a change takes effect one release later",
                  .fix = "keep it free of what belongs to this release"});
    }
  }

  void lint_unknown_name(const std::string& event, const Node& scripts) {
    const std::vector<std::string> known(scriptable.begin(), scriptable.end());
    auto near = text::nearest(event, known);
    for (const auto& name : known) {
      if (text::equal_ignoring_case(name, event)) near = name;
    }
    const bool case_only = text::equal_ignoring_case(near, event);
    const bool taken = !near.empty() && has_event(near);
    add_at_key(scripts,
               {.rule = "H05",
                .message = fmt::format("{} is no event of an EC2 deployment", event),
                .agent = "parses it and never runs its scripts",
                .fix = near.empty() ? "the events are " + text::join(known, ", ")
                                    : fmt::format("did you mean {}?", near),
                .edits = case_only && !taken ? replace_key(source_, scripts.key_place, event, near)
                                             : std::vector<Edit>{}});
  }

  bool has_event(const std::string& name) const { return hooks_->find(name) != nullptr; }

  void lint_script(const std::string& event, const Node& item) {
    if (item.kind == NodeKind::alias) return;
    if (item.kind != NodeKind::map) {
      add(item, {.rule = "H02",
                 .message = fmt::format("{} is no map with a location", shown(item)),
                 .agent = "fails at the first hook with a NoMethodError",
                 .fix = "write '- location: …'"});
      return;
    }
    static const std::vector<std::string> known{"location", "timeout", "runas", "sudo"};
    lint_unknown_keys(context_, source_, item, "of a script", known);
    HookScript script{.event = event, .timeout = lint_timeout(context_, source_, item)};
    lint_runas(item, script);
    const auto* location = item.find("location");
    if (location != nullptr && location->kind == NodeKind::alias) return;
    if (is_absent(location) || location->kind != NodeKind::scalar ||
        text::trim(location->text).empty()) {
      add(is_absent(location) ? item : *location,
          {.rule = "H03",
           .message = fmt::format("a script of {} without location", event),
           .agent = "rejects the appspec at the first hook",
           .fix = "add location: the script's path, counted from the bundle's root"});
      return;
    }
    script.place = location->place;
    script.path = lint_location(event, *location);
    if (script.path.empty()) return;
    lint_script_mode(script);
    scripts_.push_back(std::move(script));
  }

  // The regular file that the location leads to, or most likely means; empty when there is none.
  std::string lint_location(const std::string& event, const Node& node) {
    const auto& index = context_.index;
    const auto location = text::trim(node.text);
    const auto* file = index.find_regular(location);
    const bool spaces = location.find_first_of(" \t") != std::string_view::npos;
    if (file != nullptr && !spaces) return file->path;
    if (file == nullptr && index.is_directory(location)) {
      add(node, {.rule = "H04",
                 .message = fmt::format("{} of {} is a folder", shown(node), event),
                 .agent = "fails the event with ScriptFailed: a folder cannot be run",
                 .fix = "name the script in it"});
      return {};
    }
    if (spaces) {
      const auto* program = index.find_regular(location.substr(0, location.find_first_of(" \t")));
      add(node,
          {.rule = "H04",
           .message = fmt::format("{} of {} has a space", shown(node), event),
           .agent = file == nullptr
                        ? "takes all of it for one file name and fails with ScriptMissing"
                        : "fails with ENOENT: what follows the space is an argument to exec",
           .fix = file == nullptr ? "a script gets no arguments: give each event its own script"
                                  : "rename the file"});
      return program != nullptr ? program->path : file != nullptr ? file->path : "";
    }
    const auto near = index.suggest(location);
    add(node,
        {.rule = "H04",
         .message = fmt::format("{} of {} is not in the bundle", shown(node), event),
         .agent = fmt::format("fails with ScriptMissing when {} comes to run", event),
         .fix = near.path.empty()
                    ? "add the script; its location counts from the bundle's root"
                    : fmt::format("did you mean {}? it counts from the bundle's root", near.path),
         .edits = near.only_case ? replace_scalar(source_, node.place, node, near.path)
                                 : std::vector<Edit>{}});
    const bool same_name =
        text::equal_ignoring_case(file_name_of(near.path), file_name_of(plain_path(location).path));
    return same_name ? near.path : "";
  }

  void lint_runas(const Node& item, HookScript& script) {
    const auto* runas = item.find("runas");
    if (is_absent(runas) || runas->kind != NodeKind::scalar) return;
    script.runas = text::trim(to_ruby_string(*runas));
    if (script.runas == "root") script.runas.clear();
    if (script.runas.empty()) return;
    const bool number = script.runas.find_first_not_of("0123456789") == std::string::npos;
    if (number) {
      add(*runas, {.rule = "H07",
                   .message = fmt::format("runas {} is a number", shown(*runas)),
                   .agent = "asks su for a user of that name",
                   .fix = "write the user's name"});
    } else if (is_one_of(script.runas, without_shell)) {
      add(*runas, {.rule = "H07",
                   .message = fmt::format("{} has no login shell on most hosts", script.runas),
                   .agent = "runs the script with su, which ends with 1 for such a user",
                   .fix = "use a user with a shell, or runuser in the script"});
    }
  }

  // The agent makes a script executable for all only when nobody can execute it.
  void lint_script_mode(const HookScript& script) {
    if (script.runas.empty()) return;
    const auto mode = context_.index.find_regular(script.path)->mode;
    const auto on_host = (mode & 0111U) == 0 ? mode | 0111U : mode;
    if ((on_host & 05U) == 05U) return;
    context_.add(source_, script.place.offset,
                 {.rule = "H07",
                  .message = fmt::format("{} has the mode {:04o}: {} can not read and run it",
                                         script.path, mode, script.runas),
                  .agent = "the event fails with exit code 126",
                  .fix = "give it the mode 0755"});
  }

  LintContext& context_;
  const SourceText& source_;
  const Node* hooks_ = nullptr;
  std::vector<HookScript> scripts_;
};

bool has_scripts(const Node* hooks, std::string_view event) {
  const auto* scripts = hooks == nullptr ? nullptr : hooks->find(event);
  return scripts != nullptr && (scripts->kind == NodeKind::alias ||
                                (scripts->kind == NodeKind::list && !scripts->items.empty()));
}

void lint_missing_events(LintContext& context, const SourceText& source, const Node& root) {
  const auto* hooks = root.find("hooks");
  const auto offset = hooks == nullptr ? root.place.offset : hooks->key_place.offset;
  if (!has_scripts(hooks, "ValidateService")) {
    context.add(source, offset,
                {.rule = "S06",
                 .message = "no ValidateService",
                 .agent = "takes the release for good once it is started; a broken one shows as an "
                          "AllowTraffic that hangs for up to an hour",
                 .fix = "add a script that asks the application for its health until a deadline"});
  }
  if (context.options.type == DeploymentType::in_place && has_scripts(hooks, "ApplicationStart") &&
      !has_scripts(hooks, "ApplicationStop")) {
    context.add(source, offset,
                {.rule = "S06",
                 .message = "no ApplicationStop, and the deployment is in place",
                 .agent = "installs over the running release",
                 .fix = "add a script that stops it"});
  }
}

}  // namespace

std::vector<HookScript> lint_hooks(LintContext& context, const SourceText& source,
                                   const Node& root) {
  const auto* hooks = root.find("hooks");
  if (!is_absent(hooks) && hooks->kind == NodeKind::alias) return {};
  if (!is_absent(hooks) && hooks->kind != NodeKind::map) {
    context.add(
        source, hooks->place.offset,
        {.rule = "H01",
         .message = fmt::format("hooks is {}, not a map of lifecycle events", shown(*hooks)),
         .agent = "fails at the first hook with a NoMethodError",
         .fix = "write 'ApplicationStart:' and the like below it, without a dash"});
    return {};
  }
  lint_missing_events(context, source, root);
  if (is_absent(hooks)) return {};
  HookLinter linter(context, source);
  linter.lint(*hooks);
  return linter.take();
}

}  // namespace appspec
