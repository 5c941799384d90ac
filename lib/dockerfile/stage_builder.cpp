// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/stage_builder.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "dockerfile/boot_recipe.hpp"
#include "dockerfile/glob.hpp"
#include "dockerfile/parser.hpp"
#include "text/nearest.hpp"
#include "text/split.hpp"

namespace dockerfile {
namespace {

// What the engine gives an image from scratch.
constexpr std::string_view default_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

constexpr std::size_t most_names = 1'000;  // among which a near one is looked for

}  // namespace

StageBuilder::StageBuilder(Evaluation& evaluation, std::size_t number)
    : evaluation_(evaluation),
      head_(evaluation.outline.stages[number]),
      scope_(evaluation.dockerfile.escape) {
  stage_.name = head_.name;
  stage_.number = number;
  stage_.line = head_.from->line;
}

Stage StageBuilder::run() {
  begin_from_base();
  run_triggers();
  for (const Instruction& instruction : head_.body) {
    try {
      run_instruction(instruction);
    } catch (const base::Error& error) {
      throw error.within(fmt::format("{}: {}", place(evaluation_.dockerfile, instruction),
                                     name(instruction.command)));
    }
  }
  stage_.config = std::move(settings_.config);
  evaluation_.scopes.emplace(stage_.number, std::move(scope_));
  return std::move(stage_);
}

void StageBuilder::begin_from_base() {
  Base& base = stage_.base;
  base.image = head_.image;
  base.platform = head_.platform;
  if (head_.base_stage) {
    base.kind = BaseKind::stage;
    base.stage = evaluation_.places.at(*head_.base_stage);
    const Stage& below = evaluation_.plan.stages[base.stage];
    settings_.config = below.config;
    stage_.files = below.files;
    stage_.complete = below.complete;
    stage_.open_places = below.open_places;
    scope_ = evaluation_.scopes.at(*head_.base_stage);  // a stage inherits the ARGs of its base
    knows_environment_ = true;
  } else if (head_.image == "scratch") {
    stage_.complete = knows_environment_ = true;
    settings_.config.env = {{"PATH", std::string(default_path)}};
    settings_.config.working_dir = "/";
  } else {
    base.kind = BaseKind::image;
    if (evaluation_.input.base_config) {
      settings_.config = evaluation_.input.base_config(base.image, base.platform);
      knows_environment_ = true;
    }
  }
  settings_.has_work_dir = base.kind != BaseKind::scratch && !settings_.config.working_dir.empty();
  scope_.inherit(settings_.config);
}

// ONBUILD of the base runs once, here, and is not handed on.
void StageBuilder::run_triggers() {
  const std::vector<std::string> triggers = std::exchange(settings_.config.on_build, {});
  for (const std::string& trigger : triggers) {
    try {
      run_instruction(parse_trigger(trigger, evaluation_.dockerfile, head_.from->line));
    } catch (const base::Error& error) {
      throw error.within(
          fmt::format("{}: ONBUILD {}", place(evaluation_.dockerfile, *head_.from), trigger));
    }
  }
}

void StageBuilder::run_instruction(const Instruction& instruction) {
  Action action = act(instruction);
  report_undefined(instruction);
  if (const Copied* copied = std::get_if<Copied>(&action)) take(*copied);
  if (!std::holds_alternative<std::monostate>(action) && !std::holds_alternative<Copied>(action)) {
    stage_.complete = false;
  }
  stage_.steps.push_back({.instruction = instruction, .action = std::move(action)});
  for (Finding& finding : settings_.findings) find(instruction, std::move(finding));
  settings_.findings.clear();
}

Action StageBuilder::act(const Instruction& instruction) {
  switch (instruction.command) {
    case Command::arg:
      declare_args(instruction);
      return {};
    case Command::workdir:
      return make_work_dir(instruction);
    case Command::copy:
    case Command::add:
      return copy_files(instruction);
    case Command::run:
      return run_command(instruction);
    case Command::label:
    case Command::user:
    case Command::expose:
      break;
    default:
      only_copies_ = false;  // ENV could change what java does, SHELL how it is started
      break;
  }
  apply(instruction, scope_, settings_);
  return {};
}

void StageBuilder::declare_args(const Instruction& instruction) {
  const Variables& globals = evaluation_.outline.globals;
  for (const Pair& pair : instruction.pairs) {
    const auto given = evaluation_.input.build_args.find(pair.name);
    const auto global = globals.find(pair.name);
    if (given != evaluation_.input.build_args.end()) {
      evaluation_.used_args.insert(pair.name);
      scope_.set_arg(pair.name, given->second);
    } else if (pair.has_value) {
      scope_.set_arg(pair.name, scope_.text(pair.value));
    } else if (global != globals.end()) {
      scope_.set_arg(pair.name, global->second);
    } else {
      scope_.declare(pair.name);
    }
  }
}

Action StageBuilder::make_work_dir(const Instruction& instruction) {
  apply(instruction, scope_, settings_);
  const std::string path = settings_.config.working_dir.substr(1);
  if (path.empty()) return {};
  Copied made;
  Entry folder;
  folder.header = {.path = path, .kind = archives::TarKind::directory, .mode = 0755};
  folder.if_absent = true;
  set_owner(folder, settings_.config.user);
  add_parents(made.entries, path, folder);
  made.entries.emplace(path, std::move(folder));
  return made;
}

void StageBuilder::take(const Copied& copied) {
  // What makes a folder of an open place closes it: the file went into the folder.
  std::erase_if(stage_.open_places, [&](const std::string& path) {
    if (kind_at(copied.entries, path) != NodeKind::directory) return false;
    stage_.files.erase(path);
    return true;
  });
  if (copied.undecided) stage_.open_places.insert(copied.undecided->path);
  merge(copied.entries, stage_.files);
}

Action StageBuilder::run_command(const Instruction& instruction) {
  if (auto extraction = find_extraction(instruction)) return *extraction;
  only_copies_ = false;
  return NeedsEngine{"RUN executes a command in a container"};
}

std::optional<ExtractBootJar> StageBuilder::find_extraction(const Instruction& instruction) {
  if (!only_copies_ || !instruction.flags.empty() || !instruction.heredocs.empty()) {
    return std::nullopt;
  }
  std::vector<std::string> command = instruction.arguments;
  if (!instruction.exec_form) {
    if (!settings_.config.shell.empty() || !is_plain_command(command.front())) return std::nullopt;
    try {
      command = scope_.words(command.front());
    } catch (const base::Error&) {
      return std::nullopt;  // the shell may know what to do
    }
  }
  const auto found = find_boot_extraction(command);
  if (!found) return std::nullopt;
  ExtractBootJar extraction;
  extraction.jar = absolute_path(found->jar, settings_.config);
  const auto jar = stage_.files.find(std::string_view(extraction.jar).substr(1));
  if (jar == stage_.files.end() || jar->second.header.kind != archives::TarKind::regular ||
      jar->second.origin.file.empty()) {
    return std::nullopt;
  }
  extraction.origin = jar->second.origin;
  extraction.layers = found->layers;
  extraction.launcher = found->launcher;
  std::string destination = found->destination;
  if (destination.empty() && found->tools) {
    // The tools mode takes a folder of the jar's name, layertools the working directory.
    destination = found->jar.substr(found->jar.rfind('/') + 1);
    if (destination.ends_with(".jar")) destination.resize(destination.size() - 4);
  }
  extraction.destination = absolute_path(destination, settings_.config);
  return extraction;
}

void StageBuilder::report_undefined(const Instruction& instruction) {
  const std::set<std::string> undefined = scope_.take_undefined();
  if (undefined.empty() || !knows_environment_) return;
  std::vector<std::string> names = scope_.names();
  if (names.size() > most_names) names.clear();
  for (const std::string& variable : undefined) {
    const std::string near = text::nearest(variable, names);
    find(instruction, {.rule = "UndefinedVar",
                       .message = fmt::format("${} is not defined", variable),
                       .fix = near.empty() ? fmt::format("ARG {}", variable)
                                           : fmt::format("did you mean ${}?", near)});
  }
}

void StageBuilder::find(const Instruction& instruction, Finding finding) {
  finding.line = instruction.line;
  evaluation_.plan.findings.push_back(std::move(finding));
}

}  // namespace dockerfile
