// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "appspec/lint_context.hpp"

namespace appspec {

// H06 for the time-out of one script; answers what the agent will take, absent when it is not
// given or rejected.
std::optional<std::chrono::seconds> lint_timeout(LintContext& context, const SourceText& source,
                                                 const yaml::Node& script);

// H06 for an event whose scripts may take longer in all than the service waits.
void lint_timeout_sum(LintContext& context, const SourceText& source, std::string_view event,
                      const yaml::Node& scripts);

// H06 for a script that fetches an image in less than two minutes.
void lint_pull_time(LintContext& context, const SourceText& source, const HookScript& script);

// What an author means by "5m", "1:30", "90s", "0300"; absent when it is anyone's guess.
std::optional<std::chrono::seconds> find_meant_time(std::string_view text);

}  // namespace appspec
