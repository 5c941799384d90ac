// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/lint.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

#include "dockerfile/base_images.hpp"
#include "dockerfile/stages.hpp"
#include "text/split.hpp"

namespace dockerfile {
namespace {

class Linter {
 public:
  Linter(const Dockerfile& dockerfile, const BuildInput& input)
      : dockerfile_(dockerfile), input_(input), outline_(outline(dockerfile, input)) {}

  std::vector<Finding> run() {
    findings_ = dockerfile_.findings;
    if (!dockerfile_.syntax.empty()) {
      findings_.push_back(
          {.rule = "SyntaxIgnored",
           .severity = Severity::advice,
           .line = 1,
           .message = fmt::format("syntax={} is not fetched; the grammar is built in",
                                  dockerfile_.syntax)});
    }
    check_casing();
    for (const StageHead& stage : outline_.stages) check_stage(stage);
    for (const Instruction& instruction : dockerfile_.instructions) {
      if (instruction.command == Command::arg || instruction.command == Command::env) {
        check_secrets(instruction);
      }
      check_form(instruction);
    }
    return std::move(findings_);
  }

 private:
  void add(const Instruction& at, std::string_view rule, Severity severity, std::string message,
           std::string fix) {
    findings_.push_back({.rule = std::string(rule),
                         .severity = severity,
                         .line = at.line,
                         .message = std::move(message),
                         .fix = std::move(fix)});
  }
  void warn(const Instruction& at, std::string_view rule, std::string message, std::string fix) {
    add(at, rule, Severity::warning, std::move(message), std::move(fix));
  }

  void check_casing();
  void check_stage(const StageHead& stage);
  void check_stage_name(const StageHead& stage);
  void check_base(const StageHead& stage);
  void check_repeats(const StageHead& stage);
  void check_secrets(const Instruction& instruction);
  void check_form(const Instruction& instruction);
  void check_exec_form(const Instruction& instruction);

  const Dockerfile& dockerfile_;
  const BuildInput& input_;
  Outline outline_;
  std::vector<Finding> findings_;
  std::set<std::string> stage_names_;
};

void Linter::check_casing() {
  std::size_t upper = 0;
  std::size_t lower = 0;
  for (const Instruction& each : dockerfile_.instructions) {
    if (each.keyword == text::upper(each.keyword)) ++upper;
    if (each.keyword == text::lower(each.keyword)) ++lower;
  }
  const bool wants_upper = upper >= lower;
  for (const Instruction& each : dockerfile_.instructions) {
    const std::string wanted = wants_upper ? text::upper(each.keyword) : text::lower(each.keyword);
    if (each.keyword == wanted) continue;
    warn(each, "ConsistentInstructionCasing",
         fmt::format("{} is written unlike the other instructions", each.keyword), wanted);
  }
}

void Linter::check_stage(const StageHead& stage) {
  check_stage_name(stage);
  check_base(stage);
  check_repeats(stage);
}

void Linter::check_stage_name(const StageHead& stage) {
  const Instruction& from = *stage.from;
  if (from.arguments.size() != 3) return;
  const std::string& written = from.arguments[2];
  const std::string& as = from.arguments[1];
  if (written != stage.name) {
    warn(from, "StageNameCasing", fmt::format("the stage {} is not in lower case", written),
         stage.name);
  }
  const bool upper = from.keyword == text::upper(from.keyword);
  if (as != (upper ? text::upper(as) : text::lower(as))) {
    warn(from, "FromAsCasing", fmt::format("{} and {} differ in case", from.keyword, as),
         upper ? "FROM … AS" : "from … as");
  }
  if (stage.name == "scratch" || stage.name == "context") {
    warn(from, "ReservedStageName", fmt::format("{} means something else in FROM", stage.name),
         "take another name");
  }
  if (!stage_names_.insert(stage.name).second) {
    warn(from, "DuplicateStageName", fmt::format("there is a stage {} already", stage.name),
         "take another name");
  }
}

void Linter::check_base(const StageHead& stage) {
  const Instruction& from = *stage.from;
  for (const std::string& variable : stage.undefined) {
    warn(from, "UndefinedArgInFrom",
         fmt::format("FROM uses ${}, which no ARG before it declares", variable),
         fmt::format("ARG {} before the first FROM", variable));
  }
  if (stage.base_stage || stage.image == "scratch") return;
  const ImageName image = parse_image_name(stage.image);
  if (image.digest.empty() && (image.tag.empty() || image.tag == "latest")) {
    warn(from, "LatestBase", fmt::format("{} is another image tomorrow", stage.image),
         fmt::format("name a version: {}:<version>", image.repository));
  } else if (image.digest.empty()) {
    add(from, "UnpinnedBase", Severity::advice,
        fmt::format("{} names no digest: a rebuild may get another base", stage.image),
        fmt::format("FROM {}@sha256:<digest>", stage.image));
  }
  if (const auto end = find_end_of_life(image, input_.today)) {
    const std::chrono::year_month_day date(end->since);
    warn(from, "EndOfLifeBase",
         fmt::format("{} gets no updates since {:04}-{:02}-{:02}", end->what,
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day())),
         fmt::format("take {}", end->instead));
  }
}

void Linter::check_repeats(const StageHead& stage) {
  for (const Command command : {Command::cmd, Command::entrypoint, Command::healthcheck}) {
    const Instruction* last = nullptr;
    for (const Instruction& each : stage.body) {
      if (each.command != command) continue;
      if (last) {
        warn(*last, "MultipleInstructionsDisallowed",
             fmt::format("a later {} of the stage replaces this one", name(command)), "remove it");
      }
      last = &each;
    }
  }
}

bool names_secret(std::string_view name) {
  const std::string lowered = text::lower(name);
  for (const std::string_view harmless : {"_file", "_path", "_dir", "_url", "_length", "_name"}) {
    if (lowered.ends_with(harmless)) return false;
  }
  constexpr std::array<std::string_view, 10> words{"apikey", "auth",  "credential", "credentials",
                                                   "key",    "pword", "passwd",     "password",
                                                   "secret", "token"};
  for (const std::string_view part : text::split(lowered, '_')) {
    if (part == "public") return false;
  }
  for (const std::string_view part : text::split(lowered, '_')) {
    if (std::find(words.begin(), words.end(), part) != words.end()) return true;
  }
  return lowered.ends_with("password") || lowered.ends_with("secret") || lowered.ends_with("token");
}

void Linter::check_secrets(const Instruction& instruction) {
  for (const Pair& pair : instruction.pairs) {
    const bool given = instruction.command == Command::arg && input_.build_args.contains(pair.name);
    const bool has_value =
        pair.has_value && !pair.value.empty() && pair.value != "\"\"" && pair.value != "''";
    if ((!given && !has_value) || !names_secret(pair.name)) continue;
    warn(instruction, "SecretsUsedInArgOrEnv",
         fmt::format("{} {} stays readable in the image", name(instruction.command), pair.name),
         "give it to the container when it starts, or mount a build secret");
  }
}

bool takes_exec_form(Command command) {
  return command == Command::cmd || command == Command::entrypoint || command == Command::run ||
         command == Command::healthcheck;
}

void Linter::check_form(const Instruction& instruction) {
  if (instruction.command == Command::maintainer) {
    warn(instruction, "MaintainerDeprecated", "MAINTAINER is deprecated",
         "LABEL org.opencontainers.image.authors=…");
  }
  if (instruction.legacy_pair) {
    warn(instruction, "LegacyKeyValueFormat",
         fmt::format("{} {} without \"=\"", name(instruction.command),
                     instruction.pairs.front().name),
         fmt::format("{} {}=…", name(instruction.command), instruction.pairs.front().name));
  }
  if (!takes_exec_form(instruction.command) || instruction.arguments.empty()) return;
  if (instruction.exec_form) return check_exec_form(instruction);
  const std::string& line = instruction.arguments.back();
  const bool meant_exec = line.starts_with('[') && line.ends_with(']') && !line.starts_with("[[") &&
                          line.size() > 2 && line[1] != ' ';
  if (meant_exec) {
    warn(instruction, "ExecFormQuotes",
         fmt::format("{} is no JSON, a shell gets it as it stands", line),
         "write the array with double quotes, without a comma at its end");
    return;
  }
  const bool starts_container =
      instruction.command == Command::cmd || instruction.command == Command::entrypoint;
  const bool own_shell =
      std::any_of(dockerfile_.instructions.begin(), dockerfile_.instructions.end(),
                  [](const Instruction& each) { return each.command == Command::shell; });
  if (starts_container && !own_shell) {
    warn(instruction, "JSONArgsRecommended",
         fmt::format("{} in shell form: the shell is process 1 and keeps signals from the program",
                     name(instruction.command)),
         fmt::format("{} [\"java\", \"-jar\", …]", name(instruction.command)));
  }
}

bool is_shell(std::string_view program) {
  const std::string_view name = program.substr(program.rfind('/') + 1);
  return name == "sh" || name == "bash" || name == "ash" || name == "dash" || name == "zsh";
}

bool is_shell_token(std::string_view word) {
  constexpr std::array<std::string_view, 9> tokens{"&", "&&", "||", "|",    ";",
                                                   ">", ">>", "<",  "nohup"};
  if (std::find(tokens.begin(), tokens.end(), word) != tokens.end()) return true;
  if (word.starts_with('1') || word.starts_with('2') || word.starts_with('&')) {
    word.remove_prefix(1);
  }
  return word.starts_with('>');
}

void Linter::check_exec_form(const Instruction& instruction) {
  std::vector<std::string> words = instruction.arguments;
  if (instruction.command == Command::healthcheck) words.erase(words.begin());
  if (words.empty() || is_shell(words.front())) return;
  for (const std::string& word : words) {
    if (is_shell_token(word)) {
      warn(instruction, "ShellTokenInExecForm",
           fmt::format("\"{}\" reaches the program as an argument: exec form has no shell", word),
           "remove it; a container's output is its log, and it runs in the foreground");
    } else if (word.starts_with('$') && word.size() > 1 && instruction.command != Command::run) {
      warn(instruction, "VariableInExecForm",
           fmt::format("\"{}\" is not replaced: exec form has no shell", word),
           "JAVA_TOOL_OPTIONS needs no variable on the command line; else use sh -c \"exec …\"");
    }
  }
}

}  // namespace

std::vector<Finding> lint(const Dockerfile& dockerfile, const BuildInput& input) {
  std::vector<Finding> findings = Linter(dockerfile, input).run();
  arrange(findings, dockerfile);
  return findings;
}

void arrange(std::vector<Finding>& findings, const Dockerfile& dockerfile) {
  std::erase_if(findings, [&dockerfile](const Finding& finding) {
    return finding.severity != Severity::error &&
           std::any_of(dockerfile.skipped_rules.begin(), dockerfile.skipped_rules.end(),
                       [&finding](const std::string& skipped) {
                         return text::equal_ignoring_case(skipped, "all") ||
                                text::equal_ignoring_case(skipped, finding.rule);
                       });
  });
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.line < b.line; });
}

std::string to_line(const Finding& finding, const Dockerfile& dockerfile) {
  constexpr std::array<std::string_view, 3> words{"error", "warning", "advice"};
  const std::string where =
      finding.line > 0 ? fmt::format("{}:{}", dockerfile.name, finding.line) : dockerfile.name;
  const std::string_view word = words.at(static_cast<std::size_t>(finding.severity));
  return fmt::format("{}: {}: {} ({}){}", where, word, finding.message, finding.rule,
                     finding.fix.empty() ? "" : "; " + finding.fix);
}

}  // namespace dockerfile
