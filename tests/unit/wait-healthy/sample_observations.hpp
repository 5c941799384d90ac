// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "wait-healthy/observation.hpp"

namespace {

using aws::DeploymentStatus;
using aws::Progress;
using aws::TargetState;
using wait_healthy::Observation;
using wait_healthy::VersionSample;
using Answer = wait_healthy::VersionSample::Answer;

inline aws::DeploymentTarget green(std::string id, Progress status = Progress::succeeded) {
  return {.id = std::move(id), .label = "Green", .status = status};
}

inline aws::DeploymentTarget blue(std::string id) {
  return {.id = std::move(id), .label = "Blue", .status = Progress::succeeded};
}

inline wait_healthy::GroupHealth health(std::string id, TargetState state, std::string reason = {},
                                        std::string description = {}) {
  return {"web",
          {.id = std::move(id),
           .port = 8080,
           .state = state,
           .reason = std::move(reason),
           .description = std::move(description)}};
}

// Two green instances of a blue/green deployment, healthy or not yet registered.
inline Observation seen(DeploymentStatus status, TargetState state = TargetState::healthy) {
  Observation now;
  now.watched.deployment = {.id = "d-1",
                            .status = status,
                            .previous_revision = aws::Revision{},
                            .overview = aws::Overview{.succeeded = 2},
                            .auto_rollback = true,
                            .type = "BLUE_GREEN",
                            .target_groups = {"web"}};
  now.watched.targets = {green("i-0aaa"), green("i-0bbb"), blue("i-0ccc")};
  now.health = {health("i-0aaa", state), health("i-0bbb", state)};
  return now;
}

inline std::vector<VersionSample> samples(int fresh, int old, int unknown = 0, int none = 0) {
  std::vector<VersionSample> all;
  const auto add = [&](int count, VersionSample sample) {
    for (int i = 0; i < count; ++i) all.push_back(sample);
  };
  add(fresh, {Answer::fresh, "aaaaaaa"});
  add(old, {Answer::old, "bbbbbbb"});
  add(unknown, {Answer::unknown, "HTTP 404"});
  add(none, {Answer::none, "HTTP 503"});
  return all;
}

}  // namespace
