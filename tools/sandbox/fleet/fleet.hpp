// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "sandbox/balancer/balancer.hpp"
#include "sandbox/fleet/addresses.hpp"
#include "sandbox/fleet/containers.hpp"
#include "sandbox/fleet/host.hpp"
#include "sandbox/model.hpp"

namespace sandbox {

// Instances and their Auto Scaling groups. Called without the mutex. Thread-safe.
class Fleet {
 public:
  // Instances get their roots below `folder`.
  Fleet(World& world, Balancer& balancer, std::filesystem::path folder, Host host);

  // Makes the group bring `count` more instances to InService, registered with its target groups
  // when it has any; returns their ids. None when there is no such group.
  std::vector<std::string> launch(const std::string& group, int count);

  // Terminates: deregistered and drained first when registered, then everything the instance
  // started (processes, containers) is stopped and its root removed.
  void terminate(const std::vector<std::string>& instances);

  // Terminates all instances of the group, then forgets the group.
  void remove_group(const std::string& group);

  // Ends the waits of terminate() that run in other threads.
  void request_stop() { stop_.request_stop(); }

  // Removes whatever the instances started, at once and without draining.
  void shut_down();

  const Host& host() const { return host_; }

 private:
  void drain(const std::vector<std::string>& instances);
  void set_state(const std::string& instance, LifecycleState state);
  std::vector<std::string> live_instances(const std::string& group);

  World& world_;
  Balancer& balancer_;
  std::filesystem::path folder_;
  Host host_;
  Containers containers_;
  Addresses addresses_;
  std::stop_source stop_;
};

}  // namespace sandbox
