// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aws/session.hpp"
#include "cli/run.hpp"

namespace options {

// --region, --profile and --endpoint-url, written into `aws`, which must outlive the parse.
void declare_aws(cli::Options& options, aws::SessionOptions& aws);

}  // namespace options
