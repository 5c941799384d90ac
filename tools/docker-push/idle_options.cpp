// SPDX-License-Identifier: Apache-2.0
#include "docker-push/idle_options.hpp"

#include <fmt/core.h>

#include <array>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace docker_push {
namespace {

enum class Family { jar, dockerfile, stored };

Family family_of(InputKind kind) {
  switch (kind) {
    case InputKind::dockerfile:
      return Family::dockerfile;
    case InputKind::layout:
    case InputKind::archive:
    case InputKind::engine:
      return Family::stored;
    case InputKind::recorded_jar:
    case InputKind::jar:
    case InputKind::exploded:
      break;
  }
  return Family::jar;
}

std::string_view name_of(Family family) {
  switch (family) {
    case Family::jar:
      return "a jar";
    case Family::dockerfile:
      return "a Dockerfile";
    case Family::stored:
      break;
  }
  return "an image that is built already";
}

// An option that was given, and the hint for each family that it does nothing with.
struct Row {
  std::string_view option;
  bool given = false;
  std::string_view jar{};
  std::string_view dockerfile{};
  std::string_view stored{};

  std::string_view hint(Family family) const {
    if (family == Family::jar) return jar;
    return family == Family::dockerfile ? dockerfile : stored;
  }
};

constexpr std::string_view leave_out = "leave it out";

}  // namespace

void refuse_idle_options(const PushRequest& request, const Input& input) {
  const PushRequest usual;
  const Family family = family_of(input.kind);
  const bool spread = request.layers.buckets != usual.layers.buckets;
  const std::array rows{
      Row{.option = "--layered",
          .given = request.dockerfile.layered,
          .jar = "a jar is layered always; --layout tools has the jar beside lib/",
          .stored = leave_out},
      Row{.option = "--build-arg",
          .given = !request.dockerfile.build_args.empty(),
          .jar = leave_out,
          .stored = leave_out},
      Row{.option = "--target",
          .given = !request.dockerfile.target.empty(),
          .jar = leave_out,
          .stored = leave_out},
      Row{.option = "--layout",
          .given = request.layers.layout != usual.layers.layout,
          .dockerfile = "--layered lays out the jar that a Dockerfile starts",
          .stored = leave_out},
      Row{.option = "--library-layers",
          .given = spread && !request.dockerfile.layered,
          .dockerfile = "give --layered with it",
          .stored = leave_out},
      Row{.option = "--port",
          .given = request.port != usual.port,
          .dockerfile = "write EXPOSE",
          .stored = leave_out},
      Row{.option = "--user",
          .given = !request.user.empty(),
          .dockerfile = "write USER",
          .stored = leave_out},
      Row{.option = "--platform",
          .given = request.platform.text() != usual.platform.text(),
          .stored = "FILE@NAME chooses an image of a layout"},
      Row{.option = "--update-base", .given = request.lock == LockUse::renew, .stored = leave_out}};
  for (const Row& row : rows) {
    const std::string_view hint = row.hint(family);
    if (!row.given || hint.empty()) continue;
    throw base::Error(base::Kind::usage,
                      fmt::format("{} does nothing with {}", row.option, name_of(family)),
                      std::string(hint));
  }
}

}  // namespace docker_push
