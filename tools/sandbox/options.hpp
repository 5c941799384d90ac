// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/run.hpp"

namespace sandbox {

cli::Tool tool();

}  // namespace sandbox
