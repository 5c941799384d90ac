// SPDX-License-Identifier: Apache-2.0
#include "sandbox/agent/hook_runner.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <optional>
#include <system_error>

#include "base/error.hpp"
#include "file/file.hpp"
#include "process/child.hpp"
#include "sandbox/agent/deployment_root.hpp"
#include "sandbox/agent/log_tail.hpp"
#include "text/split.hpp"

namespace sandbox::agent {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr std::size_t most_kept = 64U << 10U;

// scripts.log on disk and its last part in memory, from which the tail is cut.
class ScriptLog {
 public:
  explicit ScriptLog(const fs::path& path) {
    file::make_directories(path.parent_path());
    file_.open(path, std::ios::app | std::ios::binary);
  }

  void line(std::string_view text) {
    file_ << text << '\n' << std::flush;
    kept_ += text;
    kept_ += '\n';
    if (kept_.size() > most_kept)
      kept_.erase(0, kept_.find('\n', kept_.size() - most_kept / 2) + 1);
  }

  std::string tail() const { return log_tail(kept_); }

 private:
  std::ofstream file_;
  std::string kept_;
};

// One of the script's output pipes, cut into prefixed lines.
class Output {
 public:
  Output(int fd, std::string_view prefix, ScriptLog& log) : fd_(fd), prefix_(prefix), log_(log) {}

  bool open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

  void read() {
    std::array<char, 16384> buffer{};
    const auto count = ::read(fd_, buffer.data(), buffer.size());
    if (count > 0) {
      pending_.append(buffer.data(), static_cast<std::size_t>(count));
      hand_out();
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
      close();
    }
  }

  void close() {
    fd_ = -1;
    if (!pending_.empty()) log_.line(prefix_ + pending_);
    pending_.clear();
  }

 private:
  void hand_out() {
    for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n')) {
      log_.line(prefix_ + pending_.substr(0, end));
      pending_.erase(0, end + 1);
    }
    if (pending_.size() > most_kept / 4) {
      log_.line(prefix_ + pending_);
      pending_.clear();
    }
  }

  int fd_;
  std::string prefix_;
  ScriptLog& log_;
  std::string pending_;
};

struct Ended {
  std::optional<process::Exit> exit;
  bool timed_out = false;
  bool output_left_open = false;
  std::string_view open_stream{};
};

Ended supervise(process::Child& child, ScriptLog& log, std::chrono::seconds timeout,
                const std::stop_token& stop) {
  Output out(child.out(), "[stdout]", log);
  Output err(child.err(), "[stderr]", log);
  const auto deadline = steady_clock::now() + timeout;
  Ended ended;
  while (!ended.exit || out.open() || err.open()) {
    std::array<pollfd, 2> pipes{{{out.fd(), POLLIN, 0}, {err.fd(), POLLIN, 0}}};
    ::poll(pipes.data(), pipes.size(), ended.exit ? 100 : 20);
    if (pipes[0].revents != 0) out.read();
    if (pipes[1].revents != 0) err.read();
    ended.exit = child.poll();
    if (stop.stop_requested()) {
      ended.exit = child.stop(std::chrono::milliseconds(200));
      break;
    }
    if (steady_clock::now() < deadline) continue;
    if (ended.exit && !ended.timed_out) {
      ended.output_left_open = true;
      ended.open_stream = out.open() ? "STDOUT" : "STDERR";
      break;
    }
    if (ended.exit) break;
    // The agent sends TERM once and waits for the end of a script that traps it.
    if (!ended.timed_out) child.signal_group(SIGTERM);
    ended.timed_out = true;
  }
  if (out.open()) out.close();
  if (err.open()) err.close();
  return ended;
}

std::vector<std::string> argv_of(const fs::path& script) {
  // execve refuses a file without "#!"; the agent's Ruby then hands it to /bin/sh.
  std::array<char, 4> start{};
  std::ifstream(script, std::ios::binary).read(start.data(), start.size());
  const std::string_view magic(start.data(), start.size());
  if (magic.starts_with("#!") || magic ==
                                     "\x7F"
                                     "ELF")
    return {script.string()};
  return {"/bin/sh", script.string()};
}

Diagnostics failure(std::string code, const appspec::Script& script, std::string message) {
  return {.error_code = std::move(code),
          .script_name = script.location,
          .message = std::move(message),
          .log_tail = {}};
}

Diagnostics judge(const Ended& ended, const appspec::Script& script) {
  const auto where = "Script at specified location: " + script.location;
  if (ended.timed_out) {
    return failure(
        "ScriptTimedOut", script,
        fmt::format("{} failed to complete in {} seconds", where, script.timeout.count()));
  }
  if (ended.output_left_open) {
    return failure("UnknownError", script,
                   fmt::format("{} failed to close {}", where, ended.open_stream));
  }
  if (ended.exit && ended.exit->ok())
    return {.error_code = "Success", .script_name = {}, .message = "Succeeded", .log_tail = {}};
  if (ended.exit && ended.exit->signal == 0) {
    return failure("ScriptFailed", script,
                   fmt::format("{} failed with exit code {}", where, ended.exit->code));
  }
  return failure("ScriptFailed", script, where + " failed with exit code ");
}

Diagnostics run_script(const Hook& hook, const appspec::Script& script, ScriptLog& log,
                       const std::stop_token& stop) {
  log.line("Script - " + script.location);
  const auto path = archive_of(hook.deployment) / appspec::path_in_bundle(script.location);
  std::error_code error;
  if (!fs::exists(path, error)) {
    return failure("ScriptMissing", script,
                   "Script does not exist at specified location: " + path.string());
  }
  if (::access(path.c_str(), X_OK) != 0) {
    fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                    fs::perm_options::add, error);
  }
  if (!script.runas.empty()) {
    log.line(fmt::format(
        "[notice]runas {} is not applied: hooks in the sandbox run as its own user", script.runas));
  }
  try {
    process::Child child(
        {.argv = argv_of(path), .environment = hook.environment, .directory = hook.working_folder});
    return judge(supervise(child, log, script.timeout, stop), script);
  } catch (const base::Error& refused) {
    return failure("ScriptFailed", script, refused.message());
  }
}

}  // namespace

Diagnostics run_hook(const Hook& hook, std::stop_token stop) {
  Diagnostics result{
      .error_code = "Success", .script_name = {}, .message = "Succeeded", .log_tail = {}};
  if (hook.scripts.empty()) return result;
  ScriptLog log(scripts_log_of(hook.deployment));
  log.line("LifecycleEvent - " + hook.event);
  for (const auto& script : hook.scripts) {
    result = run_script(hook, script, log, stop);
    if (stop.stop_requested() || result.error_code != "Success") break;
  }
  result.log_tail = log.tail();
  return result;
}

}  // namespace sandbox::agent
