// SPDX-License-Identifier: Apache-2.0
//
// What all listings share: page sizes, folding by delimiter, encoded names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sandbox/s3/operations.hpp"

namespace sandbox::s3 {

// The parameter as a number, at most and by default 1000. Throws InvalidArgument.
std::uint64_t page_size(const Call& call, std::string_view parameter);

// The key, or the common prefix that it folds into: up to the first delimiter behind `prefix`.
std::string folded_name(std::string_view key, std::string_view prefix, std::string_view delimiter);

// encoding-type=url: names as percent-encoded text, for keys that XML cannot hold.
class Encoding {
 public:
  explicit Encoding(const Call& call) : encode_(call.parameter("encoding-type") == "url") {}
  bool encodes() const { return encode_; }
  std::string shown(std::string_view name) const;

 private:
  bool encode_;
};

}  // namespace sandbox::s3
