// SPDX-License-Identifier: Apache-2.0
#include "docker-push/local_tag.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "logging/log.hpp"

namespace docker_push {

LocalTag::LocalTag(Remove remove)
    : remove_(std::move(remove)),
      name_(fmt::format("localhost/stagecraft-build:{}", crypto::random_hex(8))) {}

LocalTag::~LocalTag() {
  try {
    remove_(name_);
  } catch (const base::Error& error) {
    logging::warning("{}", error.message());
  }
}

}  // namespace docker_push
