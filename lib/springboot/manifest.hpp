// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace springboot {

// The main section of a META-INF/MANIFEST.MF (JAR file specification): attributes in their order,
// continuation lines joined.
class Manifest {
 public:
  explicit Manifest(std::string_view text);

  // Names compare without case; empty when absent.
  std::string value(std::string_view name) const;

  using Attributes = std::vector<std::pair<std::string, std::string>>;
  const Attributes& attributes() const { return attributes_; }

 private:
  Attributes attributes_;
};

// The text of a main section, in lines of at most 72 bytes.
std::string write_manifest(const Manifest::Attributes& attributes);

}  // namespace springboot
