// SPDX-License-Identifier: Apache-2.0
#include "sandbox/balancer/balancer.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "logging/log.hpp"
#include "sandbox/balancer/haproxy.hpp"
#include "sandbox/balancer/health_check.hpp"
#include "sandbox/balancer/routing.hpp"

namespace sandbox {
namespace {

constexpr std::chrono::milliseconds tick{500};

std::vector<std::string> names_of_groups(World& world) {
  const std::lock_guard lock(world.mutex);
  std::vector<std::string> names{world.account.load_balancer.target_group};
  for (const auto& [name, group] : world.account.target_groups) {
    if (name != names.front()) names.push_back(name);
  }
  return names;
}

// Where one target is and who it is; the key of its worker.
struct Place {
  std::string group;
  std::string instance;
  auto operator<=>(const Place&) const = default;
};

}  // namespace

// Lock order: sync, then world.mutex. `sync` serialises what is said to HAProxy with the changes of
// the model that it follows from, so that two transitions never reach it in the wrong order.
struct Balancer::State {
  State(World& the_world, std::filesystem::path folder, int port)
      : world(the_world), haproxy(std::move(folder), port, names_of_groups(the_world)) {}

  struct Worker {
    std::string address;
    int port = 0;
    timing::SteadyTime drain_began{};
    bool ended = false;  // its target is gone; guarded by sync
    std::jthread thread{};
  };

  World& world;
  Haproxy haproxy;
  std::mutex sync;
  std::map<Place, Worker> workers;
  std::map<Place, ServerState> applied;

  void add(const Place& place);
  void start_worker(const Place& place, const std::string& address, int port);
  void begin_drain(const Place& place);
  void apply(const std::string& group_name, const std::optional<Target>& upcoming = {});
  void work(const std::stop_token& stop, const Place& place);
  timing::SteadyTime check(const std::stop_token& stop, const Place& place, CheckHistory& history);
  bool drain(const std::stop_token& stop, const Place& place);
  bool remove(const Place& place);

  Target* find(const Place& place) {  // with world.mutex
    const auto group = world.account.target_groups.find(place.group);
    if (group == world.account.target_groups.end()) return nullptr;
    const auto target = group->second.targets.find(place.instance);
    return target == group->second.targets.end() ? nullptr : &target->second;
  }

  std::optional<TargetState> state_of(const Place& place) {
    const std::lock_guard lock(world.mutex);
    const auto* target = find(place);
    return target != nullptr ? std::optional(target->state) : std::nullopt;
  }

  void tell(const Place& place, std::string_view from, const Target& to) {
    world.events.write("target_health", {{"target_group", place.group},
                                         {"instance", place.instance},
                                         {"from", from},
                                         {"to", name_of(to.state)},
                                         {"reason", to.reason},
                                         {"description", to.description}});
    world.changed.notify_all();
  }
};

// With sync held.
void Balancer::State::add(const Place& place) {
  std::string address;
  int port = 0;
  {
    const std::lock_guard lock(world.mutex);
    const auto group = world.account.target_groups.find(place.group);
    const auto instance = world.account.instances.find(place.instance);
    if (group == world.account.target_groups.end() || instance == world.account.instances.end())
      return;
    auto& targets = group->second.targets;
    const auto known = targets.find(place.instance);
    if (known != targets.end() && known->second.state != TargetState::draining) return;
    const auto from = known == targets.end() ? "unused" : "draining";
    targets[place.instance] = Target{.instance = place.instance,
                                     .port = group->second.port,
                                     .state = TargetState::initial,
                                     .reason = "Elb.RegistrationInProgress",
                                     .description = "Target registration is in progress"};
    address = instance->second.address;
    port = group->second.port;
    tell(place, from, targets[place.instance]);
  }
  const auto worker = workers.find(place);
  if (worker != workers.end() && !worker->second.ended) return;  // it was draining and goes on
  if (worker != workers.end()) workers.erase(worker);
  haproxy.add_server(place.group, place.instance, address, port);
  applied[place] = ServerState::maint;
  start_worker(place, address, port);
}

void Balancer::State::start_worker(const Place& place, const std::string& address, int port) {
  auto& worker = workers[place];
  worker.address = address;
  worker.port = port;
  worker.thread = std::jthread([this, place](const std::stop_token& stop) { work(stop, place); });
}

// With sync held.
void Balancer::State::begin_drain(const Place& place) {
  const std::lock_guard lock(world.mutex);
  auto* target = find(place);
  if (target == nullptr || target->state == TargetState::draining) return;
  const auto from = name_of(target->state);
  target->state = TargetState::draining;
  target->reason = "Target.DeregistrationInProgress";
  target->description = "Target deregistration is in progress";
  if (const auto worker = workers.find(place); worker != workers.end()) {
    worker->second.drain_began = world.clock.steady_now();
  }
  tell(place, from, *target);
}

// Tells HAProxy what differs from last time. With sync held. Servers that start to take traffic
// come first: at no moment is there none. `upcoming` is a target as the model will have it next: what
// the model calls healthy must take traffic already.
void Balancer::State::apply(const std::string& group_name, const std::optional<Target>& upcoming) {
  std::map<std::string, ServerState> wanted;
  {
    const std::lock_guard lock(world.mutex);
    const auto group = world.account.target_groups.find(group_name);
    if (group != world.account.target_groups.end()) {
      auto targets = group->second.targets;
      if (upcoming) targets[upcoming->instance] = *upcoming;
      wanted = routing(targets);
    }
  }
  for (const auto state : {ServerState::ready, ServerState::drain, ServerState::maint}) {
    for (const auto& [instance, server] : wanted) {
      const auto known = applied.find({group_name, instance});
      if (server != state || known == applied.end() || known->second == state) continue;
      haproxy.set_state(group_name, instance, state);
      known->second = state;
    }
  }
}

void Balancer::State::work(const std::stop_token& stop, const Place& place) {
  CheckHistory history;
  bool drained = false;
  while (!stop.stop_requested() && !drained) {
    try {
      const auto state = state_of(place);
      if (state == TargetState::draining) {
        history = {};
        drained = drain(stop, place);
      } else if (state) {
        const auto next = check(stop, place, history);
        while (world.clock.steady_now() < next && state_of(place) != TargetState::draining) {
          if (!world.clock.sleep_until(std::min(next, world.clock.steady_now() + tick), stop))
            return;
        }
      } else {
        return;
      }
    } catch (const base::Error& error) {
      // HAProxy is gone or refuses: the next round tries again, and `down` still has to work.
      logging::warning("load balancer: target {}: {}", place.instance, error.message());
      world.clock.sleep_for(std::chrono::seconds(1), stop);
    }
  }
}

// One check; returns when the next one is due: the interval runs from start to start.
timing::SteadyTime Balancer::State::check(const std::stop_token& stop, const Place& place,
                                          CheckHistory& history) {
  HealthCheck request;
  auto next = world.clock.steady_now();
  {
    const std::lock_guard lock(sync);
    const auto& worker = workers.at(place);
    request.address = worker.address;
    request.port = worker.port;
  }
  {
    const std::lock_guard lock(world.mutex);
    const auto group = world.account.target_groups.find(place.group);
    if (group == world.account.target_groups.end()) return next;
    request.path = group->second.health_path;
    request.matcher = group->second.matcher;
    request.timeout = group->second.timeout;
    next += group->second.interval;
    if (auto* target = find(place); target != nullptr && target->state == TargetState::initial) {
      target->reason = "Elb.InitialHealthChecking";
      target->description = "Initial health checks in progress";
    }
  }
  const auto result = check_once(request, stop);
  if (stop.stop_requested()) return next;
  // Whoever changes a target's state holds sync, so it is still the same below.
  const std::lock_guard serial(sync);
  std::string_view from;
  Target upcoming;
  {
    const std::lock_guard lock(world.mutex);
    const auto* target = find(place);
    if (target == nullptr || target->state == TargetState::draining) return next;
    from = name_of(target->state);
    upcoming = *target;
    if (!advance(upcoming, history, result, world.account.target_groups.at(place.group))) {
      return next;
    }
  }
  apply(place.group, upcoming);
  const std::lock_guard lock(world.mutex);
  if (auto* target = find(place)) {
    *target = upcoming;
    tell(place, from, upcoming);
  }
  return next;
}

// True when the target is gone, false when it was registered again meanwhile.
bool Balancer::State::drain(const std::stop_token& stop, const Place& place) {
  std::chrono::seconds delay{};
  timing::SteadyTime began{};
  {
    const std::lock_guard serial(sync);
    began = workers.at(place).drain_began;
    const std::lock_guard lock(world.mutex);
    delay = world.account.target_groups.at(place.group).deregistration_delay;
  }
  // A scaled delay may be shorter than an honest request: that one gets the unscaled delay. An ALB
  // cuts what is left when the delay is over.
  const auto cut_at = std::chrono::steady_clock::now() + delay;
  while (!stop.stop_requested()) {
    if (state_of(place) != TargetState::draining) return false;
    if (world.clock.steady_now() >= began + delay) {
      const bool late = std::chrono::steady_clock::now() >= cut_at;
      if (haproxy.sessions(place.group, place.instance) == 0 || late) {
        if (late) haproxy.cut_sessions(place.group, place.instance);
        if (remove(place)) return true;
      }
    }
    world.clock.sleep_for(tick, stop);
  }
  return false;
}

// True when the target is gone from HAProxy and from the model.
bool Balancer::State::remove(const Place& place) {
  const std::lock_guard serial(sync);
  if (state_of(place) != TargetState::draining) return false;
  haproxy.set_state(place.group, place.instance, ServerState::maint);
  applied[place] = ServerState::maint;
  if (!haproxy.remove_server(place.group, place.instance)) return false;
  applied.erase(place);
  workers.at(place).ended = true;
  {
    const std::lock_guard lock(world.mutex);
    auto target = *find(place);
    world.account.target_groups.at(place.group).targets.erase(place.instance);
    target.state = TargetState::unused;
    target.reason = "Target.NotRegistered";
    target.description = "Target is not registered to the target group";
    tell(place, "draining", target);
  }
  apply(place.group);
  return true;
}

Balancer::Balancer(World& world, std::filesystem::path folder, int port)
    : state_(std::make_unique<State>(world, std::move(folder), port)) {}

Balancer::~Balancer() {
  for (auto& [place, worker] : state_->workers) worker.thread.request_stop();
  for (auto& [place, worker] : state_->workers) {
    if (worker.thread.joinable()) worker.thread.join();
  }
}

int Balancer::port() const { return state_->haproxy.port(); }

void Balancer::register_targets(const std::string& target_group,
                                const std::vector<std::string>& instances) {
  const std::lock_guard serial(state_->sync);
  for (const auto& instance : instances) state_->add({target_group, instance});
  state_->apply(target_group);
}

void Balancer::deregister_targets(const std::string& target_group,
                                  const std::vector<std::string>& instances) {
  const std::lock_guard serial(state_->sync);
  for (const auto& instance : instances) state_->begin_drain({target_group, instance});
  state_->apply(target_group);
}

}  // namespace sandbox
