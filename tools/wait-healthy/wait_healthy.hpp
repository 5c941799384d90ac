// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/run.hpp"
#include "wait-healthy/options.hpp"

namespace wait_healthy {

// Follows the deployment to its verdict and writes the record's `health` section. Throws refused
// when it failed, rolled_back when the old version serves again, timed_out when neither came in
// time.
cli::Result wait_healthy(const WaitHealthyOptions& options, const cli::Context& context);

}  // namespace wait_healthy
