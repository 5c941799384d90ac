// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "file/unique_fd.hpp"

namespace sandbox {

// Exclusive possession of a name on this machine, until this object or its process ends. It is a
// socket in the abstract namespace: the kernel frees it however the process dies, no file stays
// behind, and it is as wide as the loopback network whose addresses it guards.
class Claim {
 public:
  explicit Claim(std::string_view name);
  bool held() const { return static_cast<bool>(fd_); }  // false: somebody else has it

 private:
  file::UniqueFd fd_;
};

}  // namespace sandbox
