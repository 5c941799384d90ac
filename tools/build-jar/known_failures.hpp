// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace build_jar {

// A failure that build tools' output gives away: a line that has all of `words`. `evidence` are the
// words of the line worth repeating when that is another one.
struct KnownFailure {
  std::string_view name;
  base::Kind kind;
  std::array<std::string_view, 3> words;
  std::array<std::string_view, 2> evidence;
  std::string_view cause;
  std::string_view hint;
};

// The most telling first: a broken connection that a failed test printed is no broken connection.
std::span<const KnownFailure> known_failures();

// Looks at a build's lines as they come. The verdict counts only for a build that failed: the same
// lines also occur in builds that went on.
class FailureFinder {
 public:
  FailureFinder();

  void look_at(std::string_view line);

  struct Finding {
    const KnownFailure* failure;
    std::string evidence;  // one line, cut to 300 characters
  };
  std::optional<Finding> find() const;

 private:
  struct Seen {
    bool known = false;
    std::string line{};
    std::string evidence{};
  };
  std::vector<Seen> seen_;  // in the order of known_failures()
};

}  // namespace build_jar
