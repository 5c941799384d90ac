// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/boot_recipe.hpp"

namespace dockerfile {

bool is_plain_command(std::string_view line) {
  return line.find_first_of(";|&<>()`*?[]~#!\\\n") == std::string_view::npos &&
         line.find("$(") == std::string_view::npos;
}

std::optional<BootExtraction> find_boot_extraction(const std::vector<std::string>& command) {
  if (command.size() < 5 || command[0] != "java" || command[2] != "-jar" ||
      command[4] != "extract") {
    return std::nullopt;
  }
  BootExtraction found;
  found.jar = command[3];
  if (command[1] == "-Djarmode=tools") {
    found.tools = true;
  } else if (command[1] == "-Djarmode=layertools") {
    found.layers = found.launcher = true;
  } else {
    return std::nullopt;
  }
  constexpr std::string_view destination = "--destination";
  for (std::size_t i = 5; i < command.size(); ++i) {
    const std::string& word = command[i];
    if (word == destination && i + 1 < command.size()) {
      found.destination = command[++i];
    } else if (word.starts_with("--destination=")) {
      found.destination = word.substr(destination.size() + 1);
    } else if (word == "--layers" && found.tools) {
      found.layers = true;
    } else if (word == "--launcher" && found.tools) {
      found.launcher = true;
    } else if (word != "--force" || !found.tools) {
      return std::nullopt;  // a choice of layers, another name: rare enough for the engine
    }
  }
  if (found.destination.starts_with('-')) return std::nullopt;
  return found;
}

}  // namespace dockerfile
