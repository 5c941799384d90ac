// SPDX-License-Identifier: Apache-2.0
//
// Faults on demand: what a network or a service does once in a million requests, done to the next
// one. A rule names the requests it waits for, how many it lets pass, and what befalls the ones
// after them.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.hpp"
#include "sandbox/server/http_message.hpp"
#include "timing/clock.hpp"

namespace sandbox {

enum class Drop { no, before, after };  // the work of the request

struct FaultRule {
  std::uint64_t id = 0;
  std::string service{};    // s3, codedeploy, elasticloadbalancing, autoscaling, sts; empty: any
  std::string operation{};  // empty: any
  int skip = 0;             // requests that pass before it begins
  int times = 1;            // how often it happens; 0: until it is cleared
  double rate = 0;          // requests a second that pass; 0: none

  int status = 0;  // answered in place of the work
  std::string code{};
  std::string message{};
  Pairs headers{};             // added to the answer
  std::string error_in_200{};  // the code of an error document under status 200
  Drop drop = Drop::no;
  std::optional<std::uint64_t> cut{};  // bytes of the body that are still sent
  std::chrono::milliseconds delay{0};
  std::chrono::seconds clock_skew{0};  // of the server's clock

  int fired = 0;
};

// The rules under way, the oldest first. Thread-safe.
class FaultPlan {
 public:
  explicit FaultPlan(const timing::Clock& clock) : clock_(clock) {}

  // Throws usage when the rule does nothing or contradicts itself. Answers its id.
  std::uint64_t add(FaultRule rule);

  // The first rule that befalls this request.
  std::optional<FaultRule> take(std::string_view service, std::string_view operation);

  std::vector<FaultRule> rules() const;
  void clear();

 private:
  struct Entry {
    FaultRule rule;
    double tokens = 0;  // of a rate
    timing::SystemTime filled{};
  };
  bool passes(Entry& entry) const;

  const timing::Clock& clock_;
  mutable std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::vector<Entry> entries_;
};

// "503 SlowDown", "drop before", "cut after 10 bytes", … for people.
std::string effect_of(const FaultRule& rule);

// A rule under way: "1  s3 PutObject  503 SlowDown  0 of 2 times".
std::string line_of(const FaultRule& rule);

json::Value to_json(const FaultRule& rule);
FaultRule fault_rule_of(const json::Value& document);  // throws for a member of another type

}  // namespace sandbox
