// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace base {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* pointer) const noexcept {
    Free(pointer);
  }
};

// Owns a pointer that a C library made and frees it with that library's own function:
//   using EasyHandle = base::CHandle<CURL, curl_easy_cleanup>;
template <typename T, auto Free>
using CHandle = std::unique_ptr<T, FreeWith<Free>>;

}  // namespace base
