// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/scope.hpp"

#include <utility>

namespace dockerfile {

void Scope::inherit(const Config& config) {
  for (std::size_t i = 0; i < config.env.size(); ++i) {
    visible_[config.env[i].first] = config.env[i].second;
    env_places_[config.env[i].first] = i;
  }
}

void Scope::set_arg(const std::string& name, const std::string& value) {
  if (!env_places_.contains(name)) visible_[name] = value;
}

void Scope::set_env(const std::string& name, const std::string& value, Config& config) {
  visible_[name] = value;
  const auto [found, added] = env_places_.emplace(name, config.env.size());
  if (added) {
    config.env.emplace_back(name, value);
  } else {
    config.env[found->second].second = value;
  }
}

Expansion Scope::run(std::string_view word, Quotes quotes) {
  Expansion result = expand(word, visible_, {.escape = escape_, .quotes = quotes});
  for (const std::string& name : result.undefined) {
    if (!declared_.contains(name)) undefined_.insert(name);
  }
  return result;
}

std::string Scope::text(std::string_view word, Quotes quotes) { return run(word, quotes).text; }

std::vector<std::string> Scope::words(std::string_view word) {
  return run(word, Quotes::removed).words;
}

std::set<std::string> Scope::take_undefined() { return std::exchange(undefined_, {}); }

std::vector<std::string> Scope::names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : visible_) names.push_back(name);
  return names;
}

}  // namespace dockerfile
