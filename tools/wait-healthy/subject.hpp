// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "process/environment.hpp"
#include "release/record.hpp"
#include "wait-healthy/observation.hpp"
#include "wait-healthy/verdict.hpp"
#include "wait-healthy/version_sample.hpp"

namespace wait_healthy {

// Which deployment is watched, what must answer at its end, and where the outcome is recorded.
struct Subject {
  std::string deployment_id{};
  ExpectedVersion expected{};
  std::optional<release::Record> record{};  // absent: the watched deployment is not the record's

  // For people: the version, else the commit's first twelve digits; empty when neither is known.
  std::string name() const;
};

// `asked` names another deployment than the record's own; then the record says nothing of it.
// Throws usage when neither names one.
Subject subject(const std::string& asked, const std::string& record_path,
                const process::Environment& environment);

// The record's section `health`.
json::Value health_section(const Subject& subject, const Observation& now,
                           const std::string& status, const std::string& why,
                           timing::SystemTime when);

}  // namespace wait_healthy
