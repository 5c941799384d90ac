// SPDX-License-Identifier: Apache-2.0
#include "sandbox/options.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "base/error.hpp"
#include "logging/log.hpp"
#include "sandbox/faults/fault_options.hpp"
#include "sandbox/sandbox.hpp"

namespace sandbox {
namespace {

enum class Command { up, down, status, env, log, fault_add, fault_list, fault_clear };

struct Parsed {
  Command command = Command::up;
  UpOptions up;
  std::string dir = UpOptions{}.dir;
  bool follow = false;
  FaultOptions fault{};
};

CLI::App* add_command(CLI::App& app, const std::shared_ptr<Parsed>& parsed, Command command,
                      const std::string& name, const std::string& summary) {
  auto* subcommand = app.add_subcommand(name, summary);
  subcommand->set_help_flag("-h,--help", "Print this help and end");
  subcommand->fallthrough();
  subcommand->callback([parsed, command] { parsed->command = command; });
  subcommand->add_option("--dir", parsed->dir, "Folder of the sandbox")
      ->type_name("DIR")
      ->default_str(parsed->dir);
  return subcommand;
}

template <typename T>
CLI::Option* add(CLI::App* app, const std::string& name, T& value, const std::string& help,
                 const std::string& word) {
  return app->add_option(name, value, help)->type_name(word)->capture_default_str();
}

// A range that --help does not spell out behind every value word.
template <typename T>
CLI::Validator within(T low, T high) {
  return CLI::Range(low, high).description("");
}

void declare_ports(CLI::App* up, UpOptions& options) {
  constexpr auto group = "Ports (0: a free one)";
  const auto port = within(0, 65535);
  add(up, "--port", options.port, "The AWS APIs", "PORT")->check(port)->group(group);
  add(up, "--balancer-port", options.balancer_port, "The load balancer", "PORT")
      ->check(port)
      ->group(group);
  add(up, "--registry-port", options.registry_port, "The image registry", "PORT")
      ->check(port)
      ->group(group);
}

void declare_up(CLI::App* up, UpOptions& options) {
  declare_ports(up, options);
  constexpr auto account = "Account";
  add(up, "--application", options.application, "CodeDeploy application", "NAME")->group(account);
  add(up, "--group", options.group, "Its deployment group", "NAME")->group(account);
  add(up, "--bucket", options.bucket, "S3 bucket for bundles", "NAME")->group(account);
  add(up, "--target-group", options.target_group, "Target group", "NAME")->group(account);
  add(up, "--app-port", options.app_port, "Port of the application", "PORT")
      ->check(within(1, 65535))
      ->group(account);
  add(up, "--health-path", options.health_path, "Path of health checks", "PATH")->group(account);
  add(up, "--instances", options.instances, "Instances of a fleet", "N")
      ->check(within(1, 50))
      ->group(account);
  constexpr auto behaviour = "Behaviour";
  add(up, "--time-scale", options.time_scale, "Divide all waits by this", "N")
      ->check(within(0.01, 10'000.0))
      ->group(behaviour);
  up->add_flag("--tidy", options.tidy, "Remove the fleet of a failed deployment")->group(behaviour);
  up->add_flag("--foreground", options.foreground, "Stay in the foreground")->group(behaviour);
}

void declare_fault(cli::Options& options, const std::shared_ptr<Parsed>& parsed) {
  auto* fault = options.app().add_subcommand("fault", "Let the next requests go wrong");
  fault->set_help_flag("-h,--help", "Print this help and end");
  fault->fallthrough();
  fault->require_subcommand(1);
  auto* add = add_command(*fault, parsed, Command::fault_add, "add", "Add one, print its id");
  declare_fault_add(*add, parsed->fault);
  add_command(*fault, parsed, Command::fault_list, "list", "Print those under way");
  add_command(*fault, parsed, Command::fault_clear, "clear", "Remove all");
}

cli::Result run(const Parsed& parsed, const cli::Context& context) {
  switch (parsed.command) {
    case Command::down:
      return down(parsed.dir, context);
    case Command::status:
      return status(parsed.dir);
    case Command::env:
      return env(parsed.dir);
    case Command::log:
      return log(parsed.dir, parsed.follow, context);
    case Command::fault_add:
      return add_fault(parsed.dir, fault_rule(parsed.fault));
    case Command::fault_list:
      return list_faults(parsed.dir);
    case Command::fault_clear:
      return clear_faults(parsed.dir);
    case Command::up:
      break;
  }
  auto options = parsed.up;
  options.dir = parsed.dir;
  options.log_level = logging::level() == logging::Level::debug ? "debug" : "info";
  return up(options, context);
}

void declare(cli::Options& options, const std::shared_ptr<Parsed>& parsed) {
  auto& app = options.app();
  app.require_subcommand(1);
  declare_up(add_command(app, parsed, Command::up, "up", "Start it, print its endpoints"),
             parsed->up);
  add_command(app, parsed, Command::down, "down", "Stop it, remove all it made");
  add_command(app, parsed, Command::status, "status", "Print its endpoints; 1 when it is not up");
  add_command(app, parsed, Command::env, "env", "Print 'export' lines for the tools and aws");
  add_command(app, parsed, Command::log, "log", "Print what happened in it")
      ->add_flag("--follow", parsed->follow, "Go on until it ends");
  declare_fault(options, parsed);
}

}  // namespace

cli::Tool tool() {
  const auto parsed = std::make_shared<Parsed>();
  return {.name = "deploy-sandbox",
          .summary = "Run blue/green deployments on this machine without an AWS account",
          .examples = {"deploy-sandbox up && eval \"$(deploy-sandbox env)\"",
                       "deploy-sandbox up --dir /tmp/shop --time-scale 30 --tidy",
                       "deploy-sandbox log --follow",
                       "deploy-sandbox fault add --operation PutObject --drop after",
                       "deploy-sandbox down"},
          .declare = [parsed](cli::Options& options) { declare(options, parsed); },
          .step = [parsed](const cli::Context& context) { return run(*parsed, context); },
          .shape = cli::Shape::plain};
}

}  // namespace sandbox
