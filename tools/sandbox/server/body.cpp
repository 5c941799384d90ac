// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/body.hpp"

#include <algorithm>
#include <array>

#include "sandbox/server/fault.hpp"

namespace sandbox {

const Pairs& Body::trailers() const {
  static const Pairs none;
  return none;
}

std::size_t TextBody::read(std::span<char> into) {
  const auto count = std::min(into.size(), rest_.size());
  std::copy_n(rest_.begin(), count, into.begin());
  rest_.remove_prefix(count);
  return count;
}

std::string read_all(Body& body, std::uint64_t cap) {
  std::string result;
  std::array<char, 1U << 14U> piece;
  while (const auto count = body.read(piece)) {
    if (result.size() + count > cap) {
      throw Fault(400, "MaxMessageLengthExceeded", "Your request was too big.",
                  {{"MaxMessageLengthBytes", std::to_string(cap)}});
    }
    result.append(piece.data(), count);
  }
  return result;
}

}  // namespace sandbox
