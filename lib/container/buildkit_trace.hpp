// SPDX-License-Identifier: Apache-2.0
//
// The protobuf that BuildKit reports its progress in (moby/buildkit api/services/control,
// StatusResponse): which steps begin, and what they print.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace container {

struct TraceEvent {
  enum class Kind { step, output } kind = Kind::step;
  std::string step{};         // the digest that names it
  std::string text{};         // its name, or bytes that it printed
  bool is_complaint = false;  // printed to standard error
};

// In the order of the message. A step is told when it begins or is found in the cache. Fields that
// are not known are passed over; what is cut short ends the answer early.
std::vector<TraceEvent> read_trace(std::string_view bytes);

}  // namespace container
