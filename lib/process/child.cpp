// SPDX-License-Identifier: Apache-2.0
#include "process/child.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/error.hpp"
#include "file/file.hpp"
#include "process/environment.hpp"

namespace process {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t longest_line = 64U << 10U;
constexpr std::size_t most_captured = 4U << 20U;

struct Pipe {
  file::UniqueFd read;
  file::UniqueFd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw base::from_errno("make a pipe", errno);
  return {file::UniqueFd(ends[0]), file::UniqueFd(ends[1])};
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (auto& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

// What the new process does between fork and exec; only async-signal-safe calls, since other
// threads may hold locks that nobody will release here. `report` carries errno back.
struct Launch {
  const char* program = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  const char* directory = nullptr;
  int out = -1;
  int err = -1;
  int report = -1;
};

[[noreturn]] void become(const Launch& launch) {
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(launch.out, STDOUT_FILENO);
  ::dup2(launch.err, STDERR_FILENO);
  if (launch.directory == nullptr || ::chdir(launch.directory) == 0) {
    ::execve(launch.program, launch.argv, launch.environment);
  }
  const int error = errno;
  [[maybe_unused]] const auto written = ::write(launch.report, &error, sizeof error);
  ::_exit(127);
}

std::optional<int> errno_from(const file::UniqueFd& report) {
  int error = 0;
  ssize_t count = 0;
  do {
    count = ::read(report.get(), &error, sizeof error);
  } while (count < 0 && errno == EINTR);
  return count == sizeof error ? std::optional(error) : std::nullopt;
}

Exit exit_of(int status) {
  if (WIFSIGNALED(status)) return {0, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

void pause_for(milliseconds duration) {
  const auto ns = std::chrono::nanoseconds(duration).count();
  struct timespec pause = {ns / 1'000'000'000, ns % 1'000'000'000};
  ::nanosleep(&pause, nullptr);
}

// Cuts a byte stream into lines; a line longer than the bound is handed out in pieces.
class LineCutter {
 public:
  LineCutter(Stream stream, const OnLine& on_line) : stream_(stream), on_line_(on_line) {}

  void feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      line_ += bytes.substr(0, end);
      if (end != std::string_view::npos || line_.size() >= longest_line) hand_out();
      bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    }
  }

  void finish() {
    if (!line_.empty()) hand_out();
  }

 private:
  void hand_out() {
    if (line_.ends_with('\r')) line_.pop_back();
    if (on_line_) on_line_(stream_, line_);
    line_.clear();
  }

  Stream stream_;
  const OnLine& on_line_;
  std::string line_;
};

using OnBytes = std::function<void(Stream stream, std::string_view bytes)>;

// Reads both pipes until both are closed, or until `until` says so. A grandchild may keep a pipe
// open after the child's death: then one more short look ends it.
void pump(Child& child, const OnBytes& on_bytes, const std::function<bool()>& give_up) {
  std::array<pollfd, 2> pipes{{{child.out(), POLLIN, 0}, {child.err(), POLLIN, 0}}};
  std::string buffer(1U << 16U, '\0');
  std::optional<steady_clock::time_point> dead_since;
  while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
    ::poll(pipes.data(), pipes.size(), 50);
    bool quiet = true;
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      auto& pipe = pipes.at(i);
      if (pipe.fd < 0 || pipe.revents == 0) continue;
      quiet = false;
      const auto count = ::read(pipe.fd, buffer.data(), buffer.size());
      if (count > 0) {
        on_bytes(i == 0 ? Stream::out : Stream::err,
                 std::string_view(buffer).substr(0, static_cast<std::size_t>(count)));
      } else if (count == 0 || errno != EINTR) {
        pipe.fd = -1;
      }
    }
    if (give_up()) return;
    if (quiet && child.poll()) {
      if (!dead_since) dead_since = steady_clock::now();
      if (steady_clock::now() - *dead_since > milliseconds(200)) return;
    }
  }
}

Ending run_to_end(Child& child, const std::stop_token& stop, const RunOptions& options,
                  const OnBytes& on_bytes) {
  const auto deadline = options.limit ? std::optional(steady_clock::now() + *options.limit)
                                      : std::nullopt;
  auto ending = Ending::exited;
  const auto give_up = [&] {
    if (stop.stop_requested()) ending = Ending::stopped;
    if (deadline && steady_clock::now() > *deadline) ending = Ending::timed_out;
    return ending != Ending::exited;
  };
  pump(child, on_bytes, give_up);
  while (ending == Ending::exited && !child.poll() && !give_up()) pause_for(milliseconds(5));
  if (ending != Ending::exited) {
    child.signal_group(SIGTERM);
    const auto kill_at = steady_clock::now() + options.grace;
    // What a build tool says while it dies is worth seeing, so the pipes are read on.
    pump(child, on_bytes, [&] { return steady_clock::now() > kill_at; });
    child.stop(std::chrono::duration_cast<milliseconds>(
        std::max(steady_clock::duration::zero(), kill_at - steady_clock::now())));
  }
  return ending;
}

}  // namespace

Child::Child(const Command& command) {
  auto argv = command.argv;
  const auto program = find_program(argv.at(0));
  if (!program) {
    throw base::Error(base::Kind::environment, fmt::format("run {}: no such program", argv[0]));
  }
  std::vector<std::string> variables;
  for (const auto& [name, value] : command.environment ? *command.environment
                                                       : all_environment_variables()) {
    variables.push_back(name + "=" + value);
  }
  auto out = command.output.empty() ? make_pipe() : Pipe{};
  auto err = command.output.empty() ? make_pipe() : Pipe{};
  if (!command.output.empty()) {
    out.write = file::UniqueFd(
        ::open(command.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!out.write) throw base::from_errno(fmt::format("open {}", command.output.string()), errno);
  }
  auto report = make_pipe();
  const auto argv_pointers = pointers(argv);
  const auto variable_pointers = pointers(variables);
  const auto program_path = std::filesystem::absolute(*program).string();
  const auto directory = command.directory.string();
  const Launch launch{.program = program_path.c_str(),
                      .argv = argv_pointers.data(),
                      .environment = variable_pointers.data(),
                      .directory = directory.empty() ? nullptr : directory.c_str(),
                      .out = out.write.get(),
                      .err = err.write ? err.write.get() : out.write.get(),
                      .report = report.write.get()};
  pid_ = ::fork();
  if (pid_ < 0) throw base::from_errno(fmt::format("run {}", argv[0]), errno);
  if (pid_ == 0) become(launch);
  ::setpgid(pid_, pid_);  // both sides set it, so that whoever comes first wins no race
  report.write.reset();
  out_ = std::move(out.read);
  err_ = std::move(err.read);
  if (const auto error = errno_from(report.read)) {
    wait();
    throw base::from_errno(fmt::format("run {}", program_path), *error);
  }
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      exit_(other.exit_),
      out_(std::move(other.out_)),
      err_(std::move(other.err_)) {}

Child::~Child() {
  if (pid_ > 0 && !exit_) stop();
}

std::optional<Exit> Child::poll() {
  if (exit_) return exit_;
  int status = 0;
  const auto done = ::waitpid(pid_, &status, WNOHANG);
  if (done == pid_) exit_ = exit_of(status);
  return exit_;
}

Exit Child::wait() {
  int status = 0;
  while (!exit_) {
    if (::waitpid(pid_, &status, 0) == pid_) {
      exit_ = exit_of(status);
    } else if (errno != EINTR) {
      throw base::from_errno("wait for a child", errno);
    }
  }
  return *exit_;
}

void Child::signal_group(int signal) const {
  if (pid_ > 0) ::kill(-pid_, signal);
}

Exit Child::stop(milliseconds grace) {
  if (!exit_) signal_group(SIGTERM);
  const auto deadline = steady_clock::now() + grace;
  while (!poll() && steady_clock::now() < deadline) pause_for(milliseconds(5));
  // Also when the leader is gone: what it forked may still be there.
  signal_group(SIGKILL);
  return wait();
}

RunResult run(const Command& command, std::stop_token stop, const RunOptions& options) {
  Child child(command);
  LineCutter out(Stream::out, options.on_line);
  LineCutter err(Stream::err, options.on_line);
  const auto ending = run_to_end(child, stop, options, [&](Stream stream, std::string_view bytes) {
    (stream == Stream::out ? out : err).feed(bytes);
  });
  out.finish();
  err.finish();
  return {child.wait(), ending};
}

Captured capture(const Command& command, std::stop_token stop, milliseconds limit) {
  Child child(command);
  Captured captured;
  const RunOptions options{.limit = limit};
  const auto ending = run_to_end(child, stop, options, [&](Stream stream, std::string_view bytes) {
    auto& kept = stream == Stream::out ? captured.out : captured.err;
    kept += bytes.substr(0, most_captured - std::min(most_captured, kept.size()));
  });
  captured.exit = child.wait();
  if (ending == Ending::timed_out) {
    throw base::Error(base::Kind::timed_out,
                      fmt::format("run {}: no end after {} ms", command.argv[0], limit.count()));
  }
  return captured;
}

std::string describe(const Exit& exit) {
  if (exit.signal == 0) return fmt::format("exit code {}", exit.code);
  return fmt::format("signal {} ({})", exit.signal, ::strsignal(exit.signal));
}

}  // namespace process
