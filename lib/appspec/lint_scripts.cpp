// SPDX-License-Identifier: Apache-2.0
//
// S01, S02, S03, S05, and H07 for sudo: what hooks run.
#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "appspec/docker_call.hpp"
#include "appspec/lint_context.hpp"
#include "text/split.hpp"

namespace appspec {
namespace {

bool is_true(const ShellCommand& command) {
  return command.words.size() == 1 &&
         (command.words[0].text == "true" || command.words[0].text == ":");
}

// S01: the kernel takes what stands after "#!" up to the line's end for the path.
void lint_interpreter(LintContext& context, const ShellScript& script) {
  const auto& text = script.source.text();
  const auto crlf = text.find("\r\n");
  const bool mark = text.starts_with(byte_order_mark);
  if (mark) {
    context.add(script.source, 0,
                {.rule = "S01",
                 .message = "a byte order mark before the interpreter line",
                 .agent = "the kernel does not see #!: /bin/sh runs it, and its first line fails",
                 .fix = "save it as UTF-8 without BOM",
                 .edits = {{0, 3, ""}}});
  }
  const bool in_shebang = script.has_shebang && crlf < text.find('\n');
  if (crlf != std::string::npos && (in_shebang || script.is_shell)) {
    const auto unix_text =
        text::replace_all(std::string_view(text).substr(mark ? 3 : 0), "\r\n", "\n");
    context.add(
        script.source, crlf,
        {.rule = "S01",
         .message = in_shebang ? "the interpreter line ends in CR LF" : "lines end in CR LF",
         .agent = in_shebang ? "fails with ScriptFailed, No such file or directory: the path "
                               "ends in a carriage return"
                             : "runs it; each word at a line's end has a carriage return",
         .fix = "save it with LF line ends",
         .edits = {{mark ? 3U : 0U, text.size() - (mark ? 3U : 0U), unix_text}}});
  }
  if (!script.has_shebang) return;
  const std::string_view path =
      std::string_view(script.shebang).substr(0, script.shebang.find_first_of(" \t"));
  const bool bare_env = file_name_of(script.shebang) == "env";
  if (path.starts_with('/') && !bare_env) return;
  const auto name = file_name_of(path);
  context.add(script.source, 0,
              {.rule = "S01",
               .message = path.empty() ? "the interpreter line is empty"
                          : bare_env   ? "env without a program"
                                     : fmt::format("the interpreter {} is no absolute path", path),
               .agent = "fails with ScriptFailed, No such file or directory",
               .fix = path.empty() || bare_env ? "write #!/usr/bin/env bash"
                                               : fmt::format("write #!/usr/bin/env {}", name)});
}

bool sets_option(const std::vector<ShellWord>& words, char letter, std::string_view name) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto& word = words[i].text;
    if (!word.starts_with('-') || word.starts_with("--")) continue;
    if (letter != '\0' && word.find(letter) != std::string::npos) return true;
    if (word.ends_with('o') && i + 1 < words.size() && words[i + 1].text == name) return true;
  }
  return false;
}

struct Strictness {
  bool errexit = false;
  bool pipefail = false;
};

Strictness own_strictness(const ShellScript& script) {
  Strictness result;
  std::vector<ShellWord> shebang;
  for (const auto word : text::split(script.shebang, ' ')) shebang.push_back({std::string(word)});
  result.errexit =
      sets_option(shebang, 'e', "errexit") && script.shebang.find("env -S") == std::string::npos;
  for (const auto& command : script.commands) {
    if (command.words.empty() || command.words[0].text != "set") continue;
    result.errexit = result.errexit || sets_option(command.words, 'e', "errexit");
    result.pipefail = result.pipefail || sets_option(command.words, '\0', "pipefail");
  }
  return result;
}

// A script may get its options from a file of the bundle that it sources; where that lies is often
// computed, so its name decides.
Strictness strictness_of(LintContext& context, const ShellScript& script) {
  auto result = own_strictness(script);
  for (const auto& command : script.commands) {
    if (command.words.size() < 2) continue;
    const auto& first = command.words[0].text;
    if (first != "." && first != "source") continue;
    const auto name = file_name_of(command.words[1].text);
    for (const auto& [path, file] : context.index.entries()) {
      if (file_name_of(path) != name || file.kind != FileKind::regular) continue;
      const auto* sourced = context.find_script(path);
      if (sourced == nullptr) continue;
      const auto other = own_strictness(*sourced);
      result.errexit = result.errexit || other.errexit;
      result.pipefail = result.pipefail || other.pipefail;
    }
  }
  return result;
}

void lint_run(LintContext& context, const ShellScript& script) {
  if (!script.has_shebang) {
    context.add(script.source, 0,
                {.rule = "S02",
                 .message = "no interpreter line",
                 .agent = "runs it with /bin/sh, or with the user's shell under runas",
                 .fix = "begin it with #!/usr/bin/env bash"});
  }
  if ((script.mode & 0111U) == 0) {
    context.add(script.source, 0,
                {.rule = "S02",
                 .message = fmt::format("the mode {:04o} lets nobody execute it", script.mode),
                 .agent = "makes it executable with a warning in its log and goes on",
                 .fix = "chmod +x",
                 .severity = Severity::advice});
  }
}

// S02: ways for a failed command to leave the exit code at zero.
void lint_failures(LintContext& context, const ShellScript& script) {
  const auto& commands = script.commands;
  const auto counted = std::count_if(commands.begin(), commands.end(), [](const auto& command) {
    return !command.substituted && !command.words.empty();
  });
  const auto strictness = strictness_of(context, script);
  if (!strictness.errexit && counted > 1) {
    context.add(
        script.source, 0,
        {.rule = "S02",
         .message = "no 'set -e'",
         .agent = "asks only for the exit code of the last command: the event succeeds when "
                  "any other fails",
         .fix = "add 'set -euo pipefail' below the interpreter line"});
  }
  const bool knows_pipefail = script.shebang.find("bash") != std::string::npos ||
                              script.shebang.find("zsh") != std::string::npos;
  bool told_of_pipefail = !strictness.errexit || strictness.pipefail || !knows_pipefail;
  for (const auto& command : commands) {
    if (is_true(command) && command.before == Joint::pipe) {
      context.add(
          script.source, command.offset,
          {.rule = "S02",
           .message = "'| true' makes the pipeline succeed",
           .agent = "takes every failure before it for success",
           .fix = "write '|| true' where a failure does not matter, nothing where it does"});
    } else if (command.after == Joint::pipe && !told_of_pipefail && !command.condition &&
               !command.substituted) {
      told_of_pipefail = true;
      context.add(script.source, command.offset,
                  {.rule = "S02",
                   .message = "a pipeline without 'set -o pipefail'",
                   .agent = "sees the exit code of its last command only",
                   .fix = "write 'set -euo pipefail'"});
    }
  }
  const auto last = std::find_if(commands.rbegin(), commands.rend(),
                                 [](const auto& command) { return !command.substituted; });
  if (last == commands.rend() || last->before != Joint::or_else || last->depth > 0 ||
      !is_true(*last)) {
    return;
  }
  context.add(script.source, last->offset,
              {.rule = "S02",
               .message = "the script ends in '|| true'",
               .agent = "reports success whatever happened",
               .fix = "let the last command's failure be the script's"});
}

// Of the descriptors 1 and 2, those that the redirections take away from the agent. Standard input
// needs none: a shell gives /dev/null to what it starts with &.
std::set<int> redirected(const std::vector<Redirection>& redirections, std::set<int> before) {
  for (const auto& redirection : redirections) {
    const auto& operation = redirection.operation;
    const auto& target = redirection.target;
    const bool number =
        !target.empty() && target.find_first_not_of("0123456789") == std::string::npos;
    if (operation.starts_with("&>") || (operation == ">&" && !number && target != "-")) {
      before.insert({1, 2});
    } else if (operation == ">&" && number) {
      if (before.contains(target[0] - '0')) {
        before.insert(redirection.fd);
      } else {
        before.erase(redirection.fd);
      }
    } else if (operation.starts_with('>') || operation == "<>") {
      before.insert(redirection.fd);
    }
  }
  return before;
}

// S03. A script that waits for its children has none left when it ends.
void lint_background(LintContext& context, const ShellScript& script) {
  std::set<int> of_script;
  for (auto command = script.commands.begin(); command != script.commands.end(); ++command) {
    if (command->words.size() == 1 && command->words[0].text == "exec") {
      of_script = redirected(command->redirections, of_script);
    }
    if (command->after != Joint::background || command->substituted) continue;
    const bool awaited = std::any_of(command + 1, script.commands.end(), [](const auto& later) {
      return !later.words.empty() && later.words[0].text == "wait";
    });
    const auto taken = redirected(command->redirections, of_script);
    if (awaited || (taken.contains(1) && taken.contains(2))) continue;
    context.add(
        script.source, command->offset,
        {.rule = "S03",
         .message = fmt::format("a background process keeps {} open", taken.contains(1) ? "stderr"
                                                                      : taken.contains(2)
                                                                          ? "stdout"
                                                                          : "stdout and stderr"),
         .agent = "waits for it until the time-out, then fails the event",
         .fix = "write '>/var/log/… 2>&1 </dev/null &', or let systemd or docker start it"});
  }
}

// S05: the release that runs must stay until the next one is on the host.
void lint_removal(LintContext& context, const ShellScript& script) {
  const ShellCommand* removal = nullptr;
  std::string what;
  for (const auto& command : script.commands) {
    const auto call = find_docker_call(command);
    if (!call) continue;
    if (removal == nullptr && (call->verb == "rm" || call->verb == "rmi")) {
      removal = &command;
      what = call->verb == "rm" ? "the container" : "the image";
    }
    if (call->verb != "pull" || removal == nullptr) continue;
    context.add(script.source, removal->offset,
                {.rule = "S05",
                 .message = fmt::format("removes {} before the new image is pulled", what),
                 .agent = "leaves the host without the service when the pull fails",
                 .fix = "pull first, in an earlier event, then replace the container"});
    return;
  }
}

void lint_sudo(LintContext& context, const ShellScript& script, const std::string& runas) {
  const ShellCommand* with = nullptr;
  const ShellCommand* without = nullptr;
  const ShellCommand* any_sudo = nullptr;
  for (const auto& command : script.commands) {
    const bool sudo = !command.words.empty() && command.words[0].text == "sudo";
    if (sudo && any_sudo == nullptr) any_sudo = &command;
    const auto call = find_docker_call(command);
    if (!call) continue;
    auto& first = call->with_sudo ? with : without;
    if (first == nullptr) first = &command;
  }
  if (with != nullptr && without != nullptr) {
    context.add(
        script.source, std::max(with, without)->offset,
        {.rule = "S05",
         .message = "docker with sudo and without in one script",
         .agent = "runs them as two users: the one without sudo needs the group docker, and "
                  "each has its own login",
         .fix = "use one of the two; without runas, hooks are root's already"});
  } else if (any_sudo != nullptr && !runas.empty()) {
    context.add(
        script.source, any_sudo->offset,
        {.rule = "H07",
         .message = fmt::format("sudo in a script that runs as {}", runas),
         .agent = "has no terminal: sudo fails unless sudoers lets the user do it without a "
                  "password",
         .fix = "leave runas out for what root has to do"});
  }
}

}  // namespace

void lint_scripts(LintContext& context, const std::vector<HookScript>& scripts) {
  std::set<std::string> seen;
  for (const auto& hook : scripts) {
    if (!seen.insert(hook.path).second) continue;
    const auto* script = context.find_script(hook.path);
    if (script == nullptr) continue;
    lint_interpreter(context, *script);
    lint_run(context, *script);
    if (!script->is_shell) continue;
    lint_failures(context, *script);
    lint_background(context, *script);
    lint_removal(context, *script);
    lint_sudo(context, *script, hook.runas);
  }
}

}  // namespace appspec
