// SPDX-License-Identifier: Apache-2.0
//
// What a build will do, found out without doing it.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "dockerfile/copy.hpp"
#include "dockerfile/instruction.hpp"
#include "dockerfile/tree.hpp"

namespace dockerfile {

struct Healthcheck {
  std::vector<std::string> test{};  // {"NONE"}, {"CMD", …} or {"CMD-SHELL", line}
  std::chrono::milliseconds interval{};
  std::chrono::milliseconds timeout{};
  std::chrono::milliseconds start_period{};
  std::chrono::milliseconds start_interval{};
  int retries = 0;
};

// How an image's container runs.
struct Config {
  std::vector<std::pair<std::string, std::string>> env{};  // in the order they were first set
  std::map<std::string, std::string> labels{};
  std::set<std::string> exposed_ports{};  // "8080/tcp"
  std::set<std::string> volumes{};
  std::string user{};
  std::string working_dir{};
  std::vector<std::string> entrypoint{};
  std::vector<std::string> cmd{};
  std::vector<std::string> shell{};  // empty: /bin/sh -c
  std::string stop_signal{};
  std::optional<Healthcheck> healthcheck{};
  std::vector<std::string> on_build{};
  std::string author{};
};

enum class BaseKind { scratch, image, stage };

struct Base {
  BaseKind kind = BaseKind::scratch;
  std::string image{};     // as FROM has it, variables replaced
  std::string platform{};  // of --platform; empty: the target's
  std::size_t stage = 0;   // index into Plan::stages
};

// COPY --from what only its layers can tell: copy() it once the source's tree is known.
struct CopyFrom {
  Base source{};
  CopyRequest request{};
};

// RUN java -Djarmode=… -jar … extract, which needs no engine.
struct ExtractBootJar {
  std::string jar{};  // absolute, in the stage
  Origin origin{};    // the jar's bytes
  std::string destination{};
  bool layers = false;    // a folder for each layer
  bool launcher = false;  // exploded with the loader's classes; else <jar>.jar and lib/
};

struct NeedsEngine {
  std::string reason{};
};

// monostate: a change of the config alone.
using Action = std::variant<std::monostate, Copied, CopyFrom, ExtractBootJar, NeedsEngine>;

struct Step {
  Instruction instruction{};
  Action action{};
};

struct Stage {
  std::string name{};      // lower case; empty without AS
  std::size_t number = 0;  // in the Dockerfile, from 0
  int line = 0;
  Base base{};
  std::vector<Step> steps{};
  Config config{};  // after the last step, the base's included
  // What is known of its files; all there is when `complete`.
  Tree files{};
  bool complete = false;
  std::set<std::string> open_places{};  // destinations of undecided copies
};

struct Plan {
  std::vector<Stage> stages{};  // those the target needs, each after what it needs; the target last
  // By line. A plan with an error among them must not be built.
  std::vector<Finding> findings{};

  const Stage& target() const { return stages.back(); }
};

struct EngineNeed {
  Instruction instruction{};
  std::string reason{};
};

std::optional<EngineNeed> first_needing_engine(const Plan& plan);

}  // namespace dockerfile
