// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace appspec {

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// A file's text with its path in the archive; turns byte offsets into lines and columns.
class SourceText {
 public:
  struct Spot {
    int line = 1;    // from 1
    int column = 1;  // from 1, in characters of UTF-8
  };

  SourceText(std::string path, std::string text);

  const std::string& path() const { return path_; }
  const std::string& text() const { return text_; }
  Spot spot(std::size_t offset) const;

 private:
  std::string path_;
  std::string text_;
  std::vector<std::size_t> line_starts_;
};

}  // namespace appspec
