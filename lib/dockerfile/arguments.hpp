// SPDX-License-Identifier: Apache-2.0
//
// How the rest of an instruction's line becomes flags, words and pairs. Reasons are thrown as
// refused; the parser adds the line's number.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/instruction.hpp"

namespace dockerfile {

// Takes "--name=value" words off the front of `rest`; a bare "--" ends them.
std::vector<Flag> take_flags(std::string_view& rest, char escape);

// Words at spaces, quotes and escapes kept.
std::vector<std::string> quoted_words(std::string_view rest, char escape);

std::vector<std::string> plain_words(std::string_view rest);

// The strings of a JSON array; absent when it is none. Throws for an array of anything else.
std::optional<std::vector<std::string>> find_json_strings(std::string_view rest);

// Fills pairs from "NAME=value …" or, of ENV and LABEL, "NAME value".
void parse_pairs(std::string_view rest, char escape, Instruction& instruction);

// Documents that a word "<<NAME", "<<-NAME" or "<<'NAME'" announces, without their content.
struct HeredocStart {
  Heredoc heredoc{};
  bool strip_tabs = false;
};
std::vector<HeredocStart> heredoc_starts(std::string_view line, char escape);

}  // namespace dockerfile
