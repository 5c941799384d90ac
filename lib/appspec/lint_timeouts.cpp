// SPDX-License-Identifier: Apache-2.0
//
// H06: what the agent makes of a time-out. It calls Ruby's to_i on whatever YAML gave it.
#include "appspec/lint_timeouts.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "appspec/docker_call.hpp"
#include "appspec/plain_scalar.hpp"
#include "text/split.hpp"

namespace appspec {
namespace {

using std::chrono::seconds;
using yaml::Node;
using yaml::NodeKind;

constexpr seconds most_per_event{3600};
constexpr seconds least_for_a_pull{120};
constexpr std::string_view digits = "0123456789";

std::optional<std::int64_t> agents_reading(const Node& node) {
  const auto boolean = node.kind == NodeKind::scalar ? find_boolean(node) : std::nullopt;
  if (boolean == false) return most_per_event.count();  // as good as not given
  if (node.kind != NodeKind::scalar || boolean) return std::nullopt;
  const auto value = to_ruby_integer(node);
  if (value <= 0) return std::nullopt;
  return value;
}

std::optional<std::int64_t> find_factor(std::string_view unit) {
  if (unit == "s" || unit == "sec" || unit == "second" || unit == "seconds") return 1;
  if (unit == "m" || unit == "min" || unit == "minute" || unit == "minutes") return 60;
  if (unit == "h" || unit == "hour" || unit == "hours") return 3600;
  return std::nullopt;
}

}  // namespace

std::optional<seconds> find_meant_time(std::string_view text) {
  constexpr std::int64_t most = 1'000'000;
  text = text::trim(text);
  std::int64_t total = 0;
  if (text.find(':') != std::string_view::npos) {
    for (const auto part : text::split(text, ':')) {
      const auto number = text::find_number(part);
      if (!number || *number > most || total > most) return std::nullopt;
      total = total * 60 + static_cast<std::int64_t>(*number);
    }
    return seconds(total);
  }
  const auto length = std::min(text.find_first_not_of(digits), text.size());
  const auto number = text::find_number(text.substr(0, length));
  const auto unit = text::trim(text.substr(length));
  const auto factor = unit.empty() ? std::optional<std::int64_t>(1) : find_factor(unit);
  if (!number || *number == 0 || *number > most || !factor) return std::nullopt;
  return seconds(static_cast<std::int64_t>(*number) * *factor);
}

std::optional<seconds> lint_timeout(LintContext& context, const SourceText& source,
                                    const Node& script) {
  const auto* node = script.find("timeout");
  if (node == nullptr || node->kind == NodeKind::null || node->kind == NodeKind::alias) {
    return std::nullopt;
  }
  const auto read = agents_reading(*node);
  const auto meant = find_meant_time(node->text);
  auto fix = meant ? fmt::format("write {}", meant->count())
                   : std::string("write a number of seconds, without unit");
  auto edits = meant ? replace_scalar(source, node->place, *node, fmt::format("{}", meant->count()))
                     : std::vector<Edit>{};
  if (!read) {
    context.add(
        source, node->place.offset,
        {.rule = "H06",
         .message = fmt::format("time-out {} is no positive number of seconds", shown(*node)),
         .agent = "rejects the appspec at the first hook",
         .fix = std::move(fix),
         .edits = std::move(edits)});
    return std::nullopt;
  }
  const bool plain_number = node->text.find_first_not_of(digits) == std::string::npos &&
                            (node->quoted || !node->text.starts_with('0'));
  if (!plain_number) {
    const bool same = meant && meant->count() == *read;
    context.add(source, node->place.offset,
                {.rule = "H06",
                 .message = fmt::format("time-out {} is {} s to the agent", shown(*node), *read),
                 .agent = fmt::format("ends the script after {} s", *read),
                 .fix = std::move(fix),
                 .edits = std::move(edits),
                 .severity = same ? Severity::advice : Severity::warning});
  }
  return seconds(std::min<std::int64_t>(*read, 1'000'000'000));
}

void lint_timeout_sum(LintContext& context, const SourceText& source, std::string_view event,
                      const Node& scripts) {
  seconds sum{0};
  for (const auto& script : scripts.items) {
    const auto* node = script.find("timeout");
    const auto read = node == nullptr ? std::nullopt : agents_reading(*node);
    if (read) sum += seconds(std::min<std::int64_t>(*read, 1'000'000'000));
  }
  if (sum <= most_per_event) return;
  context.add(source, scripts.key_place.offset,
              {.rule = "H06",
               .message = fmt::format("the time-outs of {} add up to {} s", event, sum.count()),
               .agent = "is cut off by the service after 3600 s per event",
               .fix = "keep the sum within 3600",
               .severity = Severity::warning});
}

void lint_pull_time(LintContext& context, const SourceText& source, const HookScript& script) {
  if (!script.timeout || *script.timeout >= least_for_a_pull) return;
  const auto* text = context.find_script(script.path);
  if (text == nullptr) return;
  const bool pulls =
      std::any_of(text->commands.begin(), text->commands.end(), [](const ShellCommand& command) {
        const auto call = find_docker_call(command);
        return call && (call->verb == "pull" || call->verb == "compose pull");
      });
  if (!pulls) return;
  context.add(
      source, script.place.offset,
      {.rule = "H06",
       .message =
           fmt::format("{} pulls an image and has {} s", script.path, script.timeout->count()),
       .agent = "ends it with SIGTERM in the middle of the pull on a host without the image",
       .fix = "pull in an event of its own with timeout: 600",
       .severity = Severity::advice});
}

}  // namespace appspec
