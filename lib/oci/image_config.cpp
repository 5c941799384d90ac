// SPDX-License-Identifier: Apache-2.0
#include "oci/image_config.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/error.hpp"
#include "oci/digest.hpp"

namespace oci {
namespace {

std::vector<std::string> strings(const json::Field& field) {
  std::vector<std::string> values;
  for (const json::Field& item : field.items()) values.push_back(item.string());
  return values;
}

// {"8080/tcp": {}}: Go's way to write a set.
std::set<std::string> member_names(const json::Field& field) {
  std::set<std::string> names;
  if (!field.exists()) return names;
  if (const json::Object* object = field.value().find_object()) {
    for (const json::Member& member : *object) names.insert(member.name);
  }
  return names;
}

json::Value array_of(const std::vector<std::string>& values) {
  json::Array array;
  for (const std::string& value : values) array.emplace_back(value);
  return array;
}

json::Value set_of(const std::set<std::string>& names) {
  json::Object object;
  for (const std::string& name : names) object.push_back({name, json::Object{}});
  return object;
}

void set_unless_empty(json::Value& object, std::string_view name, const std::string& value) {
  if (!value.empty()) object.set(name, value);
}

constexpr std::array known_members{"User",    "ExposedPorts", "Env",    "Entrypoint", "Cmd",
                                   "Volumes", "WorkingDir",   "Labels", "StopSignal"};

// What Docker adds to the specification's members, sorted; nulls say nothing.
json::Object other_members(const json::Field& field) {
  json::Object others;
  if (!field.exists()) return others;
  if (const json::Object* object = field.value().find_object()) {
    std::ranges::copy_if(*object, std::back_inserter(others), [](const json::Member& member) {
      return !member.value.is_null() &&
             std::ranges::find(known_members, member.name) == known_members.end();
    });
  }
  std::ranges::sort(others, {}, &json::Member::name);
  return others;
}

json::Value container_part(const ImageConfig& config) {
  json::Value part = json::Object{};
  set_unless_empty(part, "User", config.user);
  if (!config.exposed_ports.empty()) part.set("ExposedPorts", set_of(config.exposed_ports));
  if (!config.env.empty()) part.set("Env", array_of(config.env));
  if (!config.entrypoint.empty()) part.set("Entrypoint", array_of(config.entrypoint));
  if (!config.cmd.empty()) part.set("Cmd", array_of(config.cmd));
  if (!config.volumes.empty()) part.set("Volumes", set_of(config.volumes));
  set_unless_empty(part, "WorkingDir", config.working_dir);
  if (!config.labels.empty()) {
    json::Object labels;
    for (const auto& [name, value] : config.labels) labels.push_back({name, value});
    part.set("Labels", std::move(labels));
  }
  set_unless_empty(part, "StopSignal", config.stop_signal);
  for (const json::Member& member : config.others) part.set(member.name, member.value);
  return part;
}

json::Value history_part(const std::vector<History>& history) {
  json::Array entries;
  for (const History& step : history) {
    json::Value entry = json::Object{};
    set_unless_empty(entry, "created", step.created);
    set_unless_empty(entry, "created_by", step.created_by);
    set_unless_empty(entry, "comment", step.comment);
    if (step.empty_layer) entry.set("empty_layer", true);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

void ImageConfig::set_env(std::string_view name, std::string_view value) {
  const std::string prefix = fmt::format("{}=", name);
  std::erase_if(env, [&prefix](const std::string& entry) { return entry.starts_with(prefix); });
  env.push_back(prefix + std::string(value));
}

ImageConfig parse_image_config(std::string_view text, std::string_view what) {
  const json::Value document = json::parse(text, what);
  const json::Field root(document, what);
  const json::Field part = root["config"];
  ImageConfig config{.created = root["created"].maybe_string().value_or(""),
                     .platform = {.os = root["os"].string(),
                                  .architecture = root["architecture"].string(),
                                  .variant = root["variant"].maybe_string().value_or("")},
                     .user = part["User"].maybe_string().value_or(""),
                     .exposed_ports = member_names(part["ExposedPorts"]),
                     .env = strings(part["Env"]),
                     .entrypoint = strings(part["Entrypoint"]),
                     .cmd = strings(part["Cmd"]),
                     .volumes = member_names(part["Volumes"]),
                     .working_dir = part["WorkingDir"].maybe_string().value_or(""),
                     .labels = {},
                     .stop_signal = part["StopSignal"].maybe_string().value_or(""),
                     .others = other_members(part),
                     .diff_ids = strings(root["rootfs"]["diff_ids"])};
  for (const std::string& label : member_names(part["Labels"])) {
    config.labels[label] = part["Labels"][label].maybe_string().value_or("");
  }
  for (const std::string& diff_id : config.diff_ids) {
    if (!is_digest(diff_id)) {
      throw base::Error(base::Kind::integrity,
                        fmt::format("read {}: diff id '{}' is no sha256 digest", what, diff_id));
    }
  }
  for (const json::Field& step : root["history"].items()) {
    config.history.push_back({.created = step["created"].maybe_string().value_or(""),
                              .created_by = step["created_by"].maybe_string().value_or(""),
                              .comment = step["comment"].maybe_string().value_or(""),
                              .empty_layer = step["empty_layer"].maybe_boolean().value_or(false)});
  }
  return config;
}

std::string write_image_config(const ImageConfig& config) {
  json::Value document = json::Object{};
  set_unless_empty(document, "created", config.created);
  document.set("architecture", config.platform.architecture);
  document.set("os", config.platform.os);
  set_unless_empty(document, "variant", config.platform.variant);
  document.set("config", container_part(config));
  document.set("rootfs",
               json::object({{"type", "layers"}, {"diff_ids", array_of(config.diff_ids)}}));
  if (!config.history.empty()) document.set("history", history_part(config.history));
  return json::write(document);
}

}  // namespace oci
