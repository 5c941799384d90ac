// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "process/child.hpp"
#include "text/split.hpp"

namespace support {

// What a program printed; one that failed fails the test.
inline std::string output_of(std::vector<std::string> argv,
                             const std::filesystem::path& directory = {}) {
  const std::string name = text::join(argv, " ");
  const auto result = process::capture({.argv = std::move(argv), .directory = directory}, {},
                                       std::chrono::minutes(2));
  INFO(name << ": " << result.err);
  REQUIRE(result.exit.ok());
  return std::string(text::trim(result.out));
}

}  // namespace support
