// SPDX-License-Identifier: Apache-2.0
//
// The one shape of all tools: declare options, resolve them (command line > environment >
// stagecraft.yaml > default), run the step, print its result, end with the right code.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.hpp"
#include "timing/clock.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace cli {

// Where else an option's value may come from, and how it is treated.
struct Mark {
  std::string env{};      // environment variable; an empty value counts as unset
  std::string key{};      // key in stagecraft.yaml; empty: the option's long name
  bool required = false;  // checked after environment and file were asked
  bool secret = false;    // masked everywhere, --explain says only set or unset
  // A file found in the workspace cannot set it: a pull request must not redirect credentials,
  // choose endpoints or name programs to run.
  bool trusted = false;
};

// Declares options of one tool. Hand each option that CLI11 made to mark().
class Options {
 public:
  explicit Options(CLI::App& app) : app_(&app) {}
  CLI::App& app() const { return *app_; }
  CLI::Option* mark(CLI::Option* option, Mark mark);

  // A line of --explain about what follows from options and surroundings, without secrets. It is
  // made when --explain asks, after the options are resolved, and must change and send nothing.
  void add_explanation(std::function<std::string()> line);

  struct Marked {
    CLI::Option* option;
    Mark mark;
  };
  const std::vector<Marked>& marked() const { return marked_; }
  const std::vector<std::function<std::string()>>& explanations() const { return explanations_; }

 private:
  CLI::App* app_;
  std::vector<Marked> marked_;
  std::vector<std::function<std::string()>> explanations_;
};

// What every step gets.
struct Context {
  std::stop_token stop;
  timing::Clock& clock;
  bool dry_run = false;
  std::string release;   // path of the release record
  std::string config{};  // path of the settings file, there or not
};

// What a step gives back. `text` is the one line for people and pipes, `json` the same for
// machines.
struct Result {
  std::string text{};
  json::Value json{};
  int exit_code = 0;
};

enum class Shape {
  stage,  // has --release, --dry-run, --output
  plain   // has none of them (deploy-sandbox)
};

struct Tool {
  std::string name;
  std::string summary;                // one sentence, imperative, no full stop
  std::vector<std::string> examples;  // at least three complete command lines
  std::function<void(Options& options)> declare;
  std::function<Result(const Context& context)> step;
  Shape shape = Shape::stage;
};

// The main of every tool; never throws. Signals stop the step and then end the process.
int run(int argc, char** argv, const Tool& tool);

}  // namespace cli
