// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "process/child.hpp"

namespace support {

// The folder of the built binaries, from the environment variable STAGECRAFT_BIN.
std::filesystem::path binaries();

// The checkout, from STAGECRAFT_SOURCE.
std::filesystem::path source_tree();

struct ToolCall {
  std::vector<std::string> arguments{};
  std::map<std::string, std::string> environment{};  // added to ours; AWS_* and STAGECRAFT_* of ours are dropped
  std::filesystem::path directory{};
};

// Runs one of our binaries to its end, within two minutes.
process::Captured run_tool(const std::string& tool, const ToolCall& call = {});

// The first line of a text.
std::string first_line(const std::string& text);

// Writes a small file, parents included.
void write_file(const std::filesystem::path& path, const std::string& content, unsigned mode = 0644);

}  // namespace support
