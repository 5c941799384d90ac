// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/selection.hpp"

#include <algorithm>
#include <array>
#include <ranges>

#include "base/error.hpp"
#include "logging/log.hpp"
#include "text/split.hpp"

namespace s3_upload_bundle {
namespace {

// Spaces at the end do not count unless the last is escaped.
std::string_view without_trailing_spaces(std::string_view line) {
  std::size_t keep = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\' && at + 1 < line.size()) {
      keep = ++at + 1;
    } else if (line[at] != ' ') {
      keep = at + 1;
    }
  }
  return line.substr(0, keep);
}

}  // namespace

IgnoreFile::IgnoreFile(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (std::string_view line : text::lines(text)) {
    if (line.starts_with('#')) continue;
    line = without_trailing_spaces(line);
    const bool negated = line.starts_with('!');
    if (negated) line.remove_prefix(1);
    if (line.empty()) continue;
    try {
      lines_.push_back({.glob = Glob(line), .negated = negated});
    } catch (const base::Error& error) {
      logging::warning("ignore file: {}", error.what());
    }
  }
}

// Is it ignored, as far as patterns for this very path say? Absent: none matches.
std::optional<bool> IgnoreFile::find_verdict(std::string_view path, bool is_folder) const {
  for (const auto& line : std::views::reverse(lines_)) {
    if (line.glob.matches(path, is_folder)) return !line.negated;
  }
  return std::nullopt;
}

bool IgnoreFile::ignores(std::string_view path, bool is_folder) const {
  for (auto slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    if (find_verdict(path.substr(0, slash), true).value_or(false)) return true;
  }
  return find_verdict(path, is_folder).value_or(false);
}

bool Selection::takes(std::string_view path, bool is_folder) const {
  for (const auto& filter : std::views::reverse(filters_)) {
    if (filter.glob.covers(path, is_folder)) return filter.choice == Choice::include;
  }
  return !ignored_.ignores(path, is_folder);
}

bool Selection::may_take_below(std::string_view folder) const {
  const bool any_include = std::ranges::any_of(
      filters_, [](const Filter& filter) { return filter.choice == Choice::include; });
  return any_include || takes(folder, true);
}

bool is_left_out(std::string_view path) {
  constexpr std::array<std::string_view, 4> names{".git", ".svn", ".hg", ".DS_Store"};
  const auto parts = text::split(path, '/');
  return std::ranges::any_of(
      parts, [&](std::string_view part) { return std::ranges::find(names, part) != names.end(); });
}

}  // namespace s3_upload_bundle
