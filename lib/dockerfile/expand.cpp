// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/expand.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "dockerfile/glob.hpp"

namespace dockerfile {
namespace {

constexpr std::size_t most_bytes = 1U << 20U;
// Replacing tries the pattern at each place, so its time grows with the square of the value.
constexpr std::size_t most_bytes_for_patterns = 16U << 10U;
constexpr int deepest = 64;  // of ${a:-${b:-…}}

[[noreturn]] void refuse(std::string reason) {
  throw base::Error(base::Kind::refused, std::move(reason));
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Cuts at unquoted spaces while the text is made.
class Words {
 public:
  void add(std::string_view text) {
    for (const char c : text) {
      if (is_space(c)) {
        end_word();
      } else {
        word_ += c;
      }
    }
  }
  void add_quoted(std::string_view text) { word_ += text; }
  std::vector<std::string> take() {
    end_word();
    return std::move(words_);
  }

 private:
  void end_word() {
    if (!word_.empty()) words_.push_back(std::move(word_));
    word_.clear();
  }
  std::string word_;
  std::vector<std::string> words_;
};

// A shell pattern. "\}" and "\/" are escapes of the substitution's own syntax.
Glob shell_glob(std::string_view pattern) {
  std::string plain;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      const char next = pattern[i + 1];
      if (next == '}' || next == '/') continue;
      if (next != '*' && next != '?' && next != '\\') {
        refuse(fmt::format("invalid escape \"\\{}\" in the pattern \"{}\"", next, pattern));
      }
      plain += '\\';
      ++i;
    }
    plain += pattern[i];
  }
  const std::optional<Glob> glob = find_glob(plain, GlobDialect::shell);
  if (!glob) refuse(fmt::format("invalid pattern \"{}\"", pattern));
  return *glob;
}

void refuse_long(const std::string& value) {
  if (value.size() > most_bytes_for_patterns) {
    refuse(fmt::format("a pattern on a value of {} bytes, at most {} are taken", value.size(),
                       most_bytes_for_patterns));
  }
}

enum class Length { shortest, longest };

std::string without_prefix(const std::string& value, std::string_view pattern, Length length) {
  refuse_long(value);
  const std::vector<std::size_t> ends = shell_glob(pattern).prefix_ends(value);
  if (ends.empty()) return value;
  return value.substr(length == Length::longest ? ends.back() : ends.front());
}

std::string without_suffix(const std::string& value, std::string_view pattern, Length length) {
  refuse_long(value);
  const Glob glob = shell_glob(pattern);
  std::optional<std::size_t> cut;
  for (std::size_t i = 0; i <= value.size(); ++i) {
    if (!glob.matches(std::string_view(value).substr(i))) continue;
    cut = i;
    if (length == Length::longest) break;
  }
  return cut ? value.substr(0, *cut) : value;
}

enum class Times { once, always };

std::string replaced(const std::string& value, std::string_view pattern,
                     std::string_view replacement, Times times) {
  refuse_long(value);
  const Glob glob = shell_glob(pattern);
  std::string result;
  std::size_t at = 0;
  while (at < value.size()) {
    const auto ends = glob.prefix_ends(std::string_view(value).substr(at));
    if (ends.empty() || ends.back() == 0) {
      result += value[at++];
      continue;
    }
    result += replacement;
    at += ends.back();
    if (times == Times::once) break;
  }
  return result + value.substr(std::min(at, value.size()));
}

class Lexer {
 public:
  Lexer(std::string_view text, const Variables& variables, const ExpandOptions& options)
      : text_(text), variables_(variables), options_(options) {}

  Expansion run() {
    Expansion result;
    Words words;
    result.text = until(std::nullopt, options_.escapes, words);
    result.words = words.take();
    result.undefined = std::move(undefined_);
    return result;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }

  std::string until(std::optional<char> stop, Escapes escapes, Words& words);
  std::string until(char stop, Escapes escapes) {
    Words words;
    return until(std::optional<char>(stop), escapes, words);
  }
  std::string single_quoted();
  std::string double_quoted(Escapes escapes);
  std::string dollar();
  std::string braced();
  std::string with_default(const std::string& name, char sign, bool empty_is_unset);
  std::string trimmed(const std::string& name, char sign);
  std::string substituted(const std::string& name);
  std::string variable_name();
  const std::string* find(const std::string& name) const {
    const auto found = variables_.find(name);
    return found == variables_.end() ? nullptr : &found->second;
  }
  std::string value(const std::string& name) {
    if (const std::string* found = find(name)) return *found;
    ++misses_;
    undefined_.insert(name);
    return {};
  }

  std::string_view text_;
  const Variables& variables_;
  const ExpandOptions& options_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::size_t misses_ = 0;
  std::set<std::string> undefined_;
};

std::string Lexer::until(std::optional<char> stop, Escapes escapes, Words& words) {
  if (++depth_ > deepest) refuse("substitutions are nested too deep");
  std::string result;
  while (!at_end()) {
    const char c = text_[at_];
    if (stop && c == *stop) {
      ++at_;
      --depth_;
      return result;
    }
    const bool quote = options_.quotes != Quotes::ordinary && (c == '\'' || c == '"');
    if (c == '$') {
      const std::string piece = dollar();
      result += piece;
      words.add(piece);
    } else if (quote) {
      const std::string piece = c == '"' ? double_quoted(escapes) : single_quoted();
      result += piece;
      words.add_quoted(piece);
    } else if (c == options_.escape) {
      if (escapes == Escapes::kept) {
        result += c;
        words.add_quoted(std::string_view(&c, 1));
      }
      if (++at_ >= text_.size()) break;
      result += text_[at_];
      words.add_quoted(text_.substr(at_, 1));
      ++at_;
    } else {
      result += c;
      words.add(text_.substr(at_, 1));
      ++at_;
    }
    if (result.size() > most_bytes) refuse("a value grows beyond 1 MiB");
  }
  if (stop) {
    refuse(*stop == '/' ? "missing \"/\" in ${…}" : "missing \"}\"");
  }
  --depth_;
  return result;
}

std::string Lexer::single_quoted() {
  const std::size_t end = text_.find('\'', at_ + 1);
  if (end == std::string_view::npos) refuse("a single quote is not closed");
  std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
  if (options_.quotes == Quotes::kept) inside = text_.substr(at_, end + 1 - at_);
  at_ = end + 1;
  return std::string(inside);
}

std::string Lexer::double_quoted(Escapes escapes) {
  std::string result;
  if (options_.quotes == Quotes::kept) result += '"';
  ++at_;
  while (!at_end()) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      if (options_.quotes == Quotes::kept) result += '"';
      return result;
    }
    if (c == '$') {
      result += dollar();
    } else {
      ++at_;
      if (c == options_.escape) {
        if (escapes == Escapes::kept) result += c;
        if (at_end()) continue;
        const char next = text_[at_];
        const bool escaped = next == '"' || next == '$' || next == options_.escape;
        if (escaped) ++at_;
        result += escaped ? next : c;
      } else {
        result += c;
      }
    }
    if (result.size() > most_bytes) refuse("a value grows beyond 1 MiB");
  }
  refuse("a double quote is not closed");
}

std::string Lexer::variable_name() {
  const std::size_t begin = at_;
  if (is_digit(peek())) {
    while (is_digit(peek())) ++at_;
  } else if (!at_end() && std::string_view("@*#?-$!").find(peek()) != std::string_view::npos) {
    ++at_;
  } else {
    while (!at_end() && is_name(peek())) ++at_;
  }
  return std::string(text_.substr(begin, at_ - begin));
}

std::string Lexer::dollar() {
  const std::size_t begin = at_++;
  const std::size_t misses = misses_;
  std::string result;
  if (peek() == '{') {
    ++at_;
    result = braced();
  } else {
    const std::string name = variable_name();
    if (name.empty()) return "$";
    result = value(name);
  }
  if (options_.unset == Unset::kept && misses_ != misses) {
    return std::string(text_.substr(begin, at_ - begin));
  }
  return result;
}

std::string Lexer::braced() {
  if (at_end()) refuse("missing \"}\"");
  const std::string name = variable_name();
  if (name.empty() || at_end()) refuse(at_end() ? "missing \"}\"" : "bad substitution");
  char sign = text_[at_++];
  if (sign == '}') return value(name);
  const bool empty_is_unset = sign == ':';
  if (empty_is_unset) {
    if (at_end()) refuse("missing \"}\"");
    sign = text_[at_++];
  }
  switch (sign) {
    case '-':
    case '+':
    case '?':
      return with_default(name, sign, empty_is_unset);
    case '#':
    case '%':
      if (!empty_is_unset) return trimmed(name, sign);
      break;
    case '/':
      if (!empty_is_unset) return substituted(name);
      break;
    default:
      break;
  }
  refuse(fmt::format("\"{}{}\" is no modifier of ${{{}}}", empty_is_unset ? ":" : "", sign, name));
}

std::string Lexer::with_default(const std::string& name, char sign, bool empty_is_unset) {
  std::set<std::string> outer;
  outer.swap(undefined_);
  const std::string word = until('}', Escapes::removed);
  outer.swap(undefined_);
  const std::string* found = find(name);
  const bool has_value = found && !(empty_is_unset && found->empty());
  if (sign == '?') {
    if (has_value) return *found;
    if (!word.empty()) refuse(fmt::format("{}: {}", name, word));
    refuse(fmt::format("{}: must not be {}", name, found ? "empty" : "unset"));
  }
  // Only a word that is taken can name an undefined variable.
  if (has_value == (sign == '+')) undefined_.merge(outer);
  if (sign == '+') return has_value ? word : std::string();
  return has_value ? *found : word;
}

std::string Lexer::trimmed(const std::string& name, char sign) {
  std::string pattern = until('}', Escapes::kept);
  Length length = Length::shortest;
  if (pattern.starts_with(sign)) {
    length = Length::longest;
    pattern.erase(0, 1);
  }
  const std::string whole = value(name);
  return sign == '#' ? without_prefix(whole, pattern, length)
                     : without_suffix(whole, pattern, length);
}

std::string Lexer::substituted(const std::string& name) {
  Times times = Times::once;
  if (peek() == '/') {
    times = Times::always;
    ++at_;
  }
  const std::string pattern = until('/', Escapes::kept);
  const std::string replacement = until('}', Escapes::kept);
  return replaced(value(name), pattern, replacement, times);
}

}  // namespace

Expansion expand(std::string_view word, const Variables& variables, const ExpandOptions& options) {
  return Lexer(word, variables, options).run();
}

}  // namespace dockerfile
