// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/expand.hpp"
#include "dockerfile/plan.hpp"

namespace dockerfile {

// The variables that a stage's instructions see: ENV hides an ARG of the same name.
class Scope {
 public:
  explicit Scope(char escape) : escape_(escape) {}

  void inherit(const Config& config);  // the environment of the base
  void set_arg(const std::string& name, const std::string& value);
  void declare(const std::string& name) { declared_.insert(name); }  // ARG without a value
  void set_env(const std::string& name, const std::string& value, Config& config);

  std::string text(std::string_view word, Quotes quotes = Quotes::removed);
  std::vector<std::string> words(std::string_view word);

  // Undefined variables met since the last call.
  std::set<std::string> take_undefined();
  std::vector<std::string> names() const;

 private:
  Expansion run(std::string_view word, Quotes quotes);

  char escape_;
  Variables visible_;
  std::map<std::string, std::size_t, std::less<>> env_places_;  // in Config::env
  std::set<std::string> declared_;
  std::set<std::string> undefined_;
};

}  // namespace dockerfile
