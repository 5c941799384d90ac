// SPDX-License-Identifier: Apache-2.0
//
// Children are started from argv, never through a shell, each as the leader of its own process
// group. Stopping means TERM to the group, then KILL to it after a grace time; a build tool's forked
// JVMs live in that group, and a TERM to the tool alone leaves them running for a minute.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "file/unique_fd.hpp"

namespace process {

inline constexpr std::chrono::milliseconds kill_grace{2'500};

struct Command {
  std::vector<std::string> argv{};  // argv[0] is looked up in PATH
  std::optional<std::map<std::string, std::string>> environment{};  // absent: ours
  std::filesystem::path directory{};                                // empty: ours
  std::filesystem::path input{};  // standard input comes from this file; empty: there is none
  // Both streams go to this file (appended) instead of to pipes.
  std::filesystem::path output{};
  // Descriptors that the child gets too, under their numbers; it gets no others of ours.
  std::vector<int> inherited{};
  // The kernel sends it SIGTERM when the thread that started it ends, however that came about. For
  // servers that the main thread starts.
  bool dies_with_us = false;
};

struct Exit {
  int code = 0;    // of a child that exited
  int signal = 0;  // not 0: the child was killed by it
  bool ok() const { return code == 0 && signal == 0; }
};

enum class Stream { out, err };
using OnLine = std::function<void(Stream stream, std::string_view line)>;

// A running child. The destructor stops it, its whole group included. One thread at a time.
class Child {
 public:
  // Throws environment when the program cannot be started.
  explicit Child(const Command& command);
  Child(Child&&) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }
  int out() const { return out_.get(); }  // read ends; -1 with Command::output
  int err() const { return err_.get(); }

  std::optional<Exit> poll();  // absent while it runs
  Exit wait();
  void signal_group(int signal) const;
  Exit stop(std::chrono::milliseconds grace = kill_grace);  // TERM, the grace for all of the group, KILL
  Exit kill_group();

 private:
  pid_t pid_ = -1;
  std::optional<Exit> exit_;
  file::UniqueFd out_;
  file::UniqueFd err_;
};

struct RunOptions {
  OnLine on_line{};                                  // whole lines without their end, ≤ 64 KiB each
  std::optional<std::chrono::milliseconds> limit{};  // wall time
  std::chrono::milliseconds grace = kill_grace;
};

enum class Ending { exited, stopped, timed_out };

struct RunResult {
  Exit exit{};
  Ending ending = Ending::exited;  // stopped, timed_out: we killed it
};

// Runs a child to its end, handing out its lines as they come.
RunResult run(const Command& command, std::stop_token stop, const RunOptions& options = {});

struct Captured {
  Exit exit{};
  std::string out{};  // capped at 4 MiB each; the rest is read and dropped
  std::string err{};
};

// Runs a short child and keeps what it prints. Throws timed_out after `limit`.
Captured capture(const Command& command, std::stop_token stop = {},
                 std::chrono::milliseconds limit = std::chrono::minutes(1));

// "exit code 1", "signal 15 (Terminated)".
std::string describe(const Exit& exit);

}  // namespace process
