// SPDX-License-Identifier: Apache-2.0
//
// cli::run takes over the signals of its process, so each case runs it in a process of its own.
#include "cli/run.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/build_info.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

struct Call {
  std::vector<std::string> arguments{};
  std::map<std::string, std::string> environment{};
  std::string settings{};     // becomes stagecraft.yaml when not empty
  std::vector<int> closed{};  // standard streams that the child finds closed
  std::function<void(pid_t child, const fs::path& folder)> meanwhile{};
};

struct Ran {
  int code = -1;
  int signal = 0;
  std::string out;
  std::string err;
};

void redirect(int stream, const fs::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(fd, stream);
  ::close(fd);
}

[[noreturn]] void become_tool(const cli::Tool& tool, const Call& call, const fs::path& folder) {
  redirect(STDOUT_FILENO, folder / "out");
  redirect(STDERR_FILENO, folder / "err");
  for (const int stream : call.closed) ::close(stream);
  fs::current_path(folder);
  for (const auto* name : {"STAGECRAFT_RELEASE", "STAGECRAFT_OUTPUT", "STAGECRAFT_LOG_LEVEL",
                           "BUILD_URL", "BUILD_TAG", "AWS_SECRET_ACCESS_KEY"}) {
    ::unsetenv(name);
  }
  for (const auto& [name, value] : call.environment) ::setenv(name.c_str(), value.c_str(), 1);
  auto words = call.arguments;
  words.insert(words.begin(), tool.name);
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::_exit(cli::run(static_cast<int>(words.size()), argv.data(), tool));
}

Ran run(const cli::Tool& tool, const Call& call = {}) {
  const file::TempDir folder("run-test");
  if (!call.settings.empty()) {
    file::write_atomically(folder.path() / "stagecraft.yaml", call.settings);
  }
  const auto child = ::fork();
  if (child == 0) become_tool(tool, call, folder.path());
  if (call.meanwhile) call.meanwhile(child, folder.path());
  int status = 0;
  ::waitpid(child, &status, 0);
  Ran ran{.out = file::read(folder.path() / "out"), .err = file::read(folder.path() / "err")};
  if (WIFSIGNALED(status)) {
    ran.signal = WTERMSIG(status);
  } else {
    ran.code = WEXITSTATUS(status);
  }
  return ran;
}

using Step = std::function<cli::Result(const cli::Context& context, const std::string& image)>;

// A tool with one option of its own.
cli::Tool tool_with(Step step) {
  auto image = std::make_shared<std::string>();
  cli::Tool tool;
  tool.name = "docker-push";
  tool.summary = "Push an image";
  tool.examples = {"docker-push app.jar", "docker-push --dry-run", "docker-push --explain"};
  tool.declare = [image](cli::Options& options) {
    options.mark(options.app().add_option("--image", *image, "Where to push"),
                 {.env = "STAGECRAFT_IMAGE"});
  };
  tool.step = [image, step = std::move(step)](const cli::Context& context) {
    return step(context, *image);
  };
  return tool;
}

cli::Tool pusher() {
  return tool_with([](const cli::Context&, const std::string& image) {
    return cli::Result{.text = "pushed " + image, .json = json::object({{"image", image}})};
  });
}

std::string banner() {
  return "docker-push " + std::string(base::version()) + " (" + std::string(base::commit()) + ")";
}

void wait_for(const fs::path& path) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!fs::exists(path) && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
}

}  // namespace

TEST_CASE("stdout has the result and nothing else, stderr begins with who we are") {
  const auto ran = run(pusher(), {.arguments = {"--image", "reg/shop"}});
  CHECK(ran.code == 0);
  CHECK(ran.out == "pushed reg/shop\n");
  CHECK(ran.err == banner() + "\n");
}

TEST_CASE("the first line names the build") {
  const auto ran = run(pusher(), {.environment = {{"BUILD_TAG", "jenkins-shop-7"}}});
  CHECK(ran.err == banner() + " jenkins-shop-7\n");
}

TEST_CASE("the result is one JSON object when asked for") {
  for (const auto& call :
       {Call{.arguments = {"--image=x", "-o", "json"}},
        Call{.arguments = {"--image=x", "--output=json"}},
        Call{.arguments = {"--image=x"}, .environment = {{"STAGECRAFT_OUTPUT", "json"}}},
        Call{.arguments = {"--image=x"}, .settings = "output: json\n"}}) {
    CHECK(run(pusher(), call).out == "{\"image\":\"x\"}\n");
  }
}

TEST_CASE("a step chooses its exit code, and an empty result prints nothing") {
  const auto ran = run(tool_with([](const cli::Context&, const std::string&) {
    return cli::Result{.text = "", .exit_code = 6};
  }));
  CHECK(ran.code == 6);
  CHECK(ran.out.empty());
}

TEST_CASE("an error is told once with its hint, and its kind is the exit code") {
  const auto ran = run(tool_with([](const cli::Context&, const std::string&) -> cli::Result {
    throw base::Error(base::Kind::conflict, "create x: it is there", "remove it");
  }));
  CHECK(ran.code == 8);
  CHECK(ran.out.empty());
  CHECK(ran.err ==
        banner() + "\nerror: docker-push: create x: it is there\nerror: try: remove it\n");
}

TEST_CASE("an exception nobody meant is a bug of ours") {
  const auto ran = run(tool_with([](const cli::Context&, const std::string&) -> cli::Result {
    throw std::out_of_range("vector::at");
  }));
  CHECK(ran.code == 70);
  CHECK(ran.err.find("error: docker-push: a bug of ours: vector::at\n") != std::string::npos);
}

TEST_CASE("a wrong command line is a usage error before the step begins") {
  struct Case {
    std::vector<std::string> arguments;
    std::string told;
  };
  const Case cases[] = {
      {{"--imgae", "x"},
       "error: docker-push: unknown argument '--imgae'\nerror: try: did you mean '--image'?\n"},
      {{"--imgae=x"},
       "error: docker-push: unknown argument '--imgae'\nerror: try: did you mean '--image'?\n"},
      {{"--nonsense"},
       "error: docker-push: unknown argument '--nonsense'\nerror: try: see docker-push --help\n"},
      {{"stray"},
       "error: docker-push: unknown argument 'stray'\nerror: try: see docker-push --help\n"},
      {{"--image"},
       "error: docker-push: --image: 1 required TEXT missing\nerror: try: see docker-push "
       "--help\n"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.arguments.front());
    const auto ran = run(pusher(), {.arguments = c.arguments});
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
    CHECK(ran.err == c.told);
  }
}

TEST_CASE("a value outside its set is a usage error wherever it comes from") {
  CHECK(run(pusher(), {.arguments = {"-o", "xml"}}).code == 2);
  CHECK(run(pusher(), {.environment = {{"STAGECRAFT_OUTPUT", "xml"}}}).code == 2);
  CHECK(run(pusher(), {.settings = "log-level: loud\n"}).code == 2);
}

TEST_CASE("help is a result: summary, options, numbered examples, exit codes") {
  const auto ran = run(pusher(), {.arguments = {"--help"}});
  CHECK(ran.code == 0);
  CHECK(ran.err.empty());
  for (const auto* part :
       {"Push an image", "--image", "--release FILE", "-n,--dry-run", "--explain",
        "  1. docker-push app.jar\n", "  3. docker-push --explain\n", "Exit codes: 0 done"}) {
    CAPTURE(part);
    CHECK(ran.out.find(part) != std::string::npos);
  }
}

TEST_CASE("the version is one line") {
  const auto ran = run(pusher(), {.arguments = {"--version"}});
  CHECK(ran.code == 0);
  CHECK(ran.out == banner() + "\n");
}

TEST_CASE("the step is told of a dry run and of the record's place") {
  const auto told = tool_with([](const cli::Context& context, const std::string&) {
    return cli::Result{.text = context.release + (context.dry_run ? " dry" : " wet")};
  });
  CHECK(run(told).out == ".stagecraft/release.json wet\n");
  CHECK(run(told, {.arguments = {"-n", "--release", "r.json"}}).out == "r.json dry\n");
  CHECK(run(told, {.environment = {{"STAGECRAFT_RELEASE", "e.json"}}}).out == "e.json wet\n");
}

TEST_CASE("an explanation does not run the step") {
  const auto ran =
      run(pusher(), {.arguments = {"--explain"}, .settings = "docker-push: {image: from-file}\n"});
  CHECK(ran.code == 0);
  CHECK(ran.err.empty());
  CHECK(ran.out.starts_with("--image = from-file  (stagecraft.yaml)\n"));
  CHECK(ran.out.find("pushed") == std::string::npos);
}

TEST_CASE("stagecraft.yaml is read when it is there, another file when it is named") {
  CHECK(run(pusher(), {.settings = "image: top\ndocker-push:\n  image: own\n"}).out ==
        "pushed own\n");

  const auto ran = run(pusher(), {.arguments = {"--config", "none.yaml"}});
  CHECK(ran.code == 2);
  CHECK(ran.err ==
        "error: docker-push: read none.yaml: no such file\nerror: try: check --config\n");
}

TEST_CASE("a bad settings file is told with its line") {
  const auto ran = run(pusher(), {.settings = "image: &a x\n"});
  CHECK(ran.code == 7);
  CHECK(ran.err ==
        "error: docker-push: parse stagecraft.yaml: line 1 column 8: an anchor is not read here\n");
}

TEST_CASE("at level error there is nothing on stderr when all goes well") {
  CHECK(run(pusher(), {.arguments = {"--log-level", "error"}}).err.empty());
}

TEST_CASE("the secrets of the environment are masked in result and error") {
  const std::map<std::string, std::string> environment{{"AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI"}};
  const auto result = run(tool_with([](const cli::Context&, const std::string&) {
                            return cli::Result{.text = "key wJalrXUtnFEMI"};
                          }),
                          {.environment = environment});
  CHECK(result.out == "key ****\n");

  const auto error = run(tool_with([](const cli::Context&, const std::string&) -> cli::Result {
                           throw base::Error(base::Kind::refused, "sign with wJalrXUtnFEMI");
                         }),
                         {.environment = environment});
  CHECK(error.err.find("wJalrXUtnFEMI") == std::string::npos);
  CHECK(error.err.find("sign with ****") != std::string::npos);
}

TEST_CASE("a stdout that nobody reads does not change the exit code") {
  const auto ran = run(pusher(), {.arguments = {"--image", "x"}, .closed = {STDOUT_FILENO}});
  CHECK(ran.code == 0);
  CHECK(ran.out.empty());
}

TEST_CASE("with its standard streams closed a tool does not log into the files it writes") {
  const auto writer = tool_with([](const cli::Context&, const std::string&) {
    const int fd = ::open("written", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cli::Result result{.text = fd > STDERR_FILENO ? "" : "stolen",
                       .exit_code = fd > STDERR_FILENO ? 0 : 1};
    ::close(fd);
    return result;
  });
  CHECK(run(writer, {.closed = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}}).code == 0);
}

TEST_CASE("a signal stops the step and is then what the process dies of") {
  for (const int signal : {SIGTERM, SIGINT}) {
    CAPTURE(signal);
    const auto ran =
        run(tool_with([](const cli::Context& context, const std::string&) -> cli::Result {
              file::write_atomically("ready", "");
              context.clock.sleep_for(60s, context.stop);
              throw base::Error(base::Kind::unavailable, "wait: interrupted");
            }),
            {.meanwhile = [&](pid_t child, const fs::path& folder) {
              wait_for(folder / "ready");
              ::kill(child, signal);
            }});
    CHECK(ran.signal == signal);
    CHECK(ran.err.find("error: docker-push: wait: interrupted\n") != std::string::npos);
    CHECK(ran.err.ends_with("warning: docker-push: ended by signal " + std::to_string(signal) +
                            "\n"));
  }
}

TEST_CASE("a second signal does not cut the clean-up short") {
  const auto ran = run(tool_with([](const cli::Context& context, const std::string&) {
                         file::write_atomically("ready", "");
                         context.clock.sleep_for(60s, context.stop);
                         file::write_atomically("cleaning", "");
                         while (!fs::exists("repeated")) std::this_thread::yield();
                         context.clock.sleep_for(50ms, {});
                         return cli::Result{.text = "cleaned up"};
                       }),
                       {.meanwhile = [](pid_t child, const fs::path& folder) {
                         wait_for(folder / "ready");
                         ::kill(child, SIGTERM);
                         wait_for(folder / "cleaning");
                         ::kill(child, SIGTERM);
                         ::kill(child, SIGINT);
                         file::write_atomically(folder / "repeated", "");
                       }});
  CHECK(ran.signal == SIGTERM);
  CHECK(ran.out == "cleaned up\n");
}

TEST_CASE("a parent that ignores the death of children does not hand that on") {
  const auto handler = ::signal(SIGCHLD, SIG_IGN);
  const auto asker = tool_with([](const cli::Context&, const std::string&) {
    struct sigaction action{};
    ::sigaction(SIGCHLD, nullptr, &action);
    return cli::Result{.text = action.sa_handler == SIG_DFL ? "default" : "ignored"};
  });
  const file::TempDir folder("run-test");
  // With SIGCHLD ignored there is no status to wait for, so only what was written is looked at.
  const auto child = ::fork();
  if (child == 0) become_tool(asker, {}, folder.path());
  int status = 0;
  ::waitpid(child, &status, 0);
  ::signal(SIGCHLD, handler);
  CHECK(file::read(folder.path() / "out") == "default\n");
}

TEST_CASE("a tool that is no stage has neither record nor settings") {
  auto tool = pusher();
  tool.shape = cli::Shape::plain;
  CHECK(run(tool, {.arguments = {"--release", "x"}}).code == 2);
  const auto ran = run(tool, {.arguments = {"--image", "x"}, .settings = "bad: &anchor x\n"});
  CHECK(ran.code == 0);
  CHECK(ran.err.empty());
}

TEST_CASE("a slip in a subcommand's name or option is recognised") {
  auto tool = pusher();
  tool.shape = cli::Shape::plain;
  bool foreground = false;
  tool.declare = [&](cli::Options& options) {
    auto* status = options.app().add_subcommand("status", "Show the state");
    status->add_flag("--foreground", foreground, "Stay");
    options.app().require_subcommand(0, 1);
  };
  CHECK(run(tool, {.arguments = {"stauts"}}).err.find("did you mean 'status'?") !=
        std::string::npos);
  CHECK(run(tool, {.arguments = {"status", "--forground"}})
            .err.find("did you mean '--foreground'?") != std::string::npos);
  CHECK(run(tool, {.arguments = {"status", "--help"}}).out.find("--foreground") !=
        std::string::npos);
}
