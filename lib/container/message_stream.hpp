// SPDX-License-Identifier: Apache-2.0
//
// What an engine answers while it works: one JSON object per line. The status of the whole is 200
// before any of it is known, so a failure is one of these objects.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace container {

struct Message {
  std::string output{};  // pieces of a build's text, lines ended by '\n'
  std::string status{};  // a line of its own; empty for the progress of a transfer
  std::string error{};   // why it failed
  std::string trace{};   // BuildKit's report, still protobuf
};

// Takes the bytes as they come, in any pieces. Holds one line at most.
class MessageStream {
 public:
  using OnMessage = std::function<void(const Message& message)>;

  explicit MessageStream(OnMessage on_message) : on_message_(std::move(on_message)) {}

  // Throws integrity for a line that is no JSON object or longer than 4 MiB.
  void feed(std::span<const std::byte> bytes);
  void finish();  // a last line without an end counts

 private:
  void take_line(std::string_view line);

  OnMessage on_message_;
  std::string pending_;
};

}  // namespace container
