// SPDX-License-Identifier: Apache-2.0
//
// appspec.yml for EC2, read as the CodeDeploy agent reads it.
//
// The agent is Ruby, so a plain scalar means what YAML 1.1 says it means: 0644 is the number 420,
// 1:30 is 5400. What it ignores (unknown keys, the first of two equal keys, a second document) is
// ignored here, what it rejects is rejected; linter.hpp tells of both. Explicit tags and merge
// keys, which it would follow, are rejected too.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace appspec {

struct Script {
  std::string location;  // as written
  std::chrono::seconds timeout{3600};
  std::string runas{};  // empty: the agent's own user
  bool sudo = false;
  int line = 0;  // of its list item, from 1
};

struct FileRule {
  std::string source;
  std::string destination;
  int line = 0;
};

enum class ObjectType { file, directory };

struct PermissionRule {
  std::string object;
  std::string pattern = "**";
  std::vector<std::string> except{};
  std::string owner{};
  std::string group{};
  std::optional<unsigned> mode{};
  std::vector<ObjectType> types{ObjectType::file, ObjectType::directory};
  int line = 0;
};

enum class FileExists { disallow, overwrite, retain };

struct Spec {
  std::vector<FileRule> files{};
  std::vector<PermissionRule> permissions{};
  std::map<std::string, std::vector<Script>> hooks{};  // by lifecycle event, unknown names too
  std::optional<FileExists> file_exists{};

  // The event's scripts in their order; empty when it has none.
  const std::vector<Script>& scripts(std::string_view event) const;
};

// `what` names the document in errors. Throws integrity, with the line, for what the agent rejects.
Spec parse(std::string_view text, std::string_view what = "appspec.yml");

// The name in the bundle that a location means: the agent joins it to the archive's path, so a
// leading "/" or "./" changes nothing.
std::string path_in_bundle(std::string_view location);

struct MissingScript {
  std::string event;
  std::string location;  // as written
  int line = 0;
};

// The scripts that hooks name and that are not among the bundle's files ("scripts/start.sh").
std::vector<MissingScript> missing_scripts(const Spec& spec, const std::set<std::string>& files);

// DISALLOW, OVERWRITE, RETAIN; absent for anything else, other cases included.
std::optional<FileExists> find_file_exists(std::string_view name);

}  // namespace appspec
