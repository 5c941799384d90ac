// SPDX-License-Identifier: Apache-2.0
#include "http/message.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include "text/split.hpp"

namespace http {

void Headers::add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string name, std::string value) {
  std::erase_if(fields_,
                [&](const auto& field) { return text::equal_ignoring_case(field.first, name); });
  add(std::move(name), std::move(value));
}

std::optional<std::string> Headers::find(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (text::equal_ignoring_case(field, name)) return value;
  }
  return std::nullopt;
}

std::vector<std::string> Headers::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [field, value] : fields_) {
    if (text::equal_ignoring_case(field, name)) values.push_back(value);
  }
  return values;
}

Body body_of(std::string text) {
  auto bytes = std::make_shared<const std::string>(std::move(text));
  const auto size = bytes->size();
  return {size, [bytes = std::move(bytes)](std::uint64_t offset, std::span<char> buffer) {
            const auto begin = std::min<std::uint64_t>(offset, bytes->size());
            const auto count = std::min<std::uint64_t>(bytes->size() - begin, buffer.size());
            std::memcpy(buffer.data(), bytes->data() + begin, count);
            return static_cast<std::size_t>(count);
          }};
}

}  // namespace http
