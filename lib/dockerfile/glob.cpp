// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/glob.hpp"

#include <algorithm>
#include <utility>

#include "text/split.hpp"

namespace dockerfile {
namespace {

struct Rune {
  char32_t value = 0;
  std::size_t size = 1;
};

// A byte that begins no UTF-8 sequence stands for itself.
Rune rune_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  std::size_t size = 1;
  char32_t value = first;
  if (first >= 0xc2 && first < 0xe0) {
    size = 2;
    value = first & 0x1fU;
  } else if (first >= 0xe0 && first < 0xf0) {
    size = 3;
    value = first & 0x0fU;
  } else if (first >= 0xf0 && first < 0xf5) {
    size = 4;
    value = first & 0x07U;
  }
  if (at + size > text.size()) return {first, 1};
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xc0U) != 0x80U) return {first, 1};
    value = (value << 6U) | (byte(at + i) & 0x3fU);
  }
  return {value, size};
}

// Reads one character of a class, "\" escapes; absent at the end and for a bare "-" or "]".
std::optional<char32_t> class_character(std::string_view pattern, std::size_t& at) {
  if (at >= pattern.size() || pattern[at] == '-' || pattern[at] == ']') return std::nullopt;
  if (pattern[at] == '\\' && ++at >= pattern.size()) return std::nullopt;
  const Rune rune = rune_at(pattern, at);
  at += rune.size;
  if (at >= pattern.size()) return std::nullopt;
  return rune.value;
}

}  // namespace

bool Glob::accepts(const Token& token, char32_t rune) const {
  if (token.kind == Kind::literal) return token.rune == rune;
  if (token.kind == Kind::one) return crosses_ || rune != '/';
  const bool within =
      std::any_of(token.ranges.begin(), token.ranges.end(),
                  [rune](const Range& range) { return range.low <= rune && rune <= range.high; });
  return within != token.negated;
}

void Glob::step(const Token& token, std::string_view name, std::vector<bool>& reached) const {
  switch (token.kind) {
    case Kind::star:
      for (std::size_t i = 0; i < name.size(); ++i) {
        if (reached[i] && (crosses_ || name[i] != '/')) reached[i + 1] = true;
      }
      return;
    case Kind::everything:
      for (std::size_t i = 0; i < name.size(); ++i) {
        if (reached[i]) reached[i + 1] = true;
      }
      return;
    case Kind::folders: {
      bool begun = false;
      for (std::size_t i = 0; i < name.size(); ++i) {
        begun = begun || reached[i];
        if (begun && name[i] == '/') reached[i + 1] = true;
      }
      return;
    }
    default:
      break;
  }
  std::vector<bool> next(name.size() + 1, false);
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (!reached[i]) continue;
    const Rune rune = rune_at(name, i);
    if (accepts(token, rune.value)) next[i + rune.size] = true;
  }
  reached = std::move(next);
}

std::vector<std::size_t> Glob::prefix_ends(std::string_view name) const {
  std::vector<bool> reached(name.size() + 1, false);
  reached[0] = true;
  for (const Token& token : tokens_) {
    step(token, name, reached);
    if (std::find(reached.begin(), reached.end(), true) == reached.end()) return {};
  }
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    if (reached[i]) ends.push_back(i);
  }
  return ends;
}

bool Glob::matches(std::string_view name) const {
  if (by_suffix_) {
    return name.ends_with(suffix_) || (suffix_.starts_with('/') && name == suffix_.substr(1));
  }
  const std::vector<std::size_t> ends = prefix_ends(name);
  return !ends.empty() && ends.back() == name.size();
}

std::optional<Glob> find_glob(std::string_view pattern, GlobDialect dialect) {
  Glob glob;
  glob.crosses_ = dialect == GlobDialect::shell;
  bool only_literals = true;  // but for a leading "**"
  std::size_t at = 0;
  while (at < pattern.size()) {
    Glob::Token token;
    const char c = pattern[at];
    if (c == '*' && dialect == GlobDialect::moby && pattern.substr(at).starts_with("**")) {
      if (at > 0) only_literals = false;
      at += 2;
      if (at < pattern.size() && pattern[at] == '/') ++at;
      token.kind = at == pattern.size() ? Glob::Kind::everything : Glob::Kind::folders;
    } else if (c == '*' || c == '?') {
      token.kind = c == '*' ? Glob::Kind::star : Glob::Kind::one;
      only_literals = false;
      ++at;
    } else if (c == '[' && dialect != GlobDialect::shell) {
      token.kind = Glob::Kind::one_of;
      only_literals = false;
      ++at;
      if (at < pattern.size() && pattern[at] == '^') {
        token.negated = true;
        ++at;
      }
      while (token.ranges.empty() || at >= pattern.size() || pattern[at] != ']') {
        const auto low = class_character(pattern, at);
        if (!low) return std::nullopt;
        auto high = low;
        if (pattern[at] == '-') {
          ++at;
          high = class_character(pattern, at);
          if (!high) return std::nullopt;
        }
        token.ranges.push_back({*low, *high});
      }
      ++at;
    } else {
      if (c == '\\') {
        only_literals = false;
        if (++at >= pattern.size()) return std::nullopt;
      }
      const Rune rune = rune_at(pattern, at);
      token.rune = rune.value;
      at += rune.size;
    }
    glob.tokens_.push_back(std::move(token));
  }
  if (dialect == GlobDialect::moby && only_literals && pattern.starts_with("**")) {
    glob.by_suffix_ = true;
    glob.suffix_ = pattern.substr(2);
  }
  return glob;
}

bool has_wildcards(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\') {
      ++i;
    } else if (path[i] == '*' || path[i] == '?' || path[i] == '[') {
      return true;
    }
  }
  return false;
}

std::string clean_path(std::string_view path) {
  const bool absolute = path.starts_with('/');
  std::vector<std::string> kept;
  for (const std::string_view component : text::split(path, '/')) {
    if (component.empty() || component == ".") continue;
    if (component == ".." && !kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (component != ".." || !absolute) {
      kept.emplace_back(component);
    }
  }
  const std::string joined = text::join(kept, "/");
  if (absolute) return "/" + joined;
  return joined.empty() ? "." : joined;
}

}  // namespace dockerfile
