// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

#include "http/message.hpp"

namespace oci {

// Called from several threads, `total` grows while it turns out what must be sent.
using OnSending = std::function<void(std::uint64_t done, std::uint64_t total)>;

// How far the uploads of one push are. Thread-safe.
class Sending {
 public:
  explicit Sending(OnSending tell) : tell_(std::move(tell)) {}
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

  // The same bytes, counted as they are read; what is sent again counts once. This must outlive the
  // body.
  http::Body counted(http::Body body);

 private:
  OnSending tell_;
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> total_{0};
};

}  // namespace oci
