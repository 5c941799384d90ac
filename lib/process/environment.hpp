// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace process {

// Asks for one variable; tests pass a map instead of the process's own environment.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

// Absent when unset; an empty value counts as unset, as in every AWS and Docker tool.
std::optional<std::string> environment_variable(std::string_view name);

Environment own_environment();
Environment environment_of(std::map<std::string, std::string, std::less<>> variables);

// All variables of this process.
std::map<std::string, std::string> all_environment_variables();

// $HOME, absent when unset: containers often have neither HOME nor a passwd entry.
std::optional<std::filesystem::path> home_folder();

// $XDG_CACHE_HOME/stagecraft, else ~/.cache/stagecraft, else a folder beside temporary files.
std::filesystem::path cache_folder();

// The executable that argv[0] = name would run, looked up in PATH; absent when there is none.
std::optional<std::filesystem::path> find_program(std::string_view name);

}  // namespace process
