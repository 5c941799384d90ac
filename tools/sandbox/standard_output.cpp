// SPDX-License-Identifier: Apache-2.0
#include "sandbox/standard_output.hpp"

#include <unistd.h>

#include <cerrno>
#include <string>

namespace sandbox {

void print_line(std::string_view line) {
  const auto text = std::string(line) + '\n';
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace sandbox
