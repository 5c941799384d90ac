// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

namespace base {

// The exit code of a process that ended by a failure of this kind; the same in every tool.
constexpr int exit_code(Kind kind) {
  switch (kind) {
    case Kind::refused: return 1;
    case Kind::usage: return 2;
    case Kind::environment: return 3;
    case Kind::unavailable: return 4;
    case Kind::timed_out: return 5;
    case Kind::rolled_back: return 6;
    case Kind::integrity: return 7;
    case Kind::conflict: return 8;
    case Kind::internal: return 70;
  }
  return 70;
}

}  // namespace base
