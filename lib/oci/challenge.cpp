// SPDX-License-Identifier: Apache-2.0
#include "oci/challenge.hpp"

#include <optional>

#include "text/split.hpp"

namespace oci {
namespace {

bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  // True when the next character is `c`, which is then passed.
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skip_spaces() {
    while (take(' ') || take('\t')) {
    }
  }

  void skip_separators() {
    while (take(' ') || take('\t') || take(',')) {
    }
  }

  std::string token() {
    std::size_t size = 0;
    while (size < rest_.size() && is_token_character(rest_[size])) ++size;
    std::string found(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return found;
  }

  std::optional<std::string> value() {
    if (!take('"')) {
      std::string found = token();
      return found.empty() ? std::nullopt : std::optional(found);
    }
    std::string found;
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      found += rest_.front();
      rest_.remove_prefix(1);
    }
    return take('"') ? std::optional(found) : std::nullopt;
  }

  // Passes "dGhpcw==", the other form that may follow a scheme; it reaches to a comma or the end.
  void skip_token68() {
    const std::size_t end = rest_.find_first_not_of(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/");
    std::string_view after = end == std::string_view::npos ? "" : rest_.substr(end);
    while (after.starts_with('=')) after.remove_prefix(1);
    const std::string_view next = text::trim(after);
    if (next.empty() || next.front() == ',') rest_ = after;
  }

 private:
  std::string_view rest_;
};

}  // namespace

std::string Challenge::parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

std::vector<Challenge> parse_challenges(std::string_view header) {
  std::vector<Challenge> challenges;
  Cursor cursor(header);
  while (true) {
    cursor.skip_separators();
    if (cursor.at_end()) return challenges;
    const std::string word = cursor.token();
    if (word.empty()) return challenges;
    cursor.skip_spaces();
    if (!cursor.take('=')) {
      challenges.push_back({.scheme = text::lower(word)});
      cursor.skip_token68();
      continue;
    }
    cursor.skip_spaces();
    const auto value = cursor.value();
    if (!value || challenges.empty()) return challenges;
    challenges.back().parameters[text::lower(word)] = *value;
  }
}

}  // namespace oci
