// SPDX-License-Identifier: Apache-2.0
#include "cli/config_file.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "file/file.hpp"
#include "yaml/yaml.hpp"

namespace cli {
namespace {

std::vector<std::string> values_of(const std::string& key, const yaml::Node& node,
                                   const std::string& file) {
  const auto refuse = [&](const yaml::Node& at) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read {}: line {}: '{}' takes a value or a list of values", file,
                                  at.place.line, key));
  };
  std::vector<std::string> values;
  if (node.kind == yaml::NodeKind::scalar) {
    values.push_back(node.text);
  } else if (node.kind == yaml::NodeKind::list) {
    for (const auto& item : node.items) {
      if (item.kind != yaml::NodeKind::scalar) refuse(item);
      values.push_back(item.text);
    }
  } else {
    refuse(node);
  }
  return values;
}

}  // namespace

ConfigFile read_config_file(const std::filesystem::path& path, std::string_view tool,
                            bool required) {
  const auto content = file::find(path, 1U << 20U);
  if (!content) {
    if (!required) return {};
    throw base::Error(base::Kind::usage, fmt::format("read {}: no such file", path.string()),
                      "check --config");
  }
  ConfigFile config{.name = path.string()};
  const auto root = yaml::parse(*content, path.string());
  if (root.kind == yaml::NodeKind::null) return config;
  if (root.kind != yaml::NodeKind::map) {
    throw base::Error(base::Kind::integrity, fmt::format("read {}: not a map", path.string()));
  }
  const yaml::Node* section = nullptr;
  for (const auto& [key, node] : root.members) {
    // Maps are tools' sections; those of other tools are theirs to read.
    if (node.kind == yaml::NodeKind::map) {
      if (key == tool) section = &node;
    } else if (node.kind != yaml::NodeKind::null) {
      config.values[key] = values_of(key, node, config.name);
    }
  }
  if (section == nullptr) return config;
  for (const auto& [key, node] : section->members) {
    config.own_keys.insert(key);
    if (node.kind != yaml::NodeKind::null) config.values[key] = values_of(key, node, config.name);
  }
  return config;
}

}  // namespace cli
