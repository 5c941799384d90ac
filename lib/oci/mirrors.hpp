// SPDX-License-Identifier: Apache-2.0
//
// Where images may be pulled from instead of the registry they name: registries.conf (version 2) of
// the containers tools, and the Docker daemon's registry-mirrors, which stand for Docker Hub alone.
// Pushes never go to a mirror.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "process/environment.hpp"

namespace oci {

struct PullSource {
  std::string registry;
  std::string repository;
  bool plain_http = false;

  bool operator==(const PullSource&) const = default;
};

enum class PullFrom { all, digest_only, tag_only };

struct Mirror {
  std::string location{};  // host[:port][/path]
  bool insecure = false;   // asked by plain http; certificates are verified always
  PullFrom pull_from = PullFrom::all;
};

// One [[registry]] table.
struct MirrorRule {
  std::string prefix{};    // host[:port][/path] or *.example.com
  std::string location{};  // takes the place of the prefix; empty: the prefix itself
  bool insecure = false;
  bool blocked = false;
  bool digest_only = false;  // mirror-by-digest-only, for all its mirrors
  std::vector<Mirror> mirrors{};
  std::string origin{};  // the file, for messages
};

class Mirrors {
 public:
  Mirrors() = default;
  explicit Mirrors(std::vector<MirrorRule> rules) : rules_(std::move(rules)) {}

  // In the order to try, the image's own place last. Throws refused when a rule blocks it.
  std::vector<PullSource> sources(const std::string& registry, const std::string& repository,
                                  bool by_digest) const;

  // Every "host[:port]" that is to be asked by plain http.
  std::vector<std::string> plain_http_hosts() const;

 private:
  const MirrorRule* find_rule(std::string_view name) const;

  std::vector<MirrorRule> rules_;
};

// The rules of a registries.conf: strings, booleans and the tables [[registry]] and
// [[registry.mirror]]; other keys and tables are passed over. Throws environment with name and
// line.
std::vector<MirrorRule> parse_registries_conf(std::string_view text, const std::string& name);

// The rules of a daemon.json.
std::vector<MirrorRule> parse_daemon_mirrors(std::string_view text, const std::string& name);

// From CONTAINERS_REGISTRIES_CONF, or the user's registries.conf, or the system's, with the files
// in registries.conf.d beside it; and Docker's daemon.json. `etc` is /etc.
Mirrors find_mirrors(const process::Environment& environment,
                     const std::filesystem::path& etc = "/etc");

}  // namespace oci
