// SPDX-License-Identifier: Apache-2.0
#include "oci/mirrors.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "file/file.hpp"
#include "json/field.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

std::string host_of(std::string_view location) {
  return std::string(location.substr(0, location.find('/')));
}

// "*.example.com" matches hosts of any depth below; other prefixes end at a '/' or at the end.
bool matches(std::string_view prefix, std::string_view name) {
  if (prefix.starts_with("*.")) {
    const std::string_view host = name.substr(0, name.find('/'));
    return host.size() > prefix.size() - 1 && host.ends_with(prefix.substr(1));
  }
  return name.starts_with(prefix) &&
         (name.size() == prefix.size() || name[prefix.size()] == '/' || prefix.ends_with('/'));
}

PullSource source_of(std::string_view name, bool plain_http) {
  const auto parts = text::cut(name, "/");
  if (!parts) return {.registry = std::string(name), .repository = {}, .plain_http = plain_http};
  return {.registry = std::string(parts->first),
          .repository = std::string(parts->second),
          .plain_http = plain_http};
}

bool serves(const Mirror& mirror, bool by_digest, bool digest_only) {
  const PullFrom from = digest_only ? PullFrom::digest_only : mirror.pull_from;
  return from == PullFrom::all || (from == PullFrom::digest_only) == by_digest;
}

}  // namespace

const MirrorRule* Mirrors::find_rule(std::string_view name) const {
  const MirrorRule* best = nullptr;
  for (const MirrorRule& rule : rules_) {
    if (!matches(rule.prefix, name)) continue;
    if (best == nullptr || rule.prefix.size() > best->prefix.size()) best = &rule;
  }
  return best;
}

std::vector<PullSource> Mirrors::sources(const std::string& registry, const std::string& repository,
                                         bool by_digest) const {
  const std::string name = registry + '/' + repository;
  const PullSource own{.registry = registry, .repository = repository};
  const MirrorRule* rule = find_rule(name);
  if (rule == nullptr) return {own};
  if (rule->blocked) {
    throw base::Error(base::Kind::refused,
                      fmt::format("pull {}: {} blocks {}", name, rule->origin, rule->prefix));
  }
  const bool is_pattern = rule->prefix.starts_with("*.");
  const std::size_t cut = is_pattern ? registry.size() : rule->prefix.size();
  const std::string rest = name.substr(cut);
  std::vector<PullSource> sources;
  for (const Mirror& mirror : rule->mirrors) {
    if (!serves(mirror, by_digest, rule->digest_only)) continue;
    sources.push_back(source_of(mirror.location + rest, mirror.insecure));
  }
  const bool moved = !rule->location.empty() && rule->location != rule->prefix;
  sources.push_back(moved ? source_of(rule->location + rest, rule->insecure) : own);
  return sources;
}

std::vector<std::string> Mirrors::plain_http_hosts() const {
  std::vector<std::string> hosts;
  for (const MirrorRule& rule : rules_) {
    const std::string& own = rule.location.empty() ? rule.prefix : rule.location;
    if (rule.insecure && !own.starts_with('*')) hosts.push_back(host_of(own));
    for (const Mirror& mirror : rule.mirrors) {
      if (mirror.insecure) hosts.push_back(host_of(mirror.location));
    }
  }
  return hosts;
}

std::vector<MirrorRule> parse_daemon_mirrors(std::string_view text, const std::string& name) {
  MirrorRule rule{.prefix = "docker.io", .origin = name};
  try {
    const json::Value document = json::parse(text, name);
    for (const json::Field& mirror : json::Field(document, name)["registry-mirrors"].items()) {
      std::string_view location = mirror.string();
      const bool plain = location.starts_with("http://");
      if (const auto parts = text::cut(location, "://")) location = parts->second;
      while (location.ends_with('/')) location.remove_suffix(1);
      if (location.empty()) continue;
      rule.mirrors.push_back({.location = std::string(location), .insecure = plain});
    }
  } catch (const base::Error& error) {
    throw base::Error(base::Kind::environment, error.message(), "mend the Docker daemon's file");
  }
  if (rule.mirrors.empty()) return {};
  return {rule};
}

namespace {

void add_file(const std::filesystem::path& path, std::vector<MirrorRule>& rules) {
  const auto text = file::find(path);
  if (!text) return;
  for (MirrorRule& rule : parse_registries_conf(*text, path)) {
    std::erase_if(rules, [&rule](const MirrorRule& old) { return old.prefix == rule.prefix; });
    rules.push_back(std::move(rule));
  }
}

// The files of a folder in the order of their names, each replacing what came before for the same
// prefix.
void add_folder(const std::filesystem::path& folder, std::vector<MirrorRule>& rules) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".conf") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  for (const auto& path : paths) add_file(path, rules);
}

}  // namespace

Mirrors find_mirrors(const process::Environment& environment, const std::filesystem::path& etc) {
  std::vector<MirrorRule> rules;
  std::filesystem::path config;
  if (const auto folder = environment("XDG_CONFIG_HOME")) {
    config = *folder;
  } else if (const auto home = environment("HOME")) {
    config = std::filesystem::path(*home) / ".config";
  }
  if (const auto given = environment("CONTAINERS_REGISTRIES_CONF")) {
    add_file(*given, rules);
  } else {
    const auto own = config / "containers/registries.conf";
    const bool has_own = !config.empty() && std::filesystem::exists(own);
    add_file(has_own ? own : etc / "containers/registries.conf", rules);
    add_folder(etc / "containers/registries.conf.d", rules);
    if (!config.empty()) add_folder(config / "containers/registries.conf.d", rules);
  }
  const bool has_hub =
      std::ranges::any_of(rules, [](const MirrorRule& rule) { return rule.prefix == "docker.io"; });
  if (has_hub) return Mirrors(std::move(rules));
  for (const auto& path : {config / "docker/daemon.json", etc / "docker/daemon.json"}) {
    const auto text = path.is_absolute() ? file::find(path) : std::nullopt;
    if (!text) continue;
    for (MirrorRule& rule : parse_daemon_mirrors(*text, path)) rules.push_back(std::move(rule));
    break;
  }
  return Mirrors(std::move(rules));
}

}  // namespace oci
