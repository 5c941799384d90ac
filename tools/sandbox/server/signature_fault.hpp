// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/server/fault.hpp"
#include "sandbox/server/signature_check.hpp"

namespace sandbox {

enum class Protocol { s3, json, query };

// The same rejection in the words of each protocol: a wrong key is InvalidAccessKeyId to S3,
// UnrecognizedClientException to a JSON service and InvalidClientTokenId to a query service.
Fault fault_of(const Rejection& rejection, Protocol protocol);

}  // namespace sandbox
