// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/ignore.hpp"

#include <fmt/core.h>

#include <optional>

#include "base/error.hpp"
#include "file/file.hpp"
#include "text/split.hpp"

namespace dockerfile {
namespace {

constexpr std::size_t most_patterns = 10'000;
constexpr std::uint64_t most_bytes = 1U << 20U;

}  // namespace

PathPatterns::PathPatterns(const std::vector<std::string>& patterns) {
  for (const std::string& raw : patterns) {
    if (text::trim(raw).empty()) continue;
    std::string cleaned = clean_path(text::trim(raw));
    const bool exception = cleaned.starts_with('!');
    if (exception) cleaned.erase(0, 1);
    std::optional<Glob> glob;
    // Go's rules decide whether a pattern is well formed, also where ours would take it.
    if (!cleaned.empty() && find_glob(cleaned, GlobDialect::go)) {
      glob = find_glob(cleaned, GlobDialect::moby);
    }
    if (!glob) {
      throw base::Error(base::Kind::refused, fmt::format("\"{}\" is no pattern of paths", raw));
    }
    patterns_.push_back({std::move(*glob), exception});
    has_exceptions_ = has_exceptions_ || exception;
  }
  if (patterns_.size() > most_patterns) {
    throw base::Error(base::Kind::refused, fmt::format("{} patterns of paths, at most {} are taken",
                                                       patterns_.size(), most_patterns));
  }
}

bool PathPatterns::matches(std::string_view path, const Memory& above, Memory& below) const {
  below.assign(patterns_.size(), false);
  bool matched = false;
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    const bool inherited = !above.empty() && above[i];
    // A pattern that could only repeat what is already decided is not run.
    if (!inherited && patterns_[i].exception != matched) continue;
    below[i] = inherited || patterns_[i].glob.matches(path);
    if (below[i]) matched = !patterns_[i].exception;
  }
  return matched;
}

bool PathPatterns::matches(std::string_view path) const {
  Memory above;
  Memory below;
  bool matched = false;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = path.find('/', end == 0 ? 0 : end + 1);
    matched = matches(path.substr(0, end), above, below);
    above.swap(below);
  }
  return matched;
}

std::vector<std::string> parse_ignore_file(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::vector<std::string> patterns;
  for (const std::string_view line : text::lines(text)) {
    if (line.starts_with('#')) continue;
    std::string_view pattern = text::trim(line);
    if (pattern.empty()) continue;
    const bool exception = pattern.starts_with('!');
    if (exception) pattern = text::trim(pattern.substr(1));
    std::string cleaned;
    if (!pattern.empty()) {
      cleaned = clean_path(pattern);
      if (cleaned.size() > 1 && cleaned.front() == '/') cleaned.erase(0, 1);
    }
    patterns.push_back((exception ? "!" : "") + cleaned);
  }
  return patterns;
}

PathPatterns read_ignore_patterns(const std::filesystem::path& dockerfile,
                                  const std::filesystem::path& context) {
  std::filesystem::path path = dockerfile;
  path += ".dockerignore";
  std::optional<std::string> text = file::find(path, most_bytes);
  if (!text) {
    path = context / ".dockerignore";
    text = file::find(path, most_bytes);
  }
  if (!text) return {};
  try {
    return PathPatterns(parse_ignore_file(*text));
  } catch (const base::Error& error) {
    throw error.within(fmt::format("read {}", path.string()));
  }
}

}  // namespace dockerfile
