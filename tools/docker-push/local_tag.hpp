// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace docker_push {

// The name of an image in an engine while it is needed there: one that nobody else uses, taken away
// on destruction, however the build ended. A failure of that is told as a warning.
class LocalTag {
 public:
  using Remove = std::function<void(const std::string& name)>;

  explicit LocalTag(Remove remove);
  LocalTag(const LocalTag&) = delete;
  LocalTag& operator=(const LocalTag&) = delete;
  ~LocalTag();

  const std::string& name() const { return name_; }

 private:
  Remove remove_;
  std::string name_;
};

}  // namespace docker_push
