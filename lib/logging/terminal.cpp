// SPDX-License-Identifier: Apache-2.0
#include "logging/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

namespace logging {

bool on_terminal() { return ::isatty(STDERR_FILENO) == 1; }

int terminal_columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace logging
