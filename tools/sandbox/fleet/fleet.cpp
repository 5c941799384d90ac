// SPDX-License-Identifier: Apache-2.0
#include "sandbox/fleet/fleet.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>
#include <thread>

#include "file/file.hpp"
#include "sandbox/fleet/processes.hpp"
#include "sandbox/identifiers.hpp"

namespace sandbox {
namespace {

// What a container gets for its graceful end; the shutdown phase of a Spring Boot application takes
// 20 to 30 s at most. Wall time.
constexpr std::chrono::seconds container_grace{30};
constexpr std::chrono::milliseconds process_grace{5'000};
constexpr std::chrono::milliseconds tick{500};

}  // namespace

Fleet::Fleet(World& world, Balancer& balancer, std::filesystem::path folder, Host host)
    : world_(world),
      balancer_(balancer),
      folder_(std::move(folder)),
      host_(std::move(host)),
      containers_(host_.docker),
      addresses_(host_.sandbox) {}

std::vector<std::string> Fleet::launch(const std::string& group, int count) {
  std::vector<std::string> ids;
  std::set<std::string> target_groups;
  {
    const std::lock_guard lock(world_.mutex);
    const auto found = world_.account.auto_scaling_groups.find(group);
    if (found == world_.account.auto_scaling_groups.end()) return ids;
    target_groups = found->second.target_groups;
    for (int i = 0; i < count; ++i) {
      auto id = new_instance_id();
      world_.account.instances[id] = Instance{.id = id,
                                              .address = addresses_.next(),
                                              .auto_scaling_group = group,
                                              .root = folder_ / id,
                                              .launched = world_.clock.now()};
      ids.push_back(std::move(id));
    }
  }
  for (const auto& id : ids) file::make_directories(folder_ / id);
  for (const auto& target_group : target_groups) balancer_.register_targets(target_group, ids);
  for (const auto& id : ids) set_state(id, LifecycleState::in_service);
  return ids;
}

void Fleet::terminate(const std::vector<std::string>& instances) {
  for (const auto& id : instances) set_state(id, LifecycleState::terminating);
  drain(instances);
  std::vector<std::jthread> endings;
  for (const auto& id : instances) {
    endings.emplace_back([this, id] {
      containers_.stop_and_remove("stagecraft.instance=" + id, container_grace, stop_.get_token());
      end_processes_with("INSTANCE_ID=" + id, process_grace);
    });
  }
  endings.clear();  // joins
  for (const auto& id : instances) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_ / id, ignored);
    set_state(id, LifecycleState::terminated);
  }
}

void Fleet::remove_group(const std::string& group) {
  terminate(live_instances(group));
  {
    const std::lock_guard lock(world_.mutex);
    world_.account.auto_scaling_groups.erase(group);
    world_.events.write("auto_scaling_group", {{"group", group}, {"to", "deleted"}});
  }
  world_.changed.notify_all();
}

void Fleet::shut_down() {
  request_stop();
  containers_.remove("stagecraft.sandbox=" + host_.sandbox);
  end_processes_with("STAGECRAFT_SANDBOX=" + host_.sandbox, std::chrono::milliseconds(1000));
  // A hook that was in the middle of a `docker run` may have left one more.
  containers_.remove("stagecraft.sandbox=" + host_.sandbox);
}

// Deregisters the instances and waits until the load balancer has let go of them.
void Fleet::drain(const std::vector<std::string>& instances) {
  std::map<std::string, std::vector<std::string>> registered;
  auto longest = std::chrono::seconds(0);
  {
    const std::lock_guard lock(world_.mutex);
    for (const auto& [name, group] : world_.account.target_groups) {
      for (const auto& id : instances) {
        if (!group.targets.contains(id)) continue;
        registered[name].push_back(id);
        longest = std::max(longest, group.deregistration_delay);
      }
    }
  }
  for (const auto& [group, ids] : registered) balancer_.deregister_targets(group, ids);
  const auto any_left = [&] {
    const std::lock_guard lock(world_.mutex);
    return std::any_of(registered.begin(), registered.end(), [&](const auto& entry) {
      const auto& targets = world_.account.target_groups.at(entry.first).targets;
      return std::any_of(entry.second.begin(), entry.second.end(),
                         [&](const std::string& id) { return targets.contains(id); });
    });
  };
  const auto deadline = world_.clock.steady_now() + 2 * longest + std::chrono::minutes(5);
  while (any_left() && world_.clock.steady_now() < deadline) {
    if (!world_.clock.sleep_for(tick, stop_.get_token())) return;
  }
}

void Fleet::set_state(const std::string& instance, LifecycleState state) {
  {
    const std::lock_guard lock(world_.mutex);
    const auto found = world_.account.instances.find(instance);
    if (found == world_.account.instances.end() || found->second.state == state) return;
    world_.events.write("instance", {{"instance", instance},
                                     {"group", found->second.auto_scaling_group},
                                     {"address", found->second.address},
                                     {"from", name_of(found->second.state)},
                                     {"to", name_of(state)}});
    found->second.state = state;
  }
  world_.changed.notify_all();
}

std::vector<std::string> Fleet::live_instances(const std::string& group) {
  const std::lock_guard lock(world_.mutex);
  std::vector<std::string> ids;
  for (const auto& [id, instance] : world_.account.instances) {
    if (instance.auto_scaling_group == group && instance.state != LifecycleState::terminated) {
      ids.push_back(id);
    }
  }
  return ids;
}

}  // namespace sandbox
