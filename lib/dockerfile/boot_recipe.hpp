// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dockerfile {

// The arguments of Spring Boot's extraction, with paths as written.
struct BootExtraction {
  std::string jar{};
  std::string destination{};  // empty: what the mode takes by default
  bool tools = false;         // jarmode "tools"; else "layertools"
  bool layers = false;
  bool launcher = false;
};

// The one command that a RUN may consist of to need no engine; absent for any other.
std::optional<BootExtraction> find_boot_extraction(const std::vector<std::string>& command);

// True for a line that a shell would only cut at spaces: no operators, globs or commands in it.
bool is_plain_command(std::string_view line);

}  // namespace dockerfile
