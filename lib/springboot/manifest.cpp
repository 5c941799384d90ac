// SPDX-License-Identifier: Apache-2.0
#include "springboot/manifest.hpp"

#include "text/split.hpp"

namespace springboot {

Manifest::Manifest(std::string_view text) {
  for (const std::string_view line : text::lines(text)) {
    if (line.empty()) break;  // the per-entry sections follow
    if (line.front() == ' ') {
      if (!attributes_.empty()) attributes_.back().second += line.substr(1);
      continue;
    }
    const auto parts = text::cut(line, ":");
    if (!parts) continue;
    std::string_view value = parts->second;
    if (value.starts_with(' ')) value.remove_prefix(1);
    attributes_.emplace_back(parts->first, value);
  }
}

std::string Manifest::value(std::string_view name) const {
  for (const auto& [key, value] : attributes_) {
    if (text::equal_ignoring_case(key, name)) return std::string(text::trim(value));
  }
  return {};
}

std::string write_manifest(const Manifest::Attributes& attributes) {
  constexpr std::size_t longest = 72;
  std::string text;
  for (const auto& [name, value] : attributes) {
    std::string line = name + ": " + value;
    while (line.size() > longest) {
      text += line.substr(0, longest) + "\r\n";
      line = " " + line.substr(longest);
    }
    text += line + "\r\n";
  }
  return text + "\r\n";
}

}  // namespace springboot
