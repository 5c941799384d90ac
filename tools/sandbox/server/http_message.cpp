// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/http_message.hpp"

#include <algorithm>

#include "text/percent.hpp"
#include "text/split.hpp"

namespace sandbox {
namespace {

std::string decode(std::string_view piece, Plus plus) {
  std::string raw(piece);
  if (plus == Plus::space) std::replace(raw.begin(), raw.end(), '+', ' ');
  return text::find_percent_decoded(raw).value_or(raw);
}

}  // namespace

std::uint64_t Answer::size() const {
  if (files.empty()) return body.size();
  std::uint64_t total = 0;
  for (const auto& part : files) total += part.size;
  return total;
}

const std::string* find_value(const Pairs& pairs, std::string_view name) {
  const auto found = std::find_if(pairs.begin(), pairs.end(),
                                  [name](const auto& pair) { return pair.first == name; });
  return found == pairs.end() ? nullptr : &found->second;
}

std::string_view value_of(const Pairs& pairs, std::string_view name) {
  const auto* value = find_value(pairs, name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

Pairs decode_query(std::string_view query, Plus plus) {
  Pairs result;
  for (const auto piece : text::split(query, '&')) {
    if (piece.empty()) continue;
    const auto halves = text::cut(piece, "=");
    result.emplace_back(decode(halves ? halves->first : piece, plus),
                        halves ? decode(halves->second, plus) : std::string());
  }
  return result;
}

}  // namespace sandbox
