// SPDX-License-Identifier: Apache-2.0
//
// Image references as Docker and the distribution specification write them:
//   [registry[:port]/]repository[:tag][@sha256:…]
//
// The first component is a registry only when it has a "." or ":" or is "localhost"; without one
// the image is on Docker Hub, where a single name stands for library/<name>.
#pragma once

#include <string>
#include <string_view>

namespace oci {

struct Reference {
  std::string registry;    // "docker.io", "127.0.0.1:5000"
  std::string repository;  // "library/eclipse-temurin"
  std::string tag;         // empty when none was given: nothing is assumed
  std::string digest;      // empty when none was given

  std::string name() const;  // registry/repository
  std::string text() const;  // with tag and digest, fully qualified
};

// Throws usage naming the text and what is wrong with it.
Reference parse_reference(std::string_view text);

bool is_tag(std::string_view text);

// A tag that stands for this version: what a tag cannot hold ('+' of a SemVer build) becomes '-'.
// Empty when nothing usable is left.
std::string tag_of_version(std::string_view version);

// Where the registry's API answers: Docker Hub's is not at docker.io.
std::string api_host(std::string_view registry);

}  // namespace oci
