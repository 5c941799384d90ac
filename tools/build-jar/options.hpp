// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "build-jar/build_tool.hpp"
#include "cli/run.hpp"

namespace build_jar {

struct BuildJarOptions {
  std::string project = ".";
  std::optional<BuildTool> tool{};  // empty: what the project's files say
  bool skip_tests = false;
  bool offline = false;
  std::string jar{};  // a pattern; empty: the one boot jar
  std::chrono::milliseconds timeout{std::chrono::minutes(30)};
  std::vector<std::string> passed_variables{};
  std::vector<std::string> arguments{};  // for the build tool
};

// Declares the tool and hands the parsed options to its step.
cli::Tool tool();

}  // namespace build_jar
