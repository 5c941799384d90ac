// SPDX-License-Identifier: Apache-2.0
//
// Is it the new version that answers? Target health cannot tell: an old instance is as healthy as a
// new one, and a load balancer whose targets are all unhealthy sends traffic to all of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace wait_healthy {

// Where an answer carries its version: "json:/git/commit/id" (a JSON pointer, RFC 6901) or
// "header:X-App-Version".
struct VersionSource {
  enum class Kind { json, header } kind{};
  std::string name{};
  bool operator==(const VersionSource&) const = default;
};

// Spring Boot's info document: the commit in git.properties' full mode, then in the simple one.
std::vector<VersionSource> default_version_sources();

// Throws usage for any other form.
VersionSource parse_version_source(std::string_view text);

// What counts as new: the commit, or a prefix of at least seven digits of it; or, for services that
// tell no commit, exactly the version. Empty: not known.
struct ExpectedVersion {
  std::string commit{};
  std::string version{};
};

struct VersionSample {
  enum class Answer {
    fresh,
    old,      // another version
    unknown,  // an answer without one: it will not come by waiting
    none      // no answer, or one that passes: 429, 5xx
  } answer{};
  std::string said{};  // the version, or why there is none
  bool operator==(const VersionSample&) const = default;
};

VersionSample read_sample(const http::Response& response, const std::vector<VersionSource>& sources,
                          const ExpectedVersion& expected);

}  // namespace wait_healthy
