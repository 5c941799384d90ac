// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace logging {

// Is stderr looked at by a person? False for a file, a pipe and a CI's console.
bool on_terminal();

// Columns of the terminal on stderr; 80 when it does not tell.
int terminal_columns();

}  // namespace logging
