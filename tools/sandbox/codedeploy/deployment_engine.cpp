// SPDX-License-Identifier: Apache-2.0
#include "sandbox/codedeploy/deployment_engine.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <vector>

#include "logging/log.hpp"

namespace sandbox {
namespace {

void run_to_end(EngineParts parts, const std::string& id, Leftovers leftovers,
                std::stop_token stop) {
  try {
    DeploymentRun(parts, id, leftovers, std::move(stop)).run();
  } catch (const std::exception& error) {
    logging::error("deployment {}: {}", id, error.what());
    DeploymentRecord record(parts.world, id);
    record.skip_open_events();
    record.end_badly(DeploymentStatus::failed, {.code = "INTERNAL_ERROR", .message = error.what()},
                     std::nullopt, "");
  }
}

}  // namespace

DeploymentEngine::DeploymentEngine(EngineParts parts, Leftovers leftovers)
    : parts_(parts),
      leftovers_(leftovers),
      dispatcher_([this](const std::stop_token& stop) { dispatch(stop); }) {}

DeploymentEngine::~DeploymentEngine() {
  dispatcher_.request_stop();
  dispatcher_.join();
  parts_.fleet.request_stop();
  for (auto& [id, run] : runs_) run.request_stop();
}

void DeploymentEngine::dispatch(const std::stop_token& stop) {
  const auto is_new = [this](const auto& entry) {
    return entry.second.status == DeploymentStatus::created && !runs_.contains(entry.first);
  };
  while (!stop.stop_requested()) {
    std::vector<std::string> created;
    {
      std::unique_lock lock(parts_.world.mutex);
      parts_.world.changed.wait(lock, stop, [&] {
        const auto& deployments = parts_.world.account.deployments;
        return std::any_of(deployments.begin(), deployments.end(), is_new);
      });
      for (const auto& entry : parts_.world.account.deployments) {
        if (is_new(entry)) created.push_back(entry.first);
      }
    }
    if (stop.stop_requested()) return;
    for (const auto& id : created) {
      runs_.emplace(id, std::jthread([this, id](const std::stop_token& ending) {
                      run_to_end(parts_, id, leftovers_, ending);
                    }));
    }
  }
}

}  // namespace sandbox
