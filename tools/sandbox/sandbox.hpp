// SPDX-License-Identifier: Apache-2.0
//
// The commands of deploy-sandbox.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/run.hpp"
#include "sandbox/faults/fault_plan.hpp"

namespace sandbox {

struct UpOptions {
  std::string dir = ".stagecraft/sandbox";
  int port = 0;
  int balancer_port = 0;
  int registry_port = 0;
  double time_scale = 1;
  int instances = 2;
  bool foreground = false;
  std::string application = "example-app";
  std::string group = "production";
  std::string bucket = "stagecraft-bundles";
  std::string target_group = "web";
  int app_port = 8080;
  std::string health_path = "/actuator/health";
  bool tidy = false;
  std::string log_level = "info";
};

// Starts the sandbox as a process of its own and returns when all of it is ready; with `foreground`
// it is the sandbox, until a stop. Throws conflict when one lives in that folder already.
cli::Result up(const UpOptions& options, const cli::Context& context);

// Stops the sandbox in `dir` and removes everything it made there and elsewhere. Nothing to do is
// fine, too.
cli::Result down(const std::string& dir, const cli::Context& context);

// Endpoints, and whether it runs; exit code 1 when not.
cli::Result status(const std::string& dir);

// The lines that point our tools and the stock aws CLI at it.
cli::Result env(const std::string& dir);

// The event log, a line per event for people; `follow` goes on until a stop or the sandbox's end.
cli::Result log(const std::string& dir, bool follow, const cli::Context& context);

// Faults on demand: adds a rule and prints its id, prints the rules under way, removes them.
cli::Result add_fault(const std::string& dir, const FaultRule& rule);
cli::Result list_faults(const std::string& dir);
cli::Result clear_faults(const std::string& dir);

}  // namespace sandbox
