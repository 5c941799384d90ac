// SPDX-License-Identifier: Apache-2.0
#include "sandbox/detached.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <optional>

#include "base/error.hpp"
#include "base/exit_code.hpp"
#include "file/file.hpp"
#include "text/split.hpp"
#include "timing/clock.hpp"

extern char** environ;

namespace sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds start_limit{90};

struct SpawnSettings {
  SpawnSettings() {
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_init(&actions);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  posix_spawnattr_t attributes{};
  posix_spawn_file_actions_t actions{};
};

// A session of its own: no ^C reaches it, and no descriptor of ours keeps a caller's pipe open.
pid_t spawn(const std::vector<std::string>& arguments, const fs::path& log) {
  SpawnSettings settings;
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&settings.attributes, &none);
  ::posix_spawnattr_setflags(&settings.attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  ::posix_spawn_file_actions_addopen(&settings.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&settings.actions, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_adddup2(&settings.actions, STDOUT_FILENO, STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&settings.actions, STDERR_FILENO + 1);
  ::posix_spawn_file_actions_addchdir_np(&settings.actions, "/");

  const auto program = fs::read_symlink("/proc/self/exe").string();
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, program.c_str(), &settings.actions, &settings.attributes,
                                  argv.data(), environ);
  if (error != 0) throw base::from_errno(fmt::format("run {}", program), error);
  return pid;
}

base::Kind kind_of(int exit_code) {
  for (const auto kind :
       {base::Kind::refused, base::Kind::usage, base::Kind::environment, base::Kind::unavailable,
        base::Kind::timed_out, base::Kind::integrity, base::Kind::conflict}) {
    if (base::exit_code(kind) == exit_code) return kind;
  }
  return base::Kind::internal;
}

// The error that cli::run wrote as its last lines.
base::Error error_in(const fs::path& log, int exit_code) {
  std::string what = "start the sandbox: it ended without a word";
  std::string hint;
  const auto content = file::find(log).value_or("");
  for (const auto line : text::lines(content)) {
    constexpr std::string_view told = "error: deploy-sandbox: ";
    constexpr std::string_view tried = "error: try: ";
    if (line.starts_with(told)) what = line.substr(told.size());
    if (line.starts_with(tried)) hint = line.substr(tried.size());
  }
  return {kind_of(exit_code), what, hint};
}

std::optional<int> exit_of(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, WNOHANG) != pid) return std::nullopt;
  return WIFEXITED(status) ? WEXITSTATUS(status) : base::exit_code(base::Kind::internal);
}

}  // namespace

Endpoints start_detached(const std::vector<std::string>& arguments, const fs::path& dir,
                         const std::stop_token& stop) {
  const auto log = dir / "server.log";
  const auto pid = spawn(arguments, log);
  timing::SystemClock clock;
  const auto deadline = clock.steady_now() + start_limit;
  while (true) {
    const auto state = find_endpoints(dir);
    if (state && state->ready && state->pid == pid) return *state;
    if (const auto code = exit_of(pid)) throw error_in(log, *code);
    const bool late = clock.steady_now() >= deadline;
    if (late || stop.stop_requested()) {
      ::kill(pid, SIGTERM);
      ::waitpid(pid, nullptr, 0);
      throw base::Error(
          base::Kind::timed_out,
          late ? fmt::format("start the sandbox: not ready after {} s", start_limit.count())
               : "start the sandbox: stopped",
          fmt::format("see {}", log.string()));
    }
    clock.sleep_for(std::chrono::milliseconds(30), stop);
  }
}

}  // namespace sandbox
