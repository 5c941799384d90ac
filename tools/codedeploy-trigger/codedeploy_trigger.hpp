// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "aws/session.hpp"
#include "cli/run.hpp"

namespace codedeploy_trigger {

struct TriggerOptions {
  std::string application{};
  std::string group{};
  std::string config{};
  std::string file_exists{};
  std::string description{};
  aws::SessionOptions aws{};
};

// Starts the deployment of the record's bundle, pinned by version and ETag, and records it as
// section `deployment`. Throws conflict, naming the deployment that runs, when the group is busy.
cli::Result trigger(const TriggerOptions& options, const cli::Context& context);

}  // namespace codedeploy_trigger
