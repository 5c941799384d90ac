// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sandbox/balancer/balancer.hpp"
#include "sandbox/faults/fault_plan.hpp"
#include "sandbox/fleet/fleet.hpp"
#include "sandbox/model.hpp"
#include "sandbox/s3/store.hpp"
#include "sandbox/server/credentials.hpp"

namespace sandbox {

// What the APIs act on. All references outlive the server.
struct Services {
  World& world;
  s3::Store& objects;
  Balancer& balancer;
  Fleet& fleet;
  FaultPlan& faults;
  Credentials credentials;
  std::string control_token;  // what a request for the sandbox itself must carry
};

// All HTTP APIs on one loopback port. Requests are answered from the moment start() returns until
// the destructor, which waits for running ones.
class ApiServer {
 public:
  explicit ApiServer(Services services, std::filesystem::path request_log);
  ~ApiServer();

  // Binds 127.0.0.1:port (0: the kernel picks) and returns the port. Throws environment when taken.
  int start(int port);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sandbox
