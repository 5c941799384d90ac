// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/run.hpp"

namespace docker_push {

cli::Tool tool();

}  // namespace docker_push
