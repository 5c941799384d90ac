// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/run.hpp"

namespace s3_upload_bundle {

cli::Tool tool();

}  // namespace s3_upload_bundle
