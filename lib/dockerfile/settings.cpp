// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/settings.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "base/error.hpp"
#include "dockerfile/glob.hpp"
#include "text/split.hpp"

namespace dockerfile {
namespace {

[[noreturn]] void refuse(std::string reason, std::string hint = {}) {
  throw base::Error(base::Kind::refused, std::move(reason), std::move(hint));
}

// All values are read with the variables from before the instruction.
std::vector<std::pair<std::string, std::string>> expanded_pairs(const Instruction& instruction,
                                                                Scope& scope) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const Pair& pair : instruction.pairs) {
    pairs.emplace_back(scope.text(pair.name), scope.text(pair.value));
    if (pairs.back().first.empty()) {
      refuse(fmt::format("{} with an empty name", name(instruction.command)));
    }
  }
  return pairs;
}

// Exec form as it is, shell form behind the stage's shell.
std::vector<std::string> command_line(const Instruction& instruction, const Config& config) {
  if (instruction.exec_form) return instruction.arguments;
  std::vector<std::string> line = config.shell;
  if (line.empty()) line = {"/bin/sh", "-c"};
  line.push_back(instruction.arguments.front());
  return line;
}

bool is_port(std::string_view digits) {
  const auto port = text::find_number(digits);
  return port && *port <= 65'535;
}

void expose(std::string_view spec, int line, Settings& settings) {
  const auto parts = text::cut(spec, "/");
  std::string_view ports = parts ? parts->first : spec;
  const std::string protocol = parts ? text::lower(parts->second) : "tcp";
  if (const std::size_t colon = ports.rfind(':'); colon != std::string_view::npos) {
    settings.findings.push_back({.rule = "ExposeInvalidFormat",
                                 .line = line,
                                 .message = fmt::format("EXPOSE {} names a host's port", spec),
                                 .fix = "name the container's port alone"});
    ports.remove_prefix(colon + 1);
  }
  const auto range = text::cut(ports, "-");
  const std::string_view first = range ? range->first : ports;
  const std::string_view last = range ? range->second : ports;
  const bool known = protocol == "tcp" || protocol == "udp" || protocol == "sctp";
  if (!known || !is_port(first) || !is_port(last) ||
      *text::find_number(first) > *text::find_number(last)) {
    refuse(fmt::format("\"{}\" is no port", spec), "write 8080, 8080/udp or 8000-8010");
  }
  for (auto port = *text::find_number(first); port <= *text::find_number(last); ++port) {
    settings.config.exposed_ports.insert(fmt::format("{}/{}", port, protocol));
  }
}

void set_work_dir(const Instruction& instruction, Scope& scope, Settings& settings) {
  const std::string path = scope.text(instruction.arguments.front());
  if (path.empty()) refuse("WORKDIR with an empty path");
  if (!path.starts_with('/') && !settings.has_work_dir) {
    settings.findings.push_back(
        {.rule = "WorkdirRelativePath",
         .line = instruction.line,
         .message = fmt::format("WORKDIR {} depends on the base image's working directory", path),
         .fix = fmt::format("WORKDIR /{}", path)});
  }
  settings.config.working_dir = absolute_path(path, settings.config);
  settings.has_work_dir = true;
}

// As Go writes durations: "1h30m", "1.5s", "500ms"; whole milliseconds are kept.
std::optional<std::chrono::milliseconds> find_go_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    double milliseconds;
  };
  // "ms" comes before "m", which it begins with.
  constexpr std::array<Unit, 7> units{{{"ns", 1e-6},
                                       {"us", 1e-3},
                                       {"\u00b5s", 1e-3},
                                       {"ms", 1},
                                       {"s", 1e3},
                                       {"m", 60e3},
                                       {"h", 3600e3}}};
  constexpr double most = 1e13;
  double sum = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    const std::string number(text.substr(0, digits));
    if (number.size() > 20 || number.find_first_of("0123456789") == std::string::npos ||
        std::count(number.begin(), number.end(), '.') > 1) {
      return std::nullopt;
    }
    text.remove_prefix(digits);
    const auto unit = std::find_if(units.begin(), units.end(), [text](const Unit& each) {
      return text.starts_with(each.name);
    });
    if (unit == units.end()) return std::nullopt;
    text.remove_prefix(unit->name.size());
    sum += std::strtod(number.c_str(), nullptr) * unit->milliseconds;
    if (sum > most) return std::nullopt;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(sum));
}

std::chrono::milliseconds duration(const Instruction& instruction, std::string_view flag) {
  const Flag* found = instruction.find_flag(flag);
  if (!found || found->value == "0" || found->value == "0s") return {};
  const auto time = find_go_duration(found->value);
  if (!time || *time < std::chrono::milliseconds(1)) {
    refuse(fmt::format("--{}={} is no duration", flag, found->value), "write 30s or 1m30s");
  }
  return *time;
}

void set_healthcheck(const Instruction& instruction, Settings& settings) {
  const std::string type = text::upper(instruction.arguments.front());
  Healthcheck check;
  if (type == "NONE") {
    if (instruction.arguments.size() > 1) refuse("HEALTHCHECK NONE takes no argument");
    check.test = {"NONE"};
  } else if (type == "CMD") {
    check.test = {instruction.exec_form ? "CMD" : "CMD-SHELL"};
    check.test.insert(check.test.end(), instruction.arguments.begin() + 1,
                      instruction.arguments.end());
    check.interval = duration(instruction, "interval");
    check.timeout = duration(instruction, "timeout");
    check.start_period = duration(instruction, "start-period");
    check.start_interval = duration(instruction, "start-interval");
    if (const Flag* retries = instruction.find_flag("retries")) {
      const auto count = text::find_number(retries->value);
      if (!count || *count > 1'000'000) {
        refuse(fmt::format("--retries={} is no number", retries->value));
      }
      check.retries = static_cast<int>(*count);
    }
  } else {
    refuse(fmt::format("HEALTHCHECK {} is neither CMD nor NONE", instruction.arguments.front()));
  }
  settings.config.healthcheck = std::move(check);
}

void set_stop_signal(const Instruction& instruction, Scope& scope, Settings& settings) {
  const std::string signal = scope.text(instruction.arguments.front());
  const bool plausible = !signal.empty() && signal.size() <= 16 &&
                         std::all_of(signal.begin(), signal.end(), [](char c) {
                           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                                  (c >= '0' && c <= '9') || c == '+' || c == '-';
                         });
  const auto number = text::find_number(signal);
  if (!plausible || (number && (*number == 0 || *number > 64))) {
    refuse(fmt::format("\"{}\" is no signal", signal), "write SIGTERM or its number");
  }
  settings.config.stop_signal = signal;
}

}  // namespace

std::string absolute_path(std::string_view path, const Config& config) {
  if (path.starts_with('/')) return clean_path(path);
  return clean_path(fmt::format("/{}/{}", config.working_dir, path));
}

void apply(const Instruction& instruction, Scope& scope, Settings& settings) {
  Config& config = settings.config;
  switch (instruction.command) {
    case Command::env:
      for (const auto& [name, value] : expanded_pairs(instruction, scope)) {
        scope.set_env(name, value, config);
      }
      return;
    case Command::label:
      for (auto& [name, value] : expanded_pairs(instruction, scope)) {
        config.labels[name] = value;
      }
      return;
    case Command::expose:
      for (const std::string& argument : instruction.arguments) {
        for (const std::string& spec : scope.words(argument)) {
          expose(spec, instruction.line, settings);
        }
      }
      return;
    case Command::user:
      config.user = scope.text(instruction.arguments.front());
      if (config.user.empty()) refuse("USER with an empty name");
      return;
    case Command::workdir:
      return set_work_dir(instruction, scope, settings);
    case Command::volume:
      for (const std::string& argument : instruction.arguments) {
        const std::string path = scope.text(argument);
        if (path.empty()) refuse("VOLUME with an empty path");
        config.volumes.insert(path);
      }
      return;
    case Command::stopsignal:
      return set_stop_signal(instruction, scope, settings);
    case Command::cmd:
      config.cmd = command_line(instruction, config);
      settings.has_cmd = true;
      return;
    case Command::entrypoint:
      config.entrypoint = command_line(instruction, config);
      if (!settings.has_cmd) config.cmd.clear();  // an inherited CMD was made for another program
      return;
    case Command::shell:
      config.shell = instruction.arguments;
      return;
    case Command::healthcheck:
      return set_healthcheck(instruction, settings);
    case Command::maintainer:
      config.author = scope.text(instruction.arguments.front());
      return;
    case Command::onbuild:
      config.on_build.push_back(instruction.arguments.front());
      return;
    default:
      return;
  }
}

}  // namespace dockerfile
