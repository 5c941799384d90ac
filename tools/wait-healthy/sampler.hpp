// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "timing/clock.hpp"
#include "wait-healthy/version_sample.hpp"

namespace wait_healthy {

struct SamplerOptions {
  std::string url{};  // of the version document
  std::vector<VersionSource> sources{};
  ExpectedVersion expected{};
};

// Asks the service which version it is. Every sample has a connection and a name lookup of its own:
// a kept connection would ask the same instance again.
class Sampler {
 public:
  Sampler(timing::Clock& clock, std::stop_token stop, SamplerOptions options)
      : clock_(&clock), stop_(std::move(stop)), options_(std::move(options)) {}

  // Fewer when the service cannot be reached, since further tries would only take time. Throws
  // refused when its certificate is.
  std::vector<VersionSample> take(std::size_t count) const;

  const SamplerOptions& options() const { return options_; }

 private:
  VersionSample take_one() const;

  timing::Clock* clock_;
  std::stop_token stop_;
  SamplerOptions options_;
};

}  // namespace wait_healthy
