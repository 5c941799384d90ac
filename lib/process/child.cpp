// SPDX-License-Identifier: Apache-2.0
#include "process/child.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "base/error.hpp"
#include "file/file.hpp"
#include "process/environment.hpp"
#include "process/process_table.hpp"
#include "process/wakeup.hpp"

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
  const char* input = nullptr;
  int out = -1;
  int err = -1;
  int report = -1;
  std::span<const int> inherited{};
  pid_t parent = -1;  // not -1: die with it
};

[[noreturn]] void become(const Launch& launch) {
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (launch.parent != -1) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != launch.parent) ::_exit(127);  // it died before the line above
  }
  const int input = ::open(launch.input, O_RDONLY);
  ::dup2(input, STDIN_FILENO);
  ::dup2(launch.out, STDOUT_FILENO);
  ::dup2(launch.err, STDERR_FILENO);
  // Not every library opens its descriptors close-on-exec (cpp-httplib's accepted sockets are not):
  // a child that kept one would hold a peer's connection open after we closed it.
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const int fd : launch.inherited) ::fcntl(fd, F_SETFD, 0);
  if (input >= 0 && (launch.directory == nullptr || ::chdir(launch.directory) == 0)) {
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

// Cuts a byte stream into lines; a line longer than the bound is handed out in pieces.
class LineCutter {
 public:
  LineCutter(Stream stream, const OnLine& on_line) : stream_(stream), on_line_(on_line) {}

  void feed(std::string_view bytes) {
    while (!bytes.empty()) {
      if (bytes.front() == '\n') {
        hand_out();
        bytes.remove_prefix(1);
        continue;
      }
      if (line_.size() == longest_line) hand_out();
      const auto piece = bytes.substr(0, std::min(bytes.find('\n'), longest_line - line_.size()));
      line_ += piece;
      bytes.remove_prefix(piece.size());
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

// The child while it runs, then a living member of its group. Orphans of the group are reaped here
// where we are their new parent.
std::optional<pid_t> find_living(Child& child) {
  if (!child.poll()) return child.pid();
  while (::waitpid(-child.pid(), nullptr, WNOHANG) > 0) {
  }
  if (::kill(-child.pid(), 0) != 0) return std::nullopt;
  for (const auto& row : process_table()) {
    if (row.group == child.pid() && row.is_living()) return row.pid;
  }
  return std::nullopt;
}

// Hands out what comes through a child's pipes while somebody is waited for.
class Listener {
 public:
  Listener(const Child& child, const OnBytes& on_bytes)
      : on_bytes_(on_bytes),
        ready_{{{child.out(), POLLIN, 0},
                {child.err(), POLLIN, 0},
                {-1, POLLIN, 0},
                {-1, POLLIN, 0}}} {}

  // Until `living` names nobody and the pipes are at their end, the stop or the deadline. A process
  // left behind may keep a pipe open: then a quiet moment is the end, or two seconds of talk.
  Ending listen(const std::function<std::optional<pid_t>()>& living, const std::stop_token& stop,
                Deadline deadline) {
    const StopEvent stopped(stop);
    ready_[stop_at].fd = stopped.fd();
    Deadline ended_at;
    while (true) {
      if (stop.stop_requested()) return Ending::stopped;
      const auto now = steady_clock::now();
      if (deadline && now >= *deadline) return Ending::timed_out;
      auto wake_at = deadline;
      if (!ended_at && !watch(living())) ended_at = now;
      if (!ended_at) {
        wake_at = end_.no_later_than(deadline);
      } else {
        const auto over = std::min(std::max(*ended_at, heard_at_) + quiet, *ended_at + talk);
        if (is_silent() || now >= over) return Ending::exited;
        wake_at = deadline ? std::min(*deadline, over) : over;
      }
      ready_[end_at].fd = end_.fd();
      await_ready(ready_, wake_at);
      hear();
    }
  }

 private:
  static constexpr std::size_t end_at = 2;  // behind the two pipes
  static constexpr std::size_t stop_at = 3;
  static constexpr milliseconds quiet{200};
  static constexpr milliseconds talk{2'000};

  bool watch(std::optional<pid_t> pid) {
    if (!pid) {
      end_ = {};
    } else if (*pid != end_.pid()) {
      end_ = EndEvent(*pid);
    }
    return pid.has_value();
  }

  bool is_silent() const { return ready_[0].fd < 0 && ready_[1].fd < 0; }

  void hear() {
    for (const auto stream : {Stream::out, Stream::err}) {
      auto& pipe = ready_.at(static_cast<std::size_t>(stream));
      if (pipe.fd < 0 || pipe.revents == 0) continue;
      const auto count = ::read(pipe.fd, buffer_.data(), buffer_.size());
      if (count > 0) {
        heard_at_ = steady_clock::now();
        on_bytes_(stream, std::string_view(buffer_).substr(0, static_cast<std::size_t>(count)));
      } else if (count == 0 || errno != EINTR) {
        pipe.fd = -1;
      }
    }
  }

  const OnBytes& on_bytes_;
  std::array<pollfd, 4> ready_;
  EndEvent end_{};
  std::string buffer_ = std::string(1U << 16U, '\0');
  steady_clock::time_point heard_at_{};
};

Ending run_to_end(Child& child, const std::stop_token& stop, const RunOptions& options,
                  const OnBytes& on_bytes) {
  const auto begin = steady_clock::now();
  Listener listener(child, on_bytes);
  const auto ending =
      listener.listen([&] { return child.poll() ? std::nullopt : std::optional(child.pid()); },
                      stop, options.limit ? Deadline(begin + *options.limit) : std::nullopt);
  if (ending != Ending::exited) {
    child.signal_group(SIGTERM);
    // What a build tool says while it dies is worth seeing, so the pipes are read on.
    listener.listen([&] { return find_living(child); }, {}, steady_clock::now() + options.grace);
    child.kill_group();
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
  for (const auto& [name, value] :
       command.environment ? *command.environment : all_environment_variables()) {
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
  const auto input = command.input.empty() ? std::string("/dev/null") : command.input.string();
  const Launch launch{.program = program_path.c_str(),
                      .argv = argv_pointers.data(),
                      .environment = variable_pointers.data(),
                      .directory = directory.empty() ? nullptr : directory.c_str(),
                      .input = input.c_str(),
                      .out = out.write.get(),
                      .err = err.write ? err.write.get() : out.write.get(),
                      .report = report.write.get(),
                      .inherited = command.inherited,
                      .parent = command.dies_with_us ? ::getpid() : -1};
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
  signal_group(SIGTERM);
  const auto deadline = steady_clock::now() + grace;
  while (const auto living = find_living(*this)) {
    if (steady_clock::now() >= deadline) break;
    await_end(*living, deadline);
  }
  return kill_group();
}

Exit Child::kill_group() {
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
