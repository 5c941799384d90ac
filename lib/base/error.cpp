// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <fmt/core.h>

#include <system_error>

namespace base {

Error Error::within(std::string_view context) const {
  return Error(kind_, fmt::format("{}: {}", context, what_), hint_);
}

Error from_errno(std::string_view what, int error_number, std::string hint) {
  return Error(Kind::environment,
               fmt::format("{}: {}", what, std::generic_category().message(error_number)),
               std::move(hint));
}

}  // namespace base
