// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace sandbox {

std::string new_deployment_id();  // d- and 9 of [A-Z0-9]
std::string new_instance_id();    // i- and 17 hex digits
std::string new_uuid();

}  // namespace sandbox
