// SPDX-License-Identifier: Apache-2.0
//
// What a YAML scalar means to Ruby's Psych, which the CodeDeploy agent uses: YAML 1.1 with octal
// numbers (0644 is 420) and numbers to base sixty (1:30 is 5400, since Psych takes the first part
// for hours).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "yaml/yaml.hpp"

namespace appspec {

// The integer that a plain scalar stands for; absent for quoted ones and other types.
std::optional<std::int64_t> find_integer(const yaml::Node& node);

// The same for a number with a fraction: "1.9", ".5", "-0.0", "1.5e+3"; "1e3" is a word to Psych.
std::optional<double> find_float(const yaml::Node& node);

// yes, true, on and their opposites in any case; y and n are words.
std::optional<bool> find_boolean(const yaml::Node& node);

// A plain scalar of the form 2026-01-31, with or without a time of day: Psych 4 refuses to load it.
bool is_date(const yaml::Node& node);

// Ruby's value.to_s and value.to_i for a scalar.
std::string to_ruby_string(const yaml::Node& node);
std::int64_t to_ruby_integer(const yaml::Node& node);

}  // namespace appspec
