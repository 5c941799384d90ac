// SPDX-License-Identifier: Apache-2.0
#include "build-jar/build_run.hpp"

#include <fmt/core.h>
#include <signal.h>

#include "build-jar/build_output.hpp"
#include "logging/log.hpp"
#include "process/descendants.hpp"
#include "text/human.hpp"
#include "text/split.hpp"

namespace build_jar {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds abort_window{500};
// For what the end of the group left over. With the group's own grace time all is gone well within
// the four seconds that an aborted build has.
constexpr milliseconds orphan_grace{500};
constexpr int shell_offset = 128;  // a JVM ended by a signal exits with 128 + signal itself

bool ended_by(const process::Exit& exit, int signal) {
  return exit.signal == signal || exit.code == shell_offset + signal;
}

std::string program_of(const BuildCall& call) {
  return std::filesystem::path(call.argv.at(0)).filename().string();
}

void end_leftovers(bool interrupted) {
  const auto met = process::end_descendants(orphan_grace);
  if (met.empty() || interrupted) return;
  std::vector<std::string> names;
  for (const auto& left : met) names.push_back(fmt::format("{} ({})", left.command, left.pid));
  logging::warning("ended what the build left running: {}", text::join(names, ", "));
}

}  // namespace

BuildEnd run_build(const BuildCall& call, timing::Clock& clock, std::stop_token stop) {
  process::adopt_orphans();
  BuildOutput output(clock);
  const process::Command command{
      .argv = call.argv, .environment = call.environment, .directory = call.directory};
  const process::RunOptions options{
      .on_line = [&](process::Stream, std::string_view line) { output.take(line); },
      .limit = call.limit};
  Ended ended;
  ended.result = process::run(command, stop, options);
  const auto& exit = ended.result.exit;
  if (ended_by(exit, SIGTERM) || ended_by(exit, SIGINT)) {
    clock.sleep_for(abort_window, stop);
  }
  ended.stop_came = stop.stop_requested();
  end_leftovers(ended.stop_came);
  ended.finding = output.finding();
  ended.task = output.task();
  if (const auto error = find_error(call, ended)) {
    if (!ended.stop_came && logging::level() < logging::Level::info) {
      logging::line(logging::Level::error, "last lines of the build:\n" + output.last_lines());
    }
    throw *error;
  }
  return {.boot_jar_is_current = output.boot_jar_is_current()};
}

std::optional<base::Error> find_error(const BuildCall& call, const Ended& ended) {
  const auto doing = "build with " + program_of(call);
  const auto& [exit, ending] = ended.result;
  const auto at = ended.task.empty() ? "" : " at " + ended.task;
  if (ending == process::Ending::stopped ||
      (ended.stop_came && (ended_by(exit, SIGTERM) || ended_by(exit, SIGINT)))) {
    return base::Error(base::Kind::unavailable, fmt::format("{}: interrupted{}", doing, at));
  }
  if (ending == process::Ending::timed_out) {
    return base::Error(
        base::Kind::timed_out,
        fmt::format("{}: no end after {}{}", doing, text::human_duration(call.limit), at),
        "look at what it hangs on, or raise --timeout");
  }
  if (exit.ok()) return std::nullopt;
  if (const auto& finding = ended.finding) {
    return base::Error(finding->failure->kind,
                       fmt::format("{}: {}: {} ({})", doing, finding->failure->cause,
                                   finding->evidence, process::describe(exit)),
                       std::string(finding->failure->hint));
  }
  if (ended_by(exit, SIGKILL)) {
    return base::Error(base::Kind::environment,
                       fmt::format("{}: {}{}", doing, process::describe(exit), at),
                       "it was most likely killed for lack of memory: lower -Xmx or free memory");
  }
  return base::Error(base::Kind::refused,
                     fmt::format("{}: {}{}", doing, process::describe(exit), at),
                     "the build's own lines above tell why");
}

}  // namespace build_jar
