// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace sandbox {

// One line of result on stdout while the command goes on (`up --foreground`, `log --follow`) or
// that must not be masked (`env`). Other results are returned to cli::run.
void print_line(std::string_view line);

}  // namespace sandbox
