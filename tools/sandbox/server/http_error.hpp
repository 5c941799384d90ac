// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "sandbox/server/fault.hpp"
#include "sandbox/server/http_message.hpp"

namespace sandbox {

// {"__type":"XException","message":"…"}
Answer json_error(const Fault& fault);

// <ErrorResponse><Error><Type/><Code/><Message/></Error><RequestId/></ErrorResponse>
Answer query_error(const Fault& fault, std::string_view request_id);

// <Error><Code/><Message/>…<Resource/><RequestId/></Error>
Answer s3_error(const Fault& fault, std::string_view resource, std::string_view request_id);

}  // namespace sandbox
