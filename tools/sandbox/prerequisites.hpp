// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace sandbox {

// The path of the docker command, an engine answering behind it. Throws environment with the
// package to install or the way to point at an engine; the same for the other programs that are
// run.
std::string require_docker();
void require_programs();

}  // namespace sandbox
