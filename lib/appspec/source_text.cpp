// SPDX-License-Identifier: Apache-2.0
#include "appspec/source_text.hpp"

#include <algorithm>
#include <utility>

namespace appspec {

SourceText::SourceText(std::string path, std::string text)
    : path_(std::move(path)), text_(std::move(text)), line_starts_{0} {
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

SourceText::Spot SourceText::spot(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto begin = *(after - 1);
  const auto is_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  const auto characters =
      std::count_if(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                    text_.begin() + static_cast<std::ptrdiff_t>(offset), is_character);
  return {.line = static_cast<int>(after - line_starts_.begin()),
          .column = static_cast<int>(characters) + 1};
}

}  // namespace appspec
