// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

#include "base/error.hpp"

namespace support {

// The base::Error that a call ends with, to be looked at; a call that ends well fails the test.
template <typename Call>
base::Error error_of(Call&& call) {
  try {
    call();
  } catch (const base::Error& error) {
    return error;
  }
  throw std::logic_error("expected an error, none came");
}

}  // namespace support
