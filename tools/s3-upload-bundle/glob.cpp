// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/glob.hpp"

#include <fmt/core.h>

#include <array>
#include <cctype>
#include <utility>

#include "base/error.hpp"

namespace s3_upload_bundle {
namespace {

// ASCII whatever the locale, as no tool of ours calls setlocale().
constexpr std::array<std::pair<std::string_view, int (*)(int)>, 12> classes{{
    {"alnum", [](int c) { return std::isalnum(c); }},
    {"alpha", [](int c) { return std::isalpha(c); }},
    {"blank", [](int c) { return std::isblank(c); }},
    {"cntrl", [](int c) { return std::iscntrl(c); }},
    {"digit", [](int c) { return std::isdigit(c); }},
    {"graph", [](int c) { return std::isgraph(c); }},
    {"lower", [](int c) { return std::islower(c); }},
    {"print", [](int c) { return std::isprint(c); }},
    {"punct", [](int c) { return std::ispunct(c); }},
    {"space", [](int c) { return std::isspace(c); }},
    {"upper", [](int c) { return std::isupper(c); }},
    {"xdigit", [](int c) { return std::isxdigit(c); }},
}};

unsigned char byte(char c) { return static_cast<unsigned char>(c); }

// "[:alpha:]" at the front: its characters into `set`. False when it is none.
bool take_class(std::string_view& rest, std::bitset<256>& set) {
  if (!rest.starts_with("[:")) return false;
  const auto end = rest.find(":]", 2);
  if (end == std::string_view::npos) return false;
  const auto name = rest.substr(2, end - 2);
  for (const auto& [known, holds] : classes) {
    if (known != name) continue;
    for (int c = 0; c < 128; ++c) {
      if (holds(c) != 0) set.set(static_cast<std::size_t>(c));
    }
    rest.remove_prefix(end + 2);
    return true;
  }
  return false;
}

// One character of a set, its backslash taken off; false at the end.
bool take_character(std::string_view& rest, unsigned char& character) {
  if (rest.starts_with('\\')) rest.remove_prefix(1);
  if (rest.empty()) return false;
  character = byte(rest.front());
  rest.remove_prefix(1);
  return true;
}

}  // namespace

Glob::Glob(std::string_view pattern) : text_(pattern) {
  std::string_view rest = pattern;
  if (rest.ends_with('/')) {
    folders_only_ = true;
    rest.remove_suffix(1);
  }
  anchored_ = rest.find('/') != std::string_view::npos;
  if (rest.starts_with('/')) rest.remove_prefix(1);
  bool sound = !rest.empty();
  while (sound && !rest.empty()) {
    const char c = rest.front();
    if (c == '*') {
      take_stars(rest);
      continue;
    }
    rest.remove_prefix(1);
    if (c == '?') {
      tokens_.push_back({.kind = Kind::one});
    } else if (c == '[') {
      sound = take_set(rest);
    } else if (c == '\\') {
      Token token;
      sound = !rest.empty();
      if (sound) token.character = byte(rest.front());
      if (sound) rest.remove_prefix(1);
      tokens_.push_back(token);
    } else {
      tokens_.push_back({.character = byte(c)});
    }
  }
  if (!sound) {
    throw base::Error(base::Kind::usage,
                      fmt::format("read pattern '{}': it matches nothing", text_),
                      "a literal '[' or '\\' is written '\\[' or '\\\\'");
  }
}

// "**" has a meaning of its own only as a whole component; else it is "*".
void Glob::take_stars(std::string_view& rest) {
  const bool at_begin = tokens_.empty() || tokens_.back().kind == Kind::folders ||
                        (tokens_.back().kind == Kind::character && tokens_.back().character == '/');
  std::size_t stars = rest.find_first_not_of('*');
  if (stars == std::string_view::npos) stars = rest.size();
  rest.remove_prefix(stars);
  if (stars >= 2 && at_begin && (rest.empty() || rest.starts_with("\\/"))) {
    tokens_.push_back({.kind = Kind::everything});
  } else if (stars >= 2 && at_begin && rest.starts_with('/')) {
    rest.remove_prefix(1);
    tokens_.push_back({.kind = Kind::folders});
  } else {
    tokens_.push_back({.kind = Kind::some});
  }
}

// After the "[". False when its end is missing.
bool Glob::take_set(std::string_view& rest) {
  Token token{.kind = Kind::set};
  const bool negated = rest.starts_with('!') || rest.starts_with('^');
  if (negated) rest.remove_prefix(1);
  bool first = true;
  while (first || !rest.starts_with(']')) {
    if (rest.empty()) return false;
    first = false;
    if (take_class(rest, token.set)) continue;
    unsigned char low = 0;
    if (!take_character(rest, low)) return false;
    unsigned char high = low;
    if (rest.size() >= 2 && rest[0] == '-' && rest[1] != ']') {
      rest.remove_prefix(1);
      if (!take_character(rest, high)) return false;
    }
    for (unsigned c = low; c <= high; ++c) token.set.set(c);
  }
  rest.remove_prefix(1);
  if (negated) token.set.flip();
  token.set.reset('/');
  tokens_.push_back(token);
  return true;
}

// All places of the pattern that the text so far may have led to, advanced character by character.
bool Glob::matches_text(std::string_view text) const {
  const std::size_t end = tokens_.size();
  std::vector<bool> at(end + 1);
  std::vector<bool> next(end + 1);
  const auto reach = [&](std::vector<bool>& places, std::size_t place) {
    places[place] = true;
    while (place < end &&
           (tokens_[place].kind == Kind::some || tokens_[place].kind == Kind::folders ||
            tokens_[place].kind == Kind::everything)) {
      places[++place] = true;
    }
  };
  reach(at, 0);
  for (const char c : text) {
    next.assign(end + 1, false);
    for (std::size_t place = 0; place < end; ++place) {
      if (!at[place]) continue;
      const Token& token = tokens_[place];
      switch (token.kind) {
        case Kind::character:
          if (token.character == byte(c)) reach(next, place + 1);
          break;
        case Kind::one:
          if (c != '/') reach(next, place + 1);
          break;
        case Kind::set:
          if (token.set[byte(c)]) reach(next, place + 1);
          break;
        case Kind::some:
          if (c != '/') reach(next, place);
          break;
        case Kind::everything:
          reach(next, place);
          break;
        case Kind::folders:
          next[place] = true;  // what follows begins after a "/" only
          if (c == '/') reach(next, place + 1);
          break;
      }
    }
    std::swap(at, next);
  }
  return at[end];
}

bool Glob::matches(std::string_view path, bool is_folder) const {
  if (folders_only_ && !is_folder) return false;
  return matches_text(anchored_ ? path : path.substr(path.rfind('/') + 1));
}

bool Glob::covers(std::string_view path, bool is_folder) const {
  for (auto slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    if (matches(path.substr(0, slash), true)) return true;
  }
  return matches(path, is_folder);
}

}  // namespace s3_upload_bundle
