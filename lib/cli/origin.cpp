// SPDX-License-Identifier: Apache-2.0
#include "cli/origin.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/error.hpp"
#include "logging/secrets.hpp"
#include "text/nearest.hpp"
#include "text/split.hpp"

namespace cli {
namespace {

std::string key_of(const Options::Marked& marked) {
  if (!marked.mark.key.empty()) return marked.mark.key;
  return marked.option->get_single_name();
}

std::string shown_name(const CLI::Option& option) {
  return option.get_positional() ? option.get_single_name() : "--" + option.get_single_name();
}

void fill(CLI::Option& option, const std::vector<std::string>& values, const std::string& origin) {
  try {
    option.add_result(values);
    option.run_callback();
  } catch (const CLI::ParseError& error) {
    throw base::Error(base::Kind::usage,
                      fmt::format("read {} from {}: {}", shown_name(option), origin, error.what()));
  }
}

void refuse_untrusted(const Options::Marked& marked, const ConfigFile& file) {
  if (!marked.mark.trusted && !marked.mark.secret) return;
  throw base::Error(
      base::Kind::integrity,
      fmt::format("read {}: '{}' cannot be set by a file of the workspace", file.name,
                  key_of(marked)),
      fmt::format("give {} on the command line{}", shown_name(*marked.option),
                  marked.mark.env.empty() ? "" : fmt::format(" or as {}", marked.mark.env)));
}

// A key in the tool's own section that no option has is a slip; at the top it may be another
// tool's.
void refuse_unknown_keys(const Options& options, const ConfigFile& file) {
  std::vector<std::string> known;
  for (const auto& marked : options.marked()) known.push_back(key_of(marked));
  for (const auto& key : file.own_keys) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const auto near = text::nearest(key, known);
    throw base::Error(base::Kind::usage, fmt::format("read {}: unknown key '{}'", file.name, key),
                      near.empty() ? "" : fmt::format("did you mean '{}'?", near));
  }
}

}  // namespace

Origins resolve(const Options& options, const process::Environment& environment,
                const ConfigFile& file) {
  refuse_unknown_keys(options, file);
  Origins origins;
  for (const auto& marked : options.marked()) {
    auto& option = *marked.option;
    auto& origin = origins[shown_name(option)];
    const auto from_environment =
        marked.mark.env.empty() ? std::nullopt : environment(marked.mark.env);
    const auto from_file = file.values.find(key_of(marked));
    if (option.count() > 0) {
      origin = "command line";
    } else if (from_environment) {
      origin = "environment " + marked.mark.env;
      fill(option, {*from_environment}, origin);
    } else if (from_file != file.values.end()) {
      refuse_untrusted(marked, file);
      origin = file.name;
      fill(option, from_file->second, origin);
    } else {
      origin = "default";
      if (marked.mark.required) {
        throw base::Error(base::Kind::usage, fmt::format("{} is required", shown_name(option)),
                          fmt::format("give it on the command line{} or in stagecraft.yaml",
                                      marked.mark.env.empty() ? "" : ", as " + marked.mark.env));
      }
    }
    if (marked.mark.secret) {
      for (const auto& value : option.results()) logging::add_secret(value);
    }
  }
  return origins;
}

std::string explain(const Options& options, const Origins& origins) {
  std::string lines;
  for (const auto& marked : options.marked()) {
    const auto name = shown_name(*marked.option);
    const auto values = marked.option->results();
    std::string value = text::join(values, " ");
    if (values.empty()) value = marked.option->get_default_str();
    if (marked.mark.secret) value = values.empty() ? "unset" : "set";
    lines += fmt::format("{} = {}  ({})\n", name, value, origins.at(name));
  }
  for (const auto& line : options.explanations()) lines += line() + "\n";
  return lines;
}

}  // namespace cli
