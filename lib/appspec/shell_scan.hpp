// SPDX-License-Identifier: Apache-2.0
//
// The commands of a shell script, for rules that look at one command at a time.
//
// Knows quotes, comments, here-documents, continued lines, lists and pipelines, compound commands,
// and looks into $(…). Expands nothing: "$IMAGE" stays as written. Where a text is no shell, the
// answer is merely poor; it never fails.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace appspec {

enum class Joint { semicolon, and_then, or_else, pipe, background };

struct ShellWord {
  std::string text{};  // without its quotes
  std::size_t offset = 0;
};

struct Redirection {
  int fd = 0;
  std::string operation{};  // "<", ">", ">>", ">&", "&>", "<<<", …
  std::string target{};
};

struct ShellCommand {
  std::vector<ShellWord> assignments{};  // NAME=value before the first word
  std::vector<ShellWord> words{};  // a compound command's end is a command "fi", "done", ")", …
  std::vector<Redirection> redirections{};
  std::size_t offset = 0;
  Joint before = Joint::semicolon;  // what stands between the command before and this one
  Joint after = Joint::semicolon;
  int depth = 0;             // of compound commands and functions around it
  bool substituted = false;  // inside $(…), `…` or <(…)
  bool condition = false;    // after if, while, until or !
};

std::vector<ShellCommand> scan_shell(std::string_view script);

}  // namespace appspec
