// SPDX-License-Identifier: Apache-2.0
#include "docker-push/dockerfile_image.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "json/field.hpp"
#include "logging/log.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

using Strings = std::vector<std::string>;

constexpr std::int64_t nanoseconds = 1'000'000;  // of a millisecond
constexpr std::size_t longest_name = 60;

const json::Value* find_member(const oci::ImageConfig& config, std::string_view name) {
  const auto found = std::ranges::find(config.others, name, &json::Member::name);
  return found == config.others.end() ? nullptr : &found->value;
}

Strings strings_of(const json::Value* value) {
  Strings texts;
  if (value == nullptr || value->find_array() == nullptr) return texts;
  for (const json::Value& item : *value->find_array()) {
    if (const std::string* text = item.find_string()) texts.push_back(*text);
  }
  return texts;
}

json::Value array_of(const Strings& texts) {
  json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

std::chrono::milliseconds time_of(const json::Value& check, std::string_view name) {
  const json::Value* member = check.find(name);
  const std::int64_t* count = member == nullptr ? nullptr : member->find_int();
  return std::chrono::milliseconds(count == nullptr ? 0 : *count / nanoseconds);
}

std::optional<dockerfile::Healthcheck> healthcheck_of(const json::Value* value) {
  if (value == nullptr || value->find_object() == nullptr) return std::nullopt;
  dockerfile::Healthcheck check{.test = strings_of(value->find("Test")),
                                .interval = time_of(*value, "Interval"),
                                .timeout = time_of(*value, "Timeout"),
                                .start_period = time_of(*value, "StartPeriod"),
                                .start_interval = time_of(*value, "StartInterval")};
  const json::Value* retries = value->find("Retries");
  if (retries != nullptr && retries->find_int() != nullptr) {
    check.retries = static_cast<int>(*retries->find_int());
  }
  return check;
}

// As the engine writes it: Go's durations are nanoseconds, zeros are left out.
json::Value healthcheck_json(const dockerfile::Healthcheck& check) {
  json::Value value = json::Object{};
  const auto set_time = [&value](std::string_view name, std::chrono::milliseconds time) {
    if (time.count() != 0) value.set(name, std::int64_t{time.count()} * nanoseconds);
  };
  value.set("Test", array_of(check.test));
  set_time("Interval", check.interval);
  set_time("Timeout", check.timeout);
  set_time("StartPeriod", check.start_period);
  set_time("StartInterval", check.start_interval);
  if (check.retries != 0) value.set("Retries", check.retries);
  return value;
}

void set_other(oci::ImageConfig& config, const std::string& name, json::Value value) {
  std::erase_if(config.others, [&name](const json::Member& member) { return member.name == name; });
  if (!value.is_null()) config.others.push_back({name, std::move(value)});
  std::ranges::sort(config.others, {}, &json::Member::name);
}

void take_over(const dockerfile::Config& from, oci::ImageConfig& config) {
  config.env.clear();
  for (const auto& [name, value] : from.env) config.env.push_back(name + '=' + value);
  config.labels = from.labels;
  config.exposed_ports = from.exposed_ports;
  config.volumes = from.volumes;
  config.user = from.user;
  config.working_dir = from.working_dir;
  config.entrypoint = from.entrypoint;
  config.cmd = from.cmd;
  config.stop_signal = from.stop_signal;
  const auto list = [](const Strings& texts) {
    return texts.empty() ? json::Value() : array_of(texts);
  };
  set_other(config, "Shell", list(from.shell));
  set_other(config, "OnBuild", list(from.on_build));
  set_other(config, "Healthcheck",
            from.healthcheck ? healthcheck_json(*from.healthcheck) : json::Value());
}

// The base's own version, revision and so on say nothing of this image.
void set_labels(const std::map<std::string, std::string>& of_base,
                const oci::Annotations& annotations, oci::ImageConfig& config) {
  std::erase_if(config.labels, [&of_base](const auto& label) {
    const auto inherited = of_base.find(label.first);
    return label.first.starts_with(standard_prefix) && inherited != of_base.end() &&
           inherited->second == label.second;
  });
  for (const auto& [name, value] : annotations) config.labels.emplace(name, value);
}

void add_history(const BuiltStage& stage, const std::string& created, bool whole,
                 oci::ImageConfig& config) {
  if (!whole) config.history.clear();
  for (const BuiltStep& step : stage.steps) {
    if (!whole) return;
    config.history.push_back({.created = created,
                              .created_by = step.text,
                              .comment = "docker-push",
                              .empty_layer = step.files.empty()});
  }
}

constexpr std::string_view fat_jar = "FatJar";
constexpr std::string_view unpinned_base = "UnpinnedBase";

bool is_remedied(const dockerfile::Finding& finding, const Remedies& remedies) {
  return (finding.rule == fat_jar && remedies.layered) ||
         (finding.rule == unpinned_base && remedies.locked);
}

std::string fix_of(const dockerfile::Finding& finding, const Remedies& remedies) {
  if (remedies.offered && finding.rule == fat_jar) return "--layered, or " + finding.fix;
  if (remedies.offered && finding.rule == unpinned_base) return "--update-base, or " + finding.fix;
  return finding.fix;
}

std::string short_text(const std::string& text) {
  return text.size() <= longest_name ? text : text.substr(0, longest_name - 1) + "~";
}

}  // namespace

dockerfile::Config config_of(const oci::ImageConfig& config) {
  dockerfile::Config result{.labels = config.labels,
                            .exposed_ports = config.exposed_ports,
                            .volumes = config.volumes,
                            .user = config.user,
                            .working_dir = config.working_dir,
                            .entrypoint = config.entrypoint,
                            .cmd = config.cmd,
                            .shell = strings_of(find_member(config, "Shell")),
                            .stop_signal = config.stop_signal,
                            .healthcheck = healthcheck_of(find_member(config, "Healthcheck")),
                            .on_build = strings_of(find_member(config, "OnBuild"))};
  for (const std::string& variable : config.env) {
    const auto parts = text::cut(variable, "=");
    if (parts) result.env.emplace_back(parts->first, parts->second);
  }
  return result;
}

oci::Draft dockerfile_image(const dockerfile::Config& config, const BuiltStage& stage,
                            const Provenance& provenance, std::vector<oci::Layer> layers) {
  const auto& known = stage.files.base();
  const oci::BaseImage base = known ? *known : oci::BaseImage{};
  oci::ImageConfig result = base.config;
  if (!known) result.platform = stage.platform;
  take_over(config, result);
  result.created = provenance.created;
  const oci::Annotations annotations = annotations_of(provenance, base);
  set_labels(base.config.labels, annotations, result);
  const auto told = std::ranges::count(base.config.history, false, &oci::History::empty_layer);
  add_history(stage, provenance.created, static_cast<std::size_t>(told) == base.layers.size(),
              result);
  std::vector<oci::Layer> all = base.layers;
  std::ranges::move(layers, std::back_inserter(all));
  return {.layers = std::move(all), .config = std::move(result), .annotations = annotations};
}

std::vector<LayerFiles> layer_files(BuiltStage& stage) {
  std::vector<LayerFiles> layers;
  std::set<std::string> names;
  for (const BuiltStep& step : stage.steps) {
    if (step.files.empty()) continue;
    const std::string text = step.recipe ? step.recipe->name : short_text(step.text);
    std::string name = text;
    for (int i = 2; !names.insert(name).second; ++i) name = fmt::format("{} ({})", text, i);
    layers.push_back({.name = std::move(name), .files = step.files, .recipe = step.recipe});
  }
  return layers;
}

void report_findings(const dockerfile::Plan& plan, const dockerfile::Dockerfile& dockerfile,
                     const Remedies& remedies) {
  const dockerfile::Finding* first = nullptr;
  std::size_t errors = 0;
  for (const dockerfile::Finding& finding : plan.findings) {
    if (is_remedied(finding, remedies)) continue;
    const std::string fix = fix_of(finding, remedies);
    const std::string line =
        fmt::format("{}:{}: {} ({}){}{}", dockerfile.name, finding.line, finding.message,
                    finding.rule, fix.empty() ? "" : "; ", fix);
    switch (finding.severity) {
      case dockerfile::Severity::error:
        if (first == nullptr) first = &finding;
        if (++errors > 1) logging::error("{}", line);
        break;
      case dockerfile::Severity::warning:
        logging::warning("{}", line);
        break;
      case dockerfile::Severity::advice:
        logging::info("{}", line);
        break;
    }
  }
  if (first == nullptr) return;
  throw base::Error(base::Kind::integrity,
                    fmt::format("check {}: line {}: {} ({})", dockerfile.name, first->line,
                                first->message, first->rule),
                    first->fix);
}

bool copies_file(const dockerfile::Plan& plan, std::uint64_t size, const std::string& sha256) {
  for (const dockerfile::Stage& stage : plan.stages) {
    for (const dockerfile::Step& step : stage.steps) {
      const auto* copied = std::get_if<dockerfile::Copied>(&step.action);
      if (copied == nullptr) continue;
      for (const auto& [path, entry] : copied->entries) {
        const bool candidate = entry.header.kind == archives::TarKind::regular &&
                               entry.header.size == size && !entry.origin.file.empty();
        if (candidate && sha256_of(entry.origin) == sha256) return true;
      }
    }
  }
  return false;
}

}  // namespace docker_push
