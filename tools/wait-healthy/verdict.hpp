// SPDX-License-Identifier: Apache-2.0
//
// What a reading means. A pure function, so that every combination of states is a row of a test.
#pragma once

#include <chrono>
#include <string>

#include "wait-healthy/observation.hpp"

namespace wait_healthy {

enum class Until {
  complete,        // blue is gone and the deployment Succeeded
  traffic_shifted  // green takes the traffic, blue waits for its end
};

struct Expectations {
  Until until = Until::complete;
  bool version = false;  // samples are taken and must all be new
  // A rollback's id may be told only some time after the failure.
  std::chrono::milliseconds rollback_appears_within{60'000};
  // Everything else is well and every answer is of another version, or of none: waiting longer than
  // this does not help.
  std::chrono::milliseconds wrong_version_lasts{60'000};
};

struct Verdict {
  enum class Word { waiting, healthy, failed, rolled_back } word = Word::waiting;
  std::string why{};
  int closeness = 0;  // of a waiting one: more is nearer to healthy
};

Verdict judge(const Observation& now, const Expectations& expected);

// "Failed: HEALTH_CONSTRAINTS: too many instances failed", "InProgress".
std::string status_of(const aws::Deployment& deployment);

}  // namespace wait_healthy
