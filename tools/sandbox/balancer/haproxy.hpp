// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "process/child.hpp"
#include "sandbox/balancer/routing.hpp"

namespace sandbox {

// HAProxy as a child, driven over its runtime socket. Thread-safe but for construction.
class Haproxy {
 public:
  // Listens on 127.0.0.1:port (0: the kernel picks) and has one backend per target group, the first
  // one being the listener's default. Throws environment when it is missing or does not start.
  Haproxy(std::filesystem::path folder, int port, const std::vector<std::string>& target_groups);

  int port() const { return port_; }

  // New servers get no traffic until set_state() says so.
  void add_server(const std::string& target_group, const std::string& name,
                  const std::string& address, int port);
  void set_state(const std::string& target_group, const std::string& name, ServerState state);

  // Requests in flight on the server; 0 for one that does not exist.
  int sessions(const std::string& target_group, const std::string& name);

  // The server must be in maintenance. False while connections are still attached to it.
  bool remove_server(const std::string& target_group, const std::string& name);
  void cut_sessions(const std::string& target_group, const std::string& name);

 private:
  std::string command(std::string_view line) const;

  std::filesystem::path folder_;
  int port_ = 0;
  std::unique_ptr<process::Child> child_;
};

}  // namespace sandbox
