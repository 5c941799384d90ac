// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

namespace sandbox {

// Containers by the labels that the docker of the hooks gives them. Nothing is done without a
// docker. Failures are logged: the rest of a termination has to go on.
class Containers {
 public:
  explicit Containers(std::string docker) : docker_(std::move(docker)) {}

  // Each application gets `grace` for a graceful end, unless the stop comes first; then the
  // containers are removed.
  void stop_and_remove(const std::string& label, std::chrono::seconds grace,
                       const std::stop_token& stop) const;

  // Removes them at once. Containers that are being created meanwhile are found in a second look.
  void remove(const std::string& label) const;

  // Removes the images that were pulled from the registry `prefix` ("127.0.0.1:5000/").
  void remove_images(const std::string& prefix) const;

 private:
  std::vector<std::string> ids(const std::string& label) const;
  void run(std::vector<std::string> arguments, const std::vector<std::string>& names,
           const std::stop_token& stop = {}) const;

  std::string docker_;
};

}  // namespace sandbox
