// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "aws/session.hpp"
#include "cli/run.hpp"
#include "wait-healthy/verdict.hpp"
#include "wait-healthy/version_sample.hpp"

namespace wait_healthy {

struct WaitHealthyOptions {
  std::string deployment_id{};  // empty: the release record's
  Until until = Until::complete;
  std::string url{};  // the service's address; empty: the version is not checked
  std::vector<VersionSource> version_sources = default_version_sources();
  std::chrono::milliseconds timeout{std::chrono::minutes(15)};
  std::chrono::milliseconds interval{5'000};
  aws::SessionOptions aws{};
};

// Declares the tool and hands the parsed options to its step.
cli::Tool tool();

}  // namespace wait_healthy
