// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dockerfile {

enum class Command {
  add,
  arg,
  cmd,
  copy,
  entrypoint,
  env,
  expose,
  from,
  healthcheck,
  label,
  maintainer,
  onbuild,
  run,
  shell,
  stopsignal,
  user,
  volume,
  workdir
};

std::string_view name(Command command);  // "COPY"

// "--chown=app:app"; `value` is empty for "--link".
struct Flag {
  std::string name{};
  std::string value{};
  bool has_value = false;
};

// NAME=value of ARG, ENV and LABEL, quotes and variables as written.
struct Pair {
  std::string name{};
  std::string value{};
  bool has_value = false;
};

struct Heredoc {
  std::string name{};
  std::string content{};
  bool expand = false;  // its name was not quoted
};

struct Instruction {
  Command command = Command::from;
  std::string keyword{};  // as written: "Copy"
  int line = 0;           // from 1
  int last_line = 0;
  std::string text{};  // continuation lines joined, without flags' or heredocs' interpretation

  std::vector<Flag> flags{};
  bool exec_form = false;  // the arguments were a JSON array
  // The JSON array's strings; else the words of ADD, COPY, EXPOSE, FROM and VOLUME, and the whole
  // rest of the line of the others. HEALTHCHECK has its type in front, ONBUILD holds its trigger.
  std::vector<std::string> arguments{};
  std::vector<Pair> pairs{};
  bool legacy_pair = false;  // ENV NAME value
  std::vector<Heredoc> heredocs{};

  const Flag* find_flag(std::string_view flag) const;  // null pointer when absent
};

// error: must not be built. warning: surprising. advice: could be better.
enum class Severity { error, warning, advice };

struct Finding {
  std::string rule{};  // BuildKit's name where the rule is BuildKit's: "StageNameCasing"
  Severity severity = Severity::warning;
  int line = 0;
  std::string message{};
  std::string fix{};  // the change to make
};

struct Dockerfile {
  std::string name = "Dockerfile";  // for messages
  char escape = '\\';
  std::string syntax{};  // of the directive, which changes nothing here
  // Rules of "# check=skip=A,B" ("all" too); their findings are left out unless they are errors.
  std::vector<std::string> skipped_rules{};
  std::vector<Instruction> instructions{};
  std::vector<Finding> findings{};  // what parsing alone tells; lint() tells more
};

}  // namespace dockerfile
