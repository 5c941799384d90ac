// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/s3/operations.hpp"

namespace sandbox::s3 {

// The upload that the request names. Throws NoSuchUpload.
Upload require_upload(const Call& call);

}  // namespace sandbox::s3
