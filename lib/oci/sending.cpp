// SPDX-License-Identifier: Apache-2.0
#include "oci/sending.hpp"

#include <memory>
#include <span>
#include <utility>

namespace oci {

http::Body Sending::counted(http::Body body) {
  if (!tell_) return body;
  total_ += body.size;
  const auto furthest = std::make_shared<std::atomic<std::uint64_t>>(0);
  return {.size = body.size,
          .read = [this, read = std::move(body.read), furthest](std::uint64_t offset,
                                                                std::span<char> buffer) {
            const std::size_t count = read(offset, buffer);
            const std::uint64_t end = offset + count;
            std::uint64_t before = furthest->load();
            while (before < end && !furthest->compare_exchange_weak(before, end)) {
            }
            if (before < end) done_ += end - before;
            tell_(done_, total_);
            return count;
          }};
}

}  // namespace oci
