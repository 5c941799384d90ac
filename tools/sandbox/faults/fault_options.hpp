// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/faults/fault_plan.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace sandbox {

// What `fault add` was given.
struct FaultOptions {
  std::string service{};
  std::string operation{};
  std::optional<int> times{};
  int skip = 0;
  double rate = 0;
  int status = 0;
  std::string code{};
  std::string message{};
  std::vector<std::string> headers{};
  std::string error_in_200{};
  std::string drop{};
  std::optional<std::uint64_t> cut{};
  std::string delay{};
  std::string clock_skew{};
};

void declare_fault_add(CLI::App& app, FaultOptions& options);

// Throws usage for a duration or a header that is none.
FaultRule fault_rule(const FaultOptions& options);

}  // namespace sandbox
