// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace text {

// The pieces between separators; an empty input gives one empty piece.
std::vector<std::string_view> split(std::string_view input, char separator);

// The lines of a text without their ends; "\r\n" counts as one end, a last line need not have one.
std::vector<std::string_view> lines(std::string_view input);

// Before and after the first separator; absent when there is none.
std::optional<std::pair<std::string_view, std::string_view>> cut(std::string_view input,
                                                                 std::string_view separator);

// Without ASCII white space at both ends.
std::string_view trim(std::string_view input);

std::string join(const std::vector<std::string>& pieces, std::string_view separator);

// ASCII only, whatever the locale.
std::string lower(std::string_view input);
std::string upper(std::string_view input);
bool equal_ignoring_case(std::string_view left, std::string_view right);

std::string replace_all(std::string_view input, std::string_view from, std::string_view to);

// The whole of the input as a decimal number; absent for anything else, a sign included.
std::optional<std::uint64_t> find_number(std::string_view input);

}  // namespace text
