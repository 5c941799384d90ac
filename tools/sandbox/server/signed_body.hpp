// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "sandbox/server/body.hpp"
#include "sandbox/server/signature_check.hpp"

namespace sandbox {

// The bytes behind an S3 request's signature: `raw` held against x-amz-content-sha256 at its end,
// or taken out of its signed chunks. `raw` and `request` outlive the result. Throws InvalidArgument
// for an x-amz-content-sha256 that is none.
std::unique_ptr<Body> signed_body(Body& raw, const Request& request, const Signature& signature);

}  // namespace sandbox
