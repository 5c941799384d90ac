// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dockerfile/instruction.hpp"
#include "dockerfile/plan.hpp"
#include "dockerfile/scope.hpp"

namespace dockerfile {

struct Settings {
  Config config{};
  bool has_cmd = false;       // set by the stage itself: ENTRYPOINT leaves it alone then
  bool has_work_dir = false;  // an absolute one is known
  std::vector<Finding> findings{};
};

// ENV, LABEL, EXPOSE, USER, WORKDIR, VOLUME, STOPSIGNAL, CMD, ENTRYPOINT, SHELL, HEALTHCHECK,
// MAINTAINER, ONBUILD. Others are left alone. Throws refused for what the engine refuses.
void apply(const Instruction& instruction, Scope& scope, Settings& settings);

// `path` as seen from the working directory, clean and absolute.
std::string absolute_path(std::string_view path, const Config& config);

}  // namespace dockerfile
