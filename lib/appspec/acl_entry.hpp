// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace appspec {

// Why the agent rejects an entry of `acls` ("u:shop:rw", "d:g:web:r-x", "m::rwx"); empty when it
// takes it.
std::string find_acl_problem(std::string_view entry);

}  // namespace appspec
