// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "process/child.hpp"
#include "support/program_output.hpp"

namespace support {

// An image's names in the engine, removed at the end.
class EngineImage {
 public:
  explicit EngineImage(std::string name) : name_(std::move(name)) {}
  EngineImage(const EngineImage&) = delete;
  EngineImage& operator=(const EngineImage&) = delete;
  ~EngineImage() {
    process::capture({.argv = {"docker", "rmi", "--force", name_}}, {}, std::chrono::minutes(1));
  }

  const std::string& name() const { return name_; }
  std::string output() const {
    return output_of({"docker", "run", "--rm", "--network", "none", name_});
  }

 private:
  std::string name_;
};

}  // namespace support
