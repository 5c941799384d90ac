// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <utility>

#include "http/client.hpp"
#include "support/fake_clock.hpp"

// A client whose waits cost no time.
struct ClientSetup {
  support::FakeClock clock;
  std::stop_source stop;
  http::Client client;

  explicit ClientSetup(http::ClientOptions options = {})
      : client(clock, stop.get_token(), std::move(options)) {}
};

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
