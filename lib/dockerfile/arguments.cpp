// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/arguments.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "dockerfile/expand.hpp"
#include "dockerfile/parser.hpp"
#include "json/value.hpp"
#include "text/split.hpp"

namespace dockerfile {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view without_leading_space(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

std::optional<Heredoc> find_heredoc(std::string_view word, bool& strip_tabs) {
  while (!word.empty() && word.front() >= '0' && word.front() <= '9') word.remove_prefix(1);
  if (!word.starts_with("<<")) return std::nullopt;
  word.remove_prefix(2);
  strip_tabs = word.starts_with('-');
  if (strip_tabs) word.remove_prefix(1);
  if (word.empty() || word.find('<') != std::string_view::npos) return std::nullopt;
  const Expansion name = expand(word, {}, {.unset = Unset::kept});
  if (name.words.size() != 1) return std::nullopt;
  return Heredoc{.name = name.words.front(), .expand = name.words.front() == word};
}

}  // namespace

std::vector<Flag> take_flags(std::string_view& rest, char escape) {
  std::vector<Flag> flags;
  for (rest = without_leading_space(rest); rest.starts_with("--");
       rest = without_leading_space(rest)) {
    std::string word;
    char quote = '\0';
    std::size_t at = 0;
    for (; at < rest.size() && (quote != '\0' || !is_space(rest[at])); ++at) {
      const char c = rest[at];
      if (c == quote) {
        quote = '\0';
      } else if (quote == '\0' && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == escape && quote != '\'' && at + 1 < rest.size()) {
        word += rest[++at];
      } else {
        word += c;
      }
    }
    rest.remove_prefix(at);
    if (word == "--") break;
    Flag flag;
    const std::size_t equals = word.find('=');
    flag.has_value = equals != std::string::npos;
    flag.name = word.substr(0, equals).substr(2);
    if (flag.has_value) flag.value = word.substr(equals + 1);
    flags.push_back(std::move(flag));
  }
  rest = without_leading_space(rest);
  return flags;
}

std::vector<std::string> quoted_words(std::string_view rest, char escape) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t at = 0; at < rest.size(); ++at) {
    const char c = rest[at];
    if (quote == '\0' && is_space(c)) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
      continue;
    }
    if (c == escape && quote != '\'') {
      if (at + 1 == rest.size()) continue;  // at the end of a line it says nothing
      word += c;
      word += rest[++at];
      in_word = true;
      continue;
    }
    if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    }
    word += c;
    in_word = true;
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

std::vector<std::string> plain_words(std::string_view rest) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < rest.size();) {
    if (is_space(rest[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < rest.size() && !is_space(rest[at])) ++at;
    words.emplace_back(rest.substr(begin, at - begin));
  }
  return words;
}

std::optional<std::vector<std::string>> find_json_strings(std::string_view rest) {
  rest = text::trim(rest);
  if (!rest.starts_with('[')) return std::nullopt;
  json::Value value;
  try {
    value = json::parse(rest, "arguments", {.bytes = most_dockerfile_bytes});
  } catch (const base::Error&) {
    return std::nullopt;  // "[ -f x ] && y" is a shell's line: what is no JSON is the shell form
  }
  std::vector<std::string> strings;
  for (const json::Value& item : *value.find_array()) {
    const std::string* text = item.find_string();
    if (!text) {
      throw base::Error(base::Kind::refused, "a JSON array of arguments holds only strings");
    }
    strings.push_back(*text);
  }
  return strings;
}

void parse_pairs(std::string_view rest, char escape, Instruction& instruction) {
  const std::vector<std::string> words = quoted_words(rest, escape);
  const bool is_arg = instruction.command == Command::arg;
  if (!is_arg && !words.empty() && words.front().find('=') == std::string::npos) {
    rest = text::trim(rest);
    const std::size_t end =
        static_cast<std::size_t>(std::find_if(rest.begin(), rest.end(), is_space) - rest.begin());
    const std::string_view value = text::trim(rest.substr(end));
    if (value.empty()) {
      throw base::Error(base::Kind::refused,
                        fmt::format("{} needs a name and a value", name(instruction.command)));
    }
    instruction.legacy_pair = true;
    instruction.pairs.push_back({std::string(rest.substr(0, end)), std::string(value), true});
    return;
  }
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos && !is_arg) {
      throw base::Error(base::Kind::refused, fmt::format("\"{}\" has no \"=\"", word),
                        "write NAME=value, with quotes around a value that has spaces");
    }
    Pair pair{.name = word.substr(0, equals), .has_value = equals != std::string::npos};
    if (pair.has_value) pair.value = word.substr(equals + 1);
    if (pair.name.empty()) {
      throw base::Error(base::Kind::refused, fmt::format("\"{}\" has no name", word));
    }
    instruction.pairs.push_back(std::move(pair));
  }
}

std::vector<HeredocStart> heredoc_starts(std::string_view line, char escape) {
  std::vector<HeredocStart> starts;
  if (line.find("<<") == std::string_view::npos) return starts;
  std::vector<std::string> words;
  try {
    words = expand(line, {},
                   {.escape = escape,
                    .quotes = Quotes::kept,
                    .escapes = Escapes::kept,
                    .unset = Unset::kept})
                .words;
  } catch (const base::Error&) {
    return starts;  // a shell may understand quotes and substitutions that we do not
  }
  for (const std::string& word : words) {
    HeredocStart start;
    bool strip_tabs = false;
    std::optional<Heredoc> heredoc;
    try {
      heredoc = find_heredoc(word, strip_tabs);
    } catch (const base::Error&) {
      continue;
    }
    if (!heredoc) continue;
    starts.push_back({.heredoc = *heredoc, .strip_tabs = strip_tabs});
  }
  return starts;
}

}  // namespace dockerfile
