// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/parser.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "dockerfile/arguments.hpp"
#include "file/file.hpp"
#include "text/nearest.hpp"
#include "text/split.hpp"

namespace dockerfile {
namespace {

constexpr std::size_t most_heredocs = 100;
constexpr std::size_t most_instructions = 10'000;

struct Grammar {
  Command command;
  std::string_view name;
  std::string_view flags;  // separated by spaces
};

constexpr std::array<Grammar, 18> grammar{{
    {Command::add, "ADD", "chown chmod link checksum keep-git-dir exclude unpack"},
    {Command::arg, "ARG", ""},
    {Command::cmd, "CMD", ""},
    {Command::copy, "COPY", "from chown chmod link parents exclude"},
    {Command::entrypoint, "ENTRYPOINT", ""},
    {Command::env, "ENV", ""},
    {Command::expose, "EXPOSE", ""},
    {Command::from, "FROM", "platform"},
    {Command::healthcheck, "HEALTHCHECK", "interval timeout start-period start-interval retries"},
    {Command::label, "LABEL", ""},
    {Command::maintainer, "MAINTAINER", ""},
    {Command::onbuild, "ONBUILD", ""},
    {Command::run, "RUN", "mount network security device"},
    {Command::shell, "SHELL", ""},
    {Command::stopsignal, "STOPSIGNAL", ""},
    {Command::user, "USER", ""},
    {Command::volume, "VOLUME", ""},
    {Command::workdir, "WORKDIR", ""},
}};

[[noreturn]] void refuse(std::string reason, std::string hint = {}) {
  throw base::Error(base::Kind::refused, std::move(reason), std::move(hint));
}

const Grammar& grammar_of(std::string_view keyword) {
  std::vector<std::string> names;
  for (const Grammar& row : grammar) {
    if (text::equal_ignoring_case(row.name, keyword)) return row;
    names.emplace_back(row.name);
  }
  const std::string near = text::nearest(text::upper(keyword), names);
  refuse(fmt::format("unknown instruction {}", keyword),
         near.empty() ? "" : fmt::format("did you mean {}?", near));
}

void check_flags(const Instruction& instruction, std::string_view known_flags) {
  std::vector<std::string> known;
  if (!known_flags.empty()) {
    for (const std::string_view flag : text::split(known_flags, ' ')) known.emplace_back(flag);
  }
  constexpr std::array<std::string_view, 3> repeatable{"exclude", "mount", "device"};
  constexpr std::array<std::string_view, 4> switches{"link", "parents", "keep-git-dir", "unpack"};
  std::set<std::string> seen;
  for (const Flag& flag : instruction.flags) {
    if (std::find(known.begin(), known.end(), flag.name) == known.end()) {
      const std::string near = text::nearest(flag.name, known);
      refuse(fmt::format("{} has no flag --{}", name(instruction.command), flag.name),
             near.empty() ? "" : fmt::format("did you mean --{}?", near));
    }
    const bool is_switch = std::find(switches.begin(), switches.end(), flag.name) != switches.end();
    if (is_switch && flag.has_value && flag.value != "true" && flag.value != "false") {
      refuse(fmt::format("--{} is true or false, not \"{}\"", flag.name, flag.value));
    }
    if (!is_switch && flag.value.empty()) refuse(fmt::format("--{} needs a value", flag.name));
    const bool again = !seen.insert(flag.name).second;
    if (again && std::find(repeatable.begin(), repeatable.end(), flag.name) == repeatable.end()) {
      refuse(fmt::format("--{} is given twice", flag.name));
    }
  }
}

// Cuts the arguments as the command wants them.
void parse_arguments(std::string_view rest, char escape, Instruction& instruction) {
  const auto json_or = [&](auto&& otherwise) {
    if (auto strings = find_json_strings(rest)) {
      instruction.exec_form = true;
      instruction.arguments = std::move(*strings);
    } else {
      otherwise();
    }
  };
  const auto whole = [&] { instruction.arguments = {std::string(rest)}; };
  const auto words = [&] { instruction.arguments = plain_words(rest); };
  switch (instruction.command) {
    case Command::add:
    case Command::copy:
    case Command::volume:
      return json_or(words);
    case Command::cmd:
    case Command::entrypoint:
    case Command::run:
    case Command::shell:
      return json_or(whole);
    case Command::expose:
    case Command::from:
      return words();
    case Command::arg:
    case Command::env:
    case Command::label:
      return parse_pairs(rest, escape, instruction);
    case Command::healthcheck: {
      const std::vector<std::string> all = plain_words(rest);
      if (all.empty()) return;
      rest = text::trim(rest.substr(all.front().size()));
      if (!rest.empty()) json_or(whole);
      instruction.arguments.insert(instruction.arguments.begin(), all.front());
      return;
    }
    default:
      return whole();
  }
}

void check_shape(const Instruction& instruction) {
  const std::string_view keyword = name(instruction.command);
  const std::size_t count = instruction.arguments.size();
  switch (instruction.command) {
    case Command::from: {
      const bool named = count == 3 && text::equal_ignoring_case(instruction.arguments[1], "as");
      if (count != 1 && !named) refuse("FROM takes an image, or an image AS a name");
      return;
    }
    case Command::add:
    case Command::copy:
      if (count < 2) refuse(fmt::format("{} needs a source and a destination", keyword));
      return;
    case Command::shell:
      if (!instruction.exec_form || count == 0) {
        refuse("SHELL needs a JSON array", R"(write SHELL ["/bin/sh", "-c"])");
      }
      return;
    case Command::arg:
    case Command::env:
    case Command::label:
      if (instruction.pairs.empty()) refuse(fmt::format("{} needs an argument", keyword));
      return;
    case Command::healthcheck:
      if (count == 1 && text::equal_ignoring_case(instruction.arguments.front(), "CMD")) {
        refuse("HEALTHCHECK CMD needs a command");
      }
      break;
    case Command::cmd:  // CMD [] takes an inherited command away
    case Command::entrypoint:
      if (instruction.exec_form) return;
      break;
    default:
      break;
  }
  if (count == 0 || (!instruction.exec_form && instruction.arguments.front().empty())) {
    refuse(fmt::format("{} needs an argument", keyword));
  }
}

Instruction parse_line(std::string_view line, char escape) {
  line = text::trim(line);
  Instruction instruction;
  instruction.text = line;
  const std::size_t end = std::min(line.find_first_of(" \t\v\f\r"), line.size());
  instruction.keyword = line.substr(0, end);
  const Grammar& row = grammar_of(instruction.keyword);
  instruction.command = row.command;
  std::string_view rest = line.substr(end);
  instruction.flags = take_flags(rest, escape);
  check_flags(instruction, row.flags);
  parse_arguments(text::trim(rest), escape, instruction);
  check_shape(instruction);
  return instruction;
}

bool takes_heredocs(std::string_view line) {
  const std::vector<std::string> words = plain_words(line.substr(0, 200));
  std::size_t first = 0;
  if (!words.empty() && text::equal_ignoring_case(words.front(), "onbuild")) first = 1;
  if (words.size() <= first) return false;
  return text::equal_ignoring_case(words[first], "copy") ||
         text::equal_ignoring_case(words[first], "add") ||
         text::equal_ignoring_case(words[first], "run");
}

class Reader {
 public:
  Reader(std::string_view text, std::string name) {
    result_.name = std::move(name);
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
      lines_.push_back(text.substr(at, end - at));
      at = end;
    }
  }

  Dockerfile run() {
    read_directives();
    while (at_ < lines_.size()) {
      const int line = static_cast<int>(at_) + 1;
      try {
        read_instruction();
      } catch (const base::Error& error) {
        throw error.within(fmt::format("{}:{}", result_.name, line));
      }
    }
    if (result_.instructions.empty()) {
      refuse(fmt::format("{}: has no instruction", result_.name));
    }
    return std::move(result_);
  }

 private:
  void read_directives();
  void apply_directive(const std::string& directive, std::string_view value);
  void read_instruction();
  void read_heredocs(Instruction& instruction, std::string_view line);
  bool take_continuation(std::string_view& line) const;

  Dockerfile result_;
  std::vector<std::string_view> lines_;  // with their ends
  std::size_t at_ = 0;
};

void Reader::apply_directive(const std::string& directive, std::string_view value) {
  if (directive == "syntax") {
    result_.syntax = value;
  } else if (directive == "escape") {
    if (value != "\\" && value != "`") {
      refuse(fmt::format("the escape character is \\ or `, not \"{}\"", value));
    }
    result_.escape = value.front();
  } else {
    for (const std::string_view option : text::split(value, ';')) {
      const auto parts = text::cut(option, "=");
      if (!parts || text::lower(text::trim(parts->first)) != "skip") continue;
      for (const std::string_view rule : text::split(parts->second, ',')) {
        result_.skipped_rules.emplace_back(text::trim(rule));
      }
    }
  }
}

void Reader::read_directives() {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const std::string_view line = text::trim(lines_[i]);
    if (!line.starts_with('#')) return;
    const auto parts = text::cut(line.substr(1), "=");
    if (!parts) return;
    const std::string directive = text::lower(text::trim(parts->first));
    const std::string_view value = text::trim(parts->second);
    if (value.empty() || (directive != "syntax" && directive != "escape" && directive != "check")) {
      return;
    }
    try {
      if (!seen.insert(directive).second) {
        refuse(fmt::format("the directive {} is given twice", directive));
      }
      apply_directive(directive, value);
    } catch (const base::Error& error) {
      throw error.within(fmt::format("{}:{}", result_.name, i + 1));
    }
  }
}

// Cuts the escape character off a line that goes on in the next one. Two of them are an escaped
// one, which does not.
bool Reader::take_continuation(std::string_view& line) const {
  std::string_view rest = line;
  while (!rest.empty() && (rest.back() == ' ' || rest.back() == '\t')) rest.remove_suffix(1);
  if (!rest.ends_with(result_.escape)) return false;
  rest.remove_suffix(1);
  if (rest.ends_with(result_.escape)) return false;
  line = rest;
  return true;
}

std::string_view without_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void Reader::read_instruction() {
  const int first = static_cast<int>(at_) + 1;
  std::string_view line = without_end(lines_[at_++]);
  const std::string_view begin = text::trim(line);
  if (begin.empty() || begin.front() == '#') return;
  line.remove_prefix(static_cast<std::size_t>(begin.data() - line.data()));
  bool goes_on = take_continuation(line);
  std::string whole(line);
  bool blank = false;
  while (goes_on && at_ < lines_.size()) {
    std::string_view next = without_end(lines_[at_++]);
    const std::string_view content = text::trim(next);
    if (content.starts_with('#')) continue;
    if (content.empty()) {
      blank = true;
      continue;
    }
    goes_on = take_continuation(next);
    whole += next;
  }
  if (text::trim(whole).empty()) return;
  if (blank) {
    result_.findings.push_back({.rule = "NoEmptyContinuations",
                                .line = first,
                                .message = "a blank line within a continued instruction",
                                .fix = "remove the blank line"});
  }
  Instruction instruction = parse_line(whole, result_.escape);
  instruction.line = first;
  if (takes_heredocs(whole)) read_heredocs(instruction, whole);
  instruction.last_line = static_cast<int>(at_);
  if (instruction.command == Command::onbuild) {
    parse_trigger(instruction.arguments.front(), result_, first);
  }
  if (result_.instructions.size() == most_instructions) {
    refuse(fmt::format("more than {} instructions", most_instructions));
  }
  result_.instructions.push_back(std::move(instruction));
}

void Reader::read_heredocs(Instruction& instruction, std::string_view line) {
  const std::vector<HeredocStart> starts = heredoc_starts(line, result_.escape);
  if (starts.size() > most_heredocs) refuse("too many documents in one instruction");
  for (const HeredocStart& start : starts) {
    Heredoc heredoc = start.heredoc;
    bool closed = false;
    while (at_ < lines_.size() && !closed) {
      std::string_view content = lines_[at_++];
      if (start.strip_tabs) {
        while (content.starts_with('\t')) content.remove_prefix(1);
      }
      closed = without_end(content) == heredoc.name;
      if (!closed) heredoc.content += content;
    }
    if (!closed) refuse(fmt::format("the document <<{} is not closed", heredoc.name));
    instruction.heredocs.push_back(std::move(heredoc));
  }
}

}  // namespace

std::string_view name(Command command) {
  return std::find_if(grammar.begin(), grammar.end(),
                      [command](const Grammar& row) { return row.command == command; })
      ->name;
}

const Flag* Instruction::find_flag(std::string_view flag) const {
  const auto found = std::find_if(flags.begin(), flags.end(),
                                  [flag](const Flag& each) { return each.name == flag; });
  return found == flags.end() ? nullptr : &*found;
}

Dockerfile parse(std::string_view text, std::string name) {
  if (text.size() > most_dockerfile_bytes) {
    refuse(fmt::format("read {}: larger than 1 MiB", name));
  }
  return Reader(text, std::move(name)).run();
}

Dockerfile read_dockerfile(const std::filesystem::path& path) {
  return parse(file::read(path, most_dockerfile_bytes), path.filename().string());
}

Instruction parse_trigger(std::string_view text, const Dockerfile& dockerfile, int line) {
  Instruction trigger = parse_line(text, dockerfile.escape);
  if (trigger.command == Command::onbuild || trigger.command == Command::from ||
      trigger.command == Command::maintainer) {
    refuse(fmt::format("{} cannot be a trigger of ONBUILD", name(trigger.command)));
  }
  trigger.line = trigger.last_line = line;
  return trigger;
}

}  // namespace dockerfile
