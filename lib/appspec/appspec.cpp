// SPDX-License-Identifier: Apache-2.0
#include "appspec/appspec.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "appspec/plain_scalar.hpp"
#include "appspec/source_text.hpp"
#include "base/error.hpp"
#include "text/split.hpp"
#include "yaml/yaml.hpp"

namespace appspec {
namespace {

using yaml::Node;
using yaml::NodeKind;

class Reader {
 public:
  explicit Reader(std::string_view what) : what_(what) {}

  Spec read(const Node& root) const {
    if (root.kind != NodeKind::map) refuse(root, "expected a map with version, os and hooks");
    refuse_dates(root);
    check_version(root);
    check_os(root);
    Spec spec;
    spec.file_exists = file_exists(root);
    for (const auto& item : list(root, "files")) spec.files.push_back(file_rule(item));
    for (const auto& item : list(root, "permissions")) {
      spec.permissions.push_back(permission_rule(item));
    }
    spec.hooks = hooks(root);
    return spec;
  }

 private:
  [[noreturn]] void refuse(const Node& node, std::string_view why,
                           std::string_view hint = {}) const {
    throw base::Error(base::Kind::integrity,
                      fmt::format("parse {}: line {}: {}", what_, node.place.line, why),
                      std::string(hint));
  }

  void refuse_dates(const Node& node) const {
    if (is_date(node)) {
      refuse(node, fmt::format("{} is a date, which the agent does not load", node.text),
             "put it in quotes");
    }
    for (const auto& item : node.items) refuse_dates(item);
    for (const auto& [name, value] : node.members) refuse_dates(value);
  }

  void check_version(const Node& root) const {
    const auto* version = root.find("version");
    if (version == nullptr) refuse(root, "version is missing", "write 'version: 0.0'");
    const auto integer = find_integer(*version);
    const auto number =
        integer ? std::optional(static_cast<double>(*integer)) : find_float(*version);
    if (!number || *number != 0.0) {
      refuse(*version, fmt::format("version {} is not 0.0", shown(*version)),
             "write 'version: 0.0' without quotes");
    }
  }

  void check_os(const Node& root) const {
    const auto* os = root.find("os");
    if (os == nullptr) refuse(root, "os is missing", "write 'os: linux'");
    if (os->kind != NodeKind::scalar || os->text != "linux") {
      refuse(*os, fmt::format("os {} is not linux", shown(*os)), "write 'os: linux'");
    }
  }

  std::optional<FileExists> file_exists(const Node& root) const {
    const auto* node = root.find("file_exists_behavior");
    if (node == nullptr || node->kind == NodeKind::null) return std::nullopt;
    const auto behaviour = find_file_exists(node->text);
    if (!behaviour) {
      refuse(*node, fmt::format("file_exists_behavior {} is unknown", shown(*node)),
             "DISALLOW, OVERWRITE or RETAIN, in upper case");
    }
    return behaviour;
  }

  const std::vector<Node>& list(const Node& parent, std::string_view name) const {
    static const std::vector<Node> none;
    const auto* node = parent.find(name);
    if (node == nullptr || node->kind == NodeKind::null) return none;
    if (node->kind != NodeKind::list) refuse(*node, fmt::format("{} is not a list", name));
    return node->items;
  }

  // A required member with some text.
  const Node& member(const Node& item, std::string_view name, std::string_view of) const {
    if (item.kind != NodeKind::map) refuse(item, fmt::format("expected a map with {}", name));
    const auto* node = item.find(name);
    if (node == nullptr || node->kind != NodeKind::scalar || node->text.empty()) {
      refuse(item, fmt::format("{} has no {}", of, name),
             "each list item starts with one dash, its other keys align below the first");
    }
    return *node;
  }

  std::string text_or(const Node& item, std::string_view name, std::string_view fallback) const {
    const auto* node = item.find(name);
    if (node == nullptr || node->kind == NodeKind::null) return std::string(fallback);
    if (node->kind != NodeKind::scalar) refuse(*node, fmt::format("{} is not a scalar", name));
    return to_ruby_string(*node);
  }

  FileRule file_rule(const Node& item) const {
    return {.source = member(item, "source", "a file").text,
            .destination = member(item, "destination", "a file").text,
            .line = item.place.line};
  }

  PermissionRule permission_rule(const Node& item) const {
    PermissionRule rule{.object = member(item, "object", "a permission").text,
                        .pattern = text_or(item, "pattern", "**"),
                        .owner = text_or(item, "owner", ""),
                        .group = text_or(item, "group", ""),
                        .line = item.place.line};
    for (const auto& except : list(item, "except")) rule.except.push_back(to_ruby_string(except));
    if (const auto* mode = item.find("mode"); mode && mode->kind != NodeKind::null) {
      rule.mode = mode_of(*mode);
    }
    if (const auto& types = list(item, "type"); !types.empty()) {
      rule.types.clear();
      for (const auto& type : types) rule.types.push_back(type_of(type));
    }
    return rule;
  }

  ObjectType type_of(const Node& node) const {
    if (node.text == "file") return ObjectType::file;
    if (node.text == "directory") return ObjectType::directory;
    refuse(node, fmt::format("type {} is neither file nor directory", shown(node)));
  }

  unsigned mode_of(const Node& node) const {
    const auto digits = to_ruby_string(node);
    if (digits.empty() || digits.size() > 4 ||
        digits.find_first_not_of("01234567") != std::string::npos) {
      refuse(node,
             fmt::format("mode {} is {} to the agent, which is no file mode", shown(node), digits),
             "quote it or drop the leading zero: '0755' or 755");
    }
    return static_cast<unsigned>(std::stoul(digits, nullptr, 8));
  }

  std::map<std::string, std::vector<Script>> hooks(const Node& root) const {
    std::map<std::string, std::vector<Script>> result;
    const auto* hooks = root.find("hooks");
    if (hooks == nullptr || hooks->kind == NodeKind::null) return result;
    if (hooks->kind != NodeKind::map) refuse(*hooks, "hooks is not a map of lifecycle events");
    for (const auto& [event, scripts] : hooks->members) {
      if (scripts.kind != NodeKind::list) {
        refuse(scripts.place.line > 0 ? scripts : *hooks,
               fmt::format("hook {} is not a list of scripts", event));
      }
      auto& of_event = result[event];
      for (const auto& item : scripts.items) of_event.push_back(script(event, item));
    }
    return result;
  }

  Script script(const std::string& event, const Node& item) const {
    Script result{.location = member(item, "location", fmt::format("a script of {}", event)).text,
                  .runas = text_or(item, "runas", ""),
                  .line = item.place.line};
    if (const auto* timeout = item.find("timeout");
        timeout && timeout->kind != NodeKind::null && find_boolean(*timeout) != false) {
      const auto seconds = to_ruby_integer(*timeout);
      if (seconds <= 0) {
        refuse(*timeout, fmt::format("timeout {} of {} is no positive number of seconds",
                                     shown(*timeout), result.location));
      }
      result.timeout = std::chrono::seconds(std::min<std::int64_t>(seconds, 1'000'000'000));
    }
    // Whatever is neither absent nor false is true to Ruby, "no" in quotes included.
    const auto* sudo = item.find("sudo");
    result.sudo =
        sudo != nullptr && sudo->kind != NodeKind::null && find_boolean(*sudo).value_or(true);
    return result;
  }

  static std::string shown(const Node& node) {
    if (node.kind == NodeKind::null) return "(empty)";
    if (node.kind != NodeKind::scalar) return "(not a scalar)";
    return node.quoted ? fmt::format("'{}'", node.text) : node.text;
  }

  std::string_view what_;
};

}  // namespace

const std::vector<Script>& Spec::scripts(std::string_view event) const {
  static const std::vector<Script> none;
  const auto found = hooks.find(std::string(event));
  return found == hooks.end() ? none : found->second;
}

Spec parse(std::string_view text, std::string_view what) {
  if (text.starts_with(byte_order_mark)) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("parse {}: line 1: it begins with a byte order mark", what),
                      "save it as UTF-8 without BOM");
  }
  const auto document = yaml::read(text);
  const auto refuse = [&](const yaml::Place& place, std::string_view why) {
    throw base::Error(base::Kind::integrity,
                      place.line == 0 ? fmt::format("parse {}: {}", what, why)
                                      : fmt::format("parse {}: line {} column {}: {}", what,
                                                    place.line, place.column, why));
  };
  for (const auto& note : document.notes) {
    using yaml::NoteKind;
    if (note.kind == NoteKind::alias) refuse(note.place, "an alias, which the agent does not load");
    if (note.kind == NoteKind::tag) refuse(note.place, "a tag is not read here");
    if (note.kind == NoteKind::merge_key) refuse(note.place, "a merge key is not read here");
  }
  if (document.problem) refuse(document.problem->place, document.problem->message);
  return Reader(what).read(document.root);
}

std::string path_in_bundle(std::string_view location) {
  std::vector<std::string> parts;
  for (const auto part : text::split(location, '/')) {
    if (!part.empty() && part != ".") parts.emplace_back(part);
  }
  return text::join(parts, "/");
}

std::vector<MissingScript> missing_scripts(const Spec& spec, const std::set<std::string>& files) {
  std::vector<MissingScript> missing;
  for (const auto& [event, scripts] : spec.hooks) {
    for (const auto& script : scripts) {
      if (!files.contains(path_in_bundle(script.location))) {
        missing.push_back({.event = event, .location = script.location, .line = script.line});
      }
    }
  }
  return missing;
}

std::optional<FileExists> find_file_exists(std::string_view name) {
  if (name == "DISALLOW") return FileExists::disallow;
  if (name == "OVERWRITE") return FileExists::overwrite;
  if (name == "RETAIN") return FileExists::retain;
  return std::nullopt;
}

}  // namespace appspec
