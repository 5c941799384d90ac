// SPDX-License-Identifier: Apache-2.0
#include "process/child.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"
#include "text/split.hpp"

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using process::Ending;
using process::Stream;
using std::chrono::steady_clock;
using support::error_of;

namespace {

// A folder with a shell script in it.
struct Script {
  file::TempDir folder{"child-test"};
  process::Command command;

  explicit Script(const std::string& lines) {
    const auto path = folder.path() / "script.sh";
    file::write_atomically(path, "#!/bin/sh\n" + lines + "\n", 0755);
    command.argv = {path.string()};
  }
  fs::path file(const char* name) const { return folder.path() / name; }
};

struct Told {
  process::RunResult result{};
  std::vector<std::string> out{};
  std::vector<std::string> err{};
};

Told told_by(const process::Command& command) {
  Told told;
  told.result = process::run(command, {}, {.on_line = [&](Stream stream, std::string_view line) {
                               (stream == Stream::out ? told.out : told.err).emplace_back(line);
                             }});
  return told;
}

// A process that waits to be reaped by its parent counts as gone.
bool is_alive(pid_t pid) {
  const auto stat = file::find("/proc/" + std::to_string(pid) + "/stat");
  if (!stat) return false;
  const auto state = stat->substr(stat->rfind(')') + 2, 1);
  return state != "Z" && state != "X";
}

bool is_gone_soon(pid_t pid) {
  const auto deadline = steady_clock::now() + 5s;
  while (is_alive(pid) && steady_clock::now() < deadline) std::this_thread::yield();
  return !is_alive(pid);
}

std::string wait_for_content(const fs::path& path) {
  const auto deadline = steady_clock::now() + 20s;
  while (steady_clock::now() < deadline) {
    const auto content = file::find(path);
    if (content && content->ends_with('\n')) return std::string(text::trim(*content));
    std::this_thread::yield();
  }
  return {};
}

pid_t pid_in(const fs::path& path) {
  return static_cast<pid_t>(text::find_number(wait_for_content(path)).value());
}

// Requests a stop as soon as the file is there.
class StopWhenThere {
 public:
  explicit StopWhenThere(fs::path path)
      : waiter_([this, path = std::move(path)] {
          wait_for_content(path);
          stop_.request_stop();
        }) {}
  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::jthread waiter_;
};

}  // namespace

TEST_CASE("lines come one by one, each from its stream, without their ends") {
  const Script script(R"(echo one
echo two >&2
printf 'windows\r\n'
echo
printf 'no end')");

  const auto told = told_by(script.command);

  CHECK(told.result.exit.ok());
  CHECK(told.result.ending == Ending::exited);
  CHECK(told.out == std::vector<std::string>{"one", "windows", "", "no end"});
  CHECK(told.err == std::vector<std::string>{"two"});
}

TEST_CASE("a line is handed out while the child still runs") {
  const file::TempDir folder("child-test");
  const auto answer = folder.path() / "answer";
  REQUIRE(::mkfifo(answer.c_str(), 0600) == 0);
  // It goes on only when its first line has been seen.
  const Script script("echo ready\nread line < " + answer.string() + "\necho got $line");
  std::vector<std::string> lines;

  process::run(script.command, {}, {.on_line = [&](Stream, std::string_view line) {
                 lines.emplace_back(line);
                 if (line != "ready") return;
                 const auto fifo = file::UniqueFd(::open(answer.c_str(), O_WRONLY | O_CLOEXEC));
                 CHECK(::write(fifo.get(), "it\n", 3) == 3);
               }});

  CHECK(lines == std::vector<std::string>{"ready", "got it"});
}

TEST_CASE("a line beyond 64 KiB is handed out in pieces of that size, and no empty one follows") {
  const Script script(R"(head -c 131072 /dev/zero | tr '\0' a
echo
head -c 100000 /dev/zero | tr '\0' b
echo
echo end)");

  const auto told = told_by(script.command);

  REQUIRE(told.out.size() == 5);
  CHECK(told.out[0] == std::string(65'536, 'a'));
  CHECK(told.out[1] == std::string(65'536, 'a'));
  CHECK(told.out[2] == std::string(65'536, 'b'));
  CHECK(told.out[3] == std::string(100'000 - 65'536, 'b'));
  CHECK(told.out[4] == "end");
}

TEST_CASE("a great deal of output on both streams is read without a deadlock") {
  const Script script(R"(head -c 1000000 /dev/zero | tr '\0' e >&2
seq 1 50000
head -c 1000000 /dev/zero | tr '\0' e >&2)");
  const auto told = told_by(script.command);
  CHECK(told.out.size() == 50'000);
  CHECK(told.out.back() == "50000");
}

TEST_CASE("the exit code and the signal of a child are told apart") {
  struct Case {
    std::string script;
    process::Exit exit;
    std::string words;
  };
  const Case cases[] = {
      {"exit 0", {0, 0}, "exit code 0"},
      {"exit 7", {7, 0}, "exit code 7"},
      {"exit 255", {255, 0}, "exit code 255"},
      {"kill -TERM $$", {0, SIGTERM}, "signal 15 (Terminated)"},
      {"kill -KILL $$", {0, SIGKILL}, "signal 9 (Killed)"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.script);
    const auto result = process::run(Script(c.script).command, {});
    CHECK(result.exit.code == c.exit.code);
    CHECK(result.exit.signal == c.exit.signal);
    CHECK(result.exit.ok() == (c.script == "exit 0"));
    CHECK(result.ending == Ending::exited);
    CHECK(process::describe(result.exit) == c.words);
  }
}

TEST_CASE("a program that is not there is an environment failure") {
  const auto in_path = error_of([] { process::capture({.argv = {"no-such-program-anywhere"}}); });
  CHECK(in_path.kind() == base::Kind::environment);
  CHECK(in_path.message() == "run no-such-program-anywhere: no such program");

  const auto by_path = error_of([] { process::capture({.argv = {"/no/such/program"}}); });
  CHECK(by_path.kind() == base::Kind::environment);
  CHECK(by_path.message() == "run /no/such/program: no such program");
}

TEST_CASE("a program that cannot be started is told in the system's words") {
  const file::TempDir folder("child-test");
  const auto lost = folder.path() / "lost.sh";
  file::write_atomically(lost, "#!/no/such/interpreter\n", 0755);

  const auto interpreter = error_of([&] { process::capture({.argv = {lost.string()}}); });
  CHECK(interpreter.kind() == base::Kind::environment);
  CHECK(interpreter.message() == "run " + lost.string() + ": No such file or directory");

  const auto place =
      error_of([&] { process::capture({.argv = {"true"}, .directory = folder.path() / "none"}); });
  CHECK(place.kind() == base::Kind::environment);
}

TEST_CASE("arguments arrive as they were given, no shell in between") {
  Script script(R"(for word in "$@"; do echo "[$word]"; done)");
  script.command.argv.insert(script.command.argv.end(), {"a b", "$HOME", "*", "; exit 1", "", "'"});

  CHECK(told_by(script.command).out ==
        std::vector<std::string>{"[a b]", "[$HOME]", "[*]", "[; exit 1]", "[]", "[']"});
}

TEST_CASE("a child has the environment given and nothing else") {
  process::Command command{.argv = {"env"}};
  command.environment = std::map<std::string, std::string>{{"ONLY", "this one"}};
  CHECK(process::capture(command).out == "ONLY=this one\n");
}

TEST_CASE("a child without an environment of its own has ours") {
  const auto out = process::capture({.argv = {"env"}}).out;
  CHECK(("\n" + out).find("\nPATH=") != std::string::npos);
}

TEST_CASE("a child works in the folder given") {
  const file::TempDir folder("child-test");
  CHECK(process::capture({.argv = {"pwd", "-P"}, .directory = folder.path()}).out ==
        fs::canonical(folder.path()).string() + "\n");
}

TEST_CASE("a child reads nothing from our stdin and has no descriptor of ours") {
  const file::TempDir folder("child-test");
  const file::UniqueFd ours(::open((folder.path() / "x").c_str(), O_WRONLY | O_CREAT, 0600));
  REQUIRE(ours);
  const auto captured = process::capture({.argv = {"sh", "-c", "wc -c; ls /proc/self/fd"}});
  // 3 is the folder that ls itself reads.
  CHECK(captured.out == "0\n0\n1\n2\n3\n");
}

TEST_CASE("both streams go to a file that is appended to") {
  Script script("echo out\necho err >&2");
  script.command.output = script.file("log");
  file::write_atomically(script.file("log"), "before\n");

  CHECK(process::run(script.command, {}).exit.ok());

  CHECK(file::read(script.file("log")) == "before\nout\nerr\n");
}

TEST_CASE("an output file that cannot be opened is an environment failure") {
  const auto error =
      error_of([] { process::capture({.argv = {"true"}, .output = "/no/such/folder/log"}); });
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message() == "open /no/such/folder/log: No such file or directory");
}

TEST_CASE("captured output is kept up to 4 MiB, the rest is read and dropped") {
  const Script script(R"(head -c 6000000 /dev/zero | tr '\0' x
echo done >&2)");
  const auto captured = process::capture(script.command);
  CHECK(captured.exit.ok());
  CHECK(captured.out.size() == 4U << 20U);
  CHECK(captured.err == "done\n");
}

TEST_CASE("a child that takes too long to be captured is ended and told") {
  const Script script("echo $$ > pid\nexec sleep 300");
  auto command = script.command;
  command.directory = script.folder.path();

  const auto error = error_of([&] { process::capture(command, {}, 500ms); });

  CHECK(error.kind() == base::Kind::timed_out);
  CHECK(error.message() == "run " + command.argv[0] + ": no end after 500 ms");
  CHECK_FALSE(is_alive(pid_in(script.file("pid"))));
}

TEST_CASE("a child beyond its wall time is ended, and what it says while dying is heard") {
  const Script script(
      "trap 'echo cleaning up; exit 3' TERM\necho started\nwhile :; do sleep 0.02; done");
  std::vector<std::string> lines;

  const auto result = process::run(script.command, {},
                                   {.on_line =
                                        [&](Stream stream, std::string_view line) {
                                          if (stream == Stream::out) lines.emplace_back(line);
                                        },
                                    .limit = 300ms});

  CHECK(result.ending == Ending::timed_out);
  CHECK(result.exit.code == 3);
  CHECK(lines == std::vector<std::string>{"started", "cleaning up"});
}

TEST_CASE("a stop sends TERM once and waits for the child's own end") {
  const Script script(R"(trap 'echo term >> terms; sleep 0.3; exit 5' TERM
echo there > ready
while :; do sleep 0.02; done)");
  auto command = script.command;
  command.directory = script.folder.path();
  command.output = script.file("log");  // with pipes or without, TERM comes once
  const StopWhenThere stop(script.file("ready"));

  const auto result = process::run(command, stop.token());

  CHECK(result.ending == Ending::stopped);
  CHECK(result.exit.code == 5);
  CHECK(file::read(script.file("terms")) == "term\n");
}

TEST_CASE(
    "a stop kills the whole group, a grandchild that ignores TERM included, after the grace") {
  const Script script(
      R"((trap '' TERM; sh -c 'echo $PPID' > grandchild; while :; do sleep 0.02; done) &
wait)");
  auto command = script.command;
  command.directory = script.folder.path();
  const StopWhenThere stop(script.file("grandchild"));
  const auto start = steady_clock::now();

  const auto result = process::run(command, stop.token(), {.grace = 500ms});

  CHECK(result.ending == Ending::stopped);
  CHECK(result.exit.signal == SIGTERM);  // the leader itself went at once
  CHECK(steady_clock::now() - start >= 500ms);
  CHECK(steady_clock::now() - start < 20s);
  CHECK(is_gone_soon(pid_in(script.file("grandchild"))));
}

TEST_CASE("a grandchild has the grace time for its clean-up even when the leader is gone") {
  const Script script(R"((trap 'sleep 0.5; echo clean > cleaned; exit' TERM; exec >/dev/null 2>&1
  echo there > ready; while :; do sleep 0.02; done) &
wait)");
  auto command = script.command;
  command.directory = script.folder.path();
  const StopWhenThere stop(script.file("ready"));

  process::run(command, stop.token(), {.grace = 10s});

  CHECK(file::find(script.file("cleaned")) == "clean\n");
}

TEST_CASE("a child that ignores TERM is killed after the grace") {
  const Script script("trap '' TERM\necho there > ready\nwhile :; do sleep 0.02; done");
  auto command = script.command;
  command.directory = script.folder.path();
  const StopWhenThere stop(script.file("ready"));

  const auto result = process::run(command, stop.token(), {.grace = 200ms});

  CHECK(result.exit.signal == SIGKILL);
}

TEST_CASE("a process left in the background does not hold up the end of the run") {
  const Script script(R"(sleep 300 &
echo $! > left
echo done)");
  auto command = script.command;
  command.directory = script.folder.path();
  const auto start = steady_clock::now();

  const auto told = told_by(command);

  CHECK(told.result.exit.ok());
  CHECK(told.out == std::vector<std::string>{"done"});
  CHECK(steady_clock::now() - start < 20s);
  ::kill(pid_in(script.file("left")), SIGKILL);
}

TEST_CASE("a process left in the background that keeps talking does not hold it up either") {
  const Script script(R"((while :; do echo noise; sleep 0.01; done) &
echo $! > left)");
  auto command = script.command;
  command.directory = script.folder.path();
  const auto start = steady_clock::now();

  const auto result = process::run(command, {}, {.limit = 60s});

  CHECK(result.ending == Ending::exited);
  CHECK(steady_clock::now() - start < 20s);
  ::kill(pid_in(script.file("left")), SIGKILL);
}

TEST_CASE("waiting for a child that says nothing wakes at its end only") {
  const auto wakeups = [] {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
  };
  const Script script("exec >&- 2>&-\nsleep 0.5");
  const auto before = wakeups();

  CHECK(process::run(script.command, {}, {.limit = 60s}).exit.ok());

  // Asking every few milliseconds whether it is over would be a hundred.
  CHECK(wakeups() - before < 40);
}

TEST_CASE("a running child is asked for, waited for and moved") {
  const Script script("read line\nexit 4");
  process::Child child({.argv = {"sh", "-c", "exit 4"}});
  CHECK(child.pid() > 0);
  CHECK(child.out() >= 0);
  CHECK(child.err() >= 0);

  process::Child moved(std::move(child));

  CHECK(moved.wait().code == 4);
  REQUIRE(moved.poll());
  CHECK(moved.poll()->code == 4);
}

TEST_CASE("a child that goes out of scope is ended with its group") {
  const Script script("sleep 300 &\necho $! > grandchild\nwait");
  auto command = script.command;
  command.directory = script.folder.path();
  pid_t leader = -1;
  pid_t grandchild = -1;
  {
    const process::Child child(command);
    leader = child.pid();
    grandchild = pid_in(script.file("grandchild"));
    CHECK(is_alive(leader));
  }
  CHECK_FALSE(is_alive(leader));
  CHECK(is_gone_soon(grandchild));
}

TEST_CASE("stopping a child that has ended gives its end") {
  process::Child child({.argv = {"sh", "-c", "exit 6"}});
  child.wait();
  CHECK(child.stop().code == 6);
}
