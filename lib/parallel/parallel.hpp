// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

namespace parallel {

// Runs work(0) … work(count - 1), each once, on up to `threads` threads, the lowest numbers first.
// The first exception keeps further numbers from being begun and is thrown when all that were are
// over.
void for_each(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& work);

// The cores of this machine, 1 when unknown.
unsigned cores();

}  // namespace parallel
