// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "container/message_stream.hpp"

namespace container {

// What a build says, as whole lines, and how it ended.
class BuildLog {
 public:
  using OnLine = std::function<void(std::string_view line)>;

  explicit BuildLog(OnLine on_line) : on_line_(std::move(on_line)) {}

  void take(const Message& message);
  void finish();  // a last line without an end counts

  // The engine's words; after them the last line that the step wrote to standard error, else at
  // all, which tells why. Empty: nothing failed.
  std::string failure() const;

 private:
  // A line that has begun.
  struct Pending {
    std::string text{};
    bool is_complaint = false;
  };

  void take_output(std::string_view text, Pending& pending);
  void take_line(Pending& pending);
  void take_trace(const std::string& trace);
  bool is_red(std::string_view line);

  OnLine on_line_;
  Pending pending_;
  std::map<std::string, Pending> pending_by_step_;  // BuildKit's steps run side by side
  std::string last_words_;                          // of this step, not the builder's own
  std::string last_complaint_;                      // the same of its standard error
  bool goes_on_red_ = false;
  std::string error_;
};

}  // namespace container
