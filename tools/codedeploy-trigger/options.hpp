// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/run.hpp"

namespace codedeploy_trigger {

cli::Tool tool();

}  // namespace codedeploy_trigger
