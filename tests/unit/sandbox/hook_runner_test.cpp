// SPDX-License-Identifier: Apache-2.0
#include "sandbox/agent/hook_runner.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "process/environment.hpp"
#include "sandbox/agent/deployment_root.hpp"
#include "support/tools.hpp"

namespace {

using sandbox::Diagnostics;
using sandbox::agent::archive_of;
using sandbox::agent::Hook;

// A deployment's folder with one script.
struct Deployment {
  explicit Deployment(const std::string& script, unsigned mode = 0755) {
    support::write_file(archive_of(folder.path()) / "scripts" / "a.sh", script, mode);
  }

  Hook hook(int timeout = 30, const std::string& location = "scripts/a.sh") const {
    return {
        .event = "ApplicationStart",
        .scripts = {{.location = location, .timeout = std::chrono::seconds(timeout)}},
        .deployment = folder.path(),
        .working_folder = folder.path(),
        .environment = {{"PATH", process::environment_variable("PATH").value_or("/usr/bin:/bin")},
                        {"LIFECYCLE_EVENT", "ApplicationStart"}}};
  }

  Diagnostics run(int timeout = 30) const { return sandbox::agent::run_hook(hook(timeout), {}); }

  file::TempDir folder{"hook"};
};

}  // namespace

TEST_CASE("a hook's output is logged with prefixes, and its end is the event's result") {
  const Deployment deployment("#!/bin/sh\necho \"started $LIFECYCLE_EVENT\"\necho oops >&2\n");
  const auto result = deployment.run();
  CHECK(result.error_code == "Success");
  CHECK(result.log_tail.starts_with("LifecycleEvent - ApplicationStart\nScript - scripts/a.sh\n"));
  CHECK(result.log_tail.find("[stdout]started ApplicationStart\n") != std::string::npos);
  CHECK(result.log_tail.find("[stderr]oops\n") != std::string::npos);
  CHECK(file::read(deployment.folder.path() / "logs" / "scripts.log") == result.log_tail);
}

TEST_CASE("an exit code other than 0 is ScriptFailed") {
  const auto result = Deployment("#!/bin/sh\nexit 3\n").run();
  CHECK(result.error_code == "ScriptFailed");
  CHECK(result.script_name == "scripts/a.sh");
  CHECK(result.message == "Script at specified location: scripts/a.sh failed with exit code 3");
}

TEST_CASE("a script that a signal killed has no exit code to tell") {
  const auto result = Deployment("#!/bin/sh\nkill -KILL $$\n").run();
  CHECK(result.message == "Script at specified location: scripts/a.sh failed with exit code ");
}

TEST_CASE("a script that is not executable is made so") {
  CHECK(Deployment("#!/bin/sh\nexit 0\n", 0644).run().error_code == "Success");
}

TEST_CASE("a script without a first line for the kernel is run by /bin/sh") {
  CHECK(Deployment("echo hello\n").run().log_tail.find("[stdout]hello") != std::string::npos);
}

TEST_CASE("a missing interpreter is ScriptFailed") {
  const auto result = Deployment("#!/bin/sh\r\necho hello\r\n").run();
  CHECK(result.error_code == "ScriptFailed");
  CHECK(result.message.find("No such file or directory") != std::string::npos);
}

TEST_CASE("a script that is not in the bundle is ScriptMissing") {
  const Deployment deployment("");
  for (const auto* location : {"scripts/b.sh", "scripts/a.sh --quick", "scripts/A.sh"}) {
    CAPTURE(location);
    CHECK(sandbox::agent::run_hook(deployment.hook(30, location), {}).error_code ==
          "ScriptMissing");
  }
}

TEST_CASE("a script that takes too long is told to end and is ScriptTimedOut") {
  const auto result = Deployment("#!/bin/sh\nsleep 60 &\nsleep 60\n").run(1);
  CHECK(result.error_code == "ScriptTimedOut");
  CHECK(result.message ==
        "Script at specified location: scripts/a.sh failed to complete in 1 seconds");
}

TEST_CASE("a child that keeps the output open fails the script at its deadline") {
  const Deployment deployment("#!/bin/sh\n(trap '' TERM HUP; exec sleep 3) &\nexit 0\n");
  const auto result = deployment.run(1);
  CHECK(result.error_code == "UnknownError");
  CHECK(result.message == "Script at specified location: scripts/a.sh failed to close STDOUT");
}

TEST_CASE("scripts after a failed one are not run") {
  const Deployment deployment("#!/bin/sh\nexit 1\n");
  auto hook = deployment.hook();
  hook.scripts.push_back({.location = "scripts/b.sh"});
  CHECK(sandbox::agent::run_hook(hook, {}).script_name == "scripts/a.sh");
}

TEST_CASE("a stop ends a running script at once") {
  const Deployment deployment("#!/bin/sh\nsleep 60\n");
  std::stop_source stop;
  stop.request_stop();
  const auto begin = std::chrono::steady_clock::now();
  sandbox::agent::run_hook(deployment.hook(), stop.get_token());
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}
