// SPDX-License-Identifier: Apache-2.0
//
// The load balancer: HAProxy carries the traffic, this class owns the target states. HAProxy's own
// checks cannot express "one success from initial, N from unhealthy", so servers are added without
// check and their state is set over the runtime socket.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sandbox/model.hpp"

namespace sandbox {

class Balancer {
 public:
  // Starts HAProxy with one listener on 127.0.0.1:port (0: the kernel picks) and the health
  // checker. Throws environment when haproxy is missing or the port is taken.
  Balancer(World& world, std::filesystem::path folder, int port);
  ~Balancer();  // stops the checker and HAProxy

  int port() const;

  // Both only start the change and return at once; the states in the model move on from there
  // (initial → healthy, draining → gone). Unknown instances are ignored. Called without the mutex.
  void register_targets(const std::string& target_group, const std::vector<std::string>& instances);
  void deregister_targets(const std::string& target_group,
                          const std::vector<std::string>& instances);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sandbox
