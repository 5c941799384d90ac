// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/stages.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <functional>

#include "base/error.hpp"
#include "text/split.hpp"

namespace dockerfile {
namespace {

std::string platform_name(const Platform& platform) {
  return platform.variant.empty()
             ? fmt::format("{}/{}", platform.os, platform.architecture)
             : fmt::format("{}/{}/{}", platform.os, platform.architecture, platform.variant);
}

Variables platform_arguments(const BuildInput& input) {
  return {{"TARGETPLATFORM", platform_name(input.target_platform)},
          {"TARGETOS", input.target_platform.os},
          {"TARGETARCH", input.target_platform.architecture},
          {"TARGETVARIANT", input.target_platform.variant},
          {"TARGETSTAGE", input.target.empty() ? "default" : input.target},
          {"BUILDPLATFORM", platform_name(input.build_platform)},
          {"BUILDOS", input.build_platform.os},
          {"BUILDARCH", input.build_platform.architecture},
          {"BUILDVARIANT", input.build_platform.variant}};
}

void declare(const Instruction& arg, const BuildInput& input, char escape, Variables& globals) {
  for (const Pair& pair : arg.pairs) {
    const auto given = input.build_args.find(pair.name);
    if (given != input.build_args.end()) {
      globals[pair.name] = given->second;
    } else if (pair.has_value) {
      globals[pair.name] = expand(pair.value, globals, {.escape = escape}).text;
    }
  }
}

bool is_stage_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(), allowed);
}

StageHead head_of(const Instruction& from, const Outline& so_far, char escape) {
  StageHead head;
  head.from = &from;
  const ExpandOptions options{.escape = escape};
  Expansion image = expand(from.arguments.front(), so_far.globals, options);
  head.image = std::move(image.text);
  head.undefined = std::move(image.undefined);
  if (head.image.empty()) {
    throw base::Error(base::Kind::refused,
                      fmt::format("the base {} is empty", from.arguments.front()),
                      "give the ARG a default before FROM, or pass a build argument");
  }
  if (const Flag* flag = from.find_flag("platform")) {
    Expansion platform = expand(flag->value, so_far.globals, options);
    head.platform = std::move(platform.text);
    head.undefined.merge(platform.undefined);
  }
  if (from.arguments.size() == 3) {
    head.name = text::lower(from.arguments[2]);
    if (!is_stage_name(head.name)) {
      throw base::Error(base::Kind::refused,
                        fmt::format("\"{}\" is no name for a stage", from.arguments[2]),
                        "a letter, then letters, digits, \"-\", \"_\" and \".\"");
    }
  }
  // The last stage of that name is meant; a name shadows an image of the same name.
  for (std::size_t i = so_far.stages.size(); i-- > 0;) {
    const StageHead& earlier = so_far.stages[i];
    if (!earlier.name.empty() && text::equal_ignoring_case(earlier.name, head.image)) {
      head.base_stage = i;
      break;
    }
  }
  return head;
}

}  // namespace

std::string place(const Dockerfile& dockerfile, const Instruction& instruction) {
  return fmt::format("{}:{}", dockerfile.name, instruction.line);
}

bool is_proxy_argument(std::string_view name) {
  constexpr std::array<std::string_view, 5> names{"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY",
                                                  "NO_PROXY", "ALL_PROXY"};
  return std::any_of(names.begin(), names.end(), [name](std::string_view each) {
    return name == each || name == text::lower(each);
  });
}

Outline outline(const Dockerfile& dockerfile, const BuildInput& input) {
  Outline result;
  result.globals = platform_arguments(input);
  const std::vector<Instruction>& all = dockerfile.instructions;
  for (std::size_t i = 0; i < all.size(); ++i) {
    try {
      if (all[i].command == Command::from) {
        result.stages.push_back(head_of(all[i], result, dockerfile.escape));
        result.stages.back().body = std::span(all).subspan(i + 1, 0);
      } else if (!result.stages.empty()) {
        StageHead& stage = result.stages.back();
        stage.body = std::span(stage.from + 1, stage.body.size() + 1);
      } else if (all[i].command == Command::arg) {
        declare(all[i], input, dockerfile.escape, result.globals);
      } else {
        throw base::Error(base::Kind::refused,
                          fmt::format("{} before the first FROM", name(all[i].command)),
                          "a Dockerfile begins with FROM; only ARG may stand before it");
      }
    } catch (const base::Error& error) {
      throw error.within(place(dockerfile, all[i]));
    }
  }
  if (result.stages.empty()) {
    throw base::Error(base::Kind::refused, fmt::format("{}: has no FROM", dockerfile.name));
  }
  return result;
}

std::optional<std::size_t> find_stage(const Outline& outline, std::string_view name) {
  for (std::size_t i = outline.stages.size(); i-- > 0;) {
    const std::string& each = outline.stages[i].name;
    if (!each.empty() && text::equal_ignoring_case(each, name)) return i;
  }
  const auto number = text::find_number(name);
  if (number && *number < outline.stages.size()) return static_cast<std::size_t>(*number);
  return std::nullopt;
}

std::vector<std::size_t> needed_stages(const Dockerfile& dockerfile, const Outline& outline,
                                       std::size_t target) {
  enum class Mark { unseen, open, done };
  std::vector<Mark> marks(outline.stages.size(), Mark::unseen);
  std::vector<std::size_t> order;
  struct Visit {
    std::size_t stage;
    std::vector<std::size_t> needs;
  };
  std::vector<Visit> open;
  const auto begin = [&](std::size_t number) {
    const StageHead& head = outline.stages[number];
    Visit visit{.stage = number, .needs = {}};
    for (const Instruction& instruction : head.body) {
      if (instruction.command != Command::copy) continue;
      if (const Flag* from = instruction.find_flag("from")) {
        if (const auto stage = find_stage(outline, from->value)) visit.needs.push_back(*stage);
      }
    }
    std::reverse(visit.needs.begin(), visit.needs.end());
    if (head.base_stage) visit.needs.push_back(*head.base_stage);  // taken from the back: first
    marks[number] = Mark::open;
    open.push_back(std::move(visit));
  };
  begin(target);
  while (!open.empty()) {
    Visit& visit = open.back();
    if (visit.needs.empty()) {
      marks[visit.stage] = Mark::done;
      order.push_back(visit.stage);
      open.pop_back();
      continue;
    }
    const std::size_t next = visit.needs.back();
    visit.needs.pop_back();
    if (marks[next] == Mark::open) {
      throw base::Error(
          base::Kind::refused,
          fmt::format("{}: the stage needs itself", place(dockerfile, *outline.stages[next].from)));
    }
    if (marks[next] == Mark::unseen) begin(next);
  }
  return order;
}

}  // namespace dockerfile
