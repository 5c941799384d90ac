// SPDX-License-Identifier: Apache-2.0
#include "sandbox/agent/log_tail.hpp"

#include <algorithm>
#include <cstddef>

namespace sandbox::agent {
namespace {

constexpr std::ptrdiff_t bound = 2048;

std::ptrdiff_t characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

}  // namespace

std::string log_tail(std::string_view log) {
  auto begin = log.size();
  std::ptrdiff_t total = 0;
  while (begin > 0) {
    const auto before = begin > 1 ? log.rfind('\n', begin - 2) : std::string_view::npos;
    const auto line = before == std::string_view::npos ? 0 : before + 1;
    total += characters(log.substr(line, begin - line));
    if (total >= bound) break;
    begin = line;
  }
  return std::string(log.substr(begin));
}

}  // namespace sandbox::agent
