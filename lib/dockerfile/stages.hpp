// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/evaluate.hpp"
#include "dockerfile/expand.hpp"
#include "dockerfile/instruction.hpp"

namespace dockerfile {

// A stage as written, its base with variables replaced.
struct StageHead {
  std::string name{};  // lower case; empty without AS
  const Instruction* from = nullptr;
  std::span<const Instruction> body{};  // after FROM
  std::string image{};
  std::string platform{};
  std::optional<std::size_t> base_stage{};  // an earlier stage's number
  std::set<std::string> undefined{};        // variables in FROM that no ARG before it declares
};

struct Outline {
  Variables globals{};  // ARG before the first FROM, and the platforms
  std::vector<StageHead> stages{};
};

// Views the Dockerfile's instructions. Throws refused for a file without FROM or an instruction
// other than ARG before it.
Outline outline(const Dockerfile& dockerfile, const BuildInput& input);

// By number or name.
std::optional<std::size_t> find_stage(const Outline& outline, std::string_view name);

// Numbers of the stages that `target` needs, itself last. Throws refused when one needs itself.
std::vector<std::size_t> needed_stages(const Dockerfile& dockerfile, const Outline& outline,
                                       std::size_t target);

// "Dockerfile:12"
std::string place(const Dockerfile& dockerfile, const Instruction& instruction);

bool is_proxy_argument(std::string_view name);

}  // namespace dockerfile
