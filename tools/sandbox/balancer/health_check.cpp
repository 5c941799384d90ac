// SPDX-License-Identifier: Apache-2.0
#include "sandbox/balancer/health_check.hpp"

#include <httplib.h>

namespace sandbox {

CheckResult check_once(const HealthCheck& check, const std::stop_token& stop) {
  constexpr std::size_t most_of_a_body = 1U << 20U;
  httplib::Client client(check.address, check.port);
  client.set_connection_timeout(check.timeout);
  client.set_read_timeout(check.timeout);
  client.set_write_timeout(check.timeout);
  client.set_keep_alive(false);
  const std::stop_callback ending(stop, [&] { client.stop(); });

  std::size_t received = 0;
  const auto started = std::chrono::steady_clock::now();
  const auto answer = client.Get(
      check.path, httplib::Headers{{"User-Agent", "ELB-HealthChecker/2.0"}},
      [&](const char*, std::size_t count) { return (received += count) <= most_of_a_body; });
  const bool late = std::chrono::steady_clock::now() - started >= check.timeout;
  if (answer) {
    return code_matches(check.matcher, answer->status) ? passed_check()
                                                       : wrong_code(answer->status);
  }
  return late ? timed_out_check() : refused_check();
}

}  // namespace sandbox
