// SPDX-License-Identifier: Apache-2.0
#include "aws/corrections.hpp"

namespace aws {

std::chrono::seconds Corrections::clock_offset() const {
  const std::lock_guard lock(mutex_);
  return clock_offset_.value_or(std::chrono::seconds(0));
}

bool Corrections::set_clock_offset(std::chrono::seconds offset) {
  const std::lock_guard lock(mutex_);
  const bool first = !clock_offset_;
  clock_offset_ = offset;
  return first;
}

std::optional<std::string> Corrections::find_region(const std::string& bucket) const {
  const std::lock_guard lock(mutex_);
  const auto known = regions_.find(bucket);
  return known == regions_.end() ? std::nullopt : std::optional(known->second);
}

void Corrections::set_region(const std::string& bucket, const std::string& region) {
  const std::lock_guard lock(mutex_);
  regions_[bucket] = region;
}

}  // namespace aws
