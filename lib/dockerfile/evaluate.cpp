// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/evaluate.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "dockerfile/lint.hpp"
#include "dockerfile/stage_builder.hpp"

namespace dockerfile {
namespace {

std::size_t target_stage(const Outline& outline, const BuildInput& input) {
  if (input.target.empty()) return outline.stages.size() - 1;
  if (const auto found = find_stage(outline, input.target)) return *found;
  std::string names;
  for (const StageHead& stage : outline.stages) {
    if (!stage.name.empty()) names += (names.empty() ? "" : ", ") + stage.name;
  }
  throw base::Error(base::Kind::usage, fmt::format("the Dockerfile has no stage {}", input.target),
                    names.empty() ? "" : "its stages are " + names);
}

void report_unused_args(Evaluation& evaluation) {
  for (const auto& [name, value] : evaluation.input.build_args) {
    if (evaluation.used_args.contains(name) || is_proxy_argument(name) ||
        name.starts_with("BUILDKIT_") || name == "SOURCE_DATE_EPOCH") {
      continue;
    }
    evaluation.plan.findings.push_back(
        {.rule = "UnusedBuildArg",
         .message = fmt::format("the build argument {} is used by no ARG", name),
         .fix = fmt::format("ARG {}", name)});
  }
}

// Of the global ARGs, whether a build argument gave them their value or not.
void mark_global_args(Evaluation& evaluation) {
  for (const Instruction& instruction : evaluation.dockerfile.instructions) {
    if (instruction.command != Command::arg) return;
    for (const Pair& pair : instruction.pairs) evaluation.used_args.insert(pair.name);
  }
}

void report_root(Plan& plan) {
  const std::string& user = plan.target().config.user;
  if (!user.empty() && user != "root" && user != "0" && !user.starts_with("root:") &&
      !user.starts_with("0:")) {
    return;
  }
  plan.findings.push_back({.rule = "RootUser",
                           .severity = Severity::advice,
                           .line = plan.target().line,
                           .message = "the container runs as root",
                           .fix = "USER 1000:1000 before ENTRYPOINT"});
}

// A boot jar as one file: any change of the application changes a layer of its full size.
void report_fat_jar(Plan& plan) {
  constexpr std::uint64_t small = 1U << 20U;
  const Config& config = plan.target().config;
  const auto runs_jar = [](const std::vector<std::string>& words) {
    return std::find(words.begin(), words.end(), "-jar") != words.end();
  };
  if (!runs_jar(config.entrypoint) && !runs_jar(config.cmd)) return;
  for (const Step& step : plan.target().steps) {
    const Copied* copied = std::get_if<Copied>(&step.action);
    if (!copied || step.instruction.find_flag("from")) continue;
    for (const auto& [path, entry] : copied->entries) {
      if (!path.ends_with(".jar") || entry.header.size < small) continue;
      plan.findings.push_back(
          {.rule = "FatJar",
           .severity = Severity::advice,
           .line = step.instruction.line,
           .message = fmt::format("/{} is sent whole when one class changes", path),
           .fix = "RUN java -Djarmode=tools -jar … extract --layers in a stage before"});
      return;
    }
  }
}

}  // namespace

const Tree& Evaluation::context_tree() {
  if (!context) context = read_context(input.context, ignored);
  return *context;
}

Plan evaluate(const Dockerfile& dockerfile, const BuildInput& input) {
  const Outline parts = outline(dockerfile, input);
  const auto file = input.dockerfile.empty() ? input.context / "Dockerfile" : input.dockerfile;
  Evaluation evaluation{.dockerfile = dockerfile,
                        .input = input,
                        .outline = parts,
                        .ignored = read_ignore_patterns(file, input.context)};
  mark_global_args(evaluation);
  for (const std::size_t number : needed_stages(dockerfile, parts, target_stage(parts, input))) {
    Stage stage = StageBuilder(evaluation, number).run();
    evaluation.places[number] = evaluation.plan.stages.size();
    evaluation.plan.stages.push_back(std::move(stage));
  }
  report_unused_args(evaluation);
  report_root(evaluation.plan);
  report_fat_jar(evaluation.plan);
  Plan& plan = evaluation.plan;
  std::vector<Finding> more = lint(dockerfile, input);
  std::move(more.begin(), more.end(), std::back_inserter(plan.findings));
  arrange(plan.findings, dockerfile);
  return std::move(plan);
}

std::optional<EngineNeed> first_needing_engine(const Plan& plan) {
  for (const Stage& stage : plan.stages) {
    for (const Step& step : stage.steps) {
      if (const auto* need = std::get_if<NeedsEngine>(&step.action)) {
        return EngineNeed{.instruction = step.instruction, .reason = need->reason};
      }
    }
  }
  return std::nullopt;
}

}  // namespace dockerfile
