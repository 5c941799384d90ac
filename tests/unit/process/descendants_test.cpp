// SPDX-License-Identifier: Apache-2.0
#include "process/descendants.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <string>

#include "process/child.hpp"
#include "text/split.hpp"

using namespace std::chrono_literals;

namespace {

bool is_running(const std::string& pid) {
  return ::kill(static_cast<pid_t>(text::find_number(pid).value()), 0) == 0;
}

// Runs a script that leaves something behind, which prints its pid and then closes the pipe.
std::string pid_left_by(const std::string& script) {
  const auto done = process::capture({.argv = {"sh", "-c", script}});
  return std::string(text::trim(done.out));
}

}  // namespace

TEST_CASE("what a child left behind in a session of its own is found and ended") {
  process::adopt_orphans();
  const auto pid = pid_left_by("setsid sh -c 'echo $$; exec sleep 300 >/dev/null 2>&1' &");
  REQUIRE(is_running(pid));

  const auto met = process::end_descendants(2s);

  CHECK(met.size() == 1);
  CHECK_FALSE(is_running(pid));
  CHECK(process::descendants().empty());
}

TEST_CASE("a descendant that ignores TERM is killed after the grace time") {
  process::adopt_orphans();
  const auto pid = pid_left_by(
      "setsid sh -c 'trap \"\" TERM; echo $$; exec >/dev/null 2>&1; while :; do sleep 1; done' &");
  REQUIRE(is_running(pid));
  const auto start = std::chrono::steady_clock::now();

  process::end_descendants(300ms);

  CHECK(std::chrono::steady_clock::now() - start < 2s);
  CHECK_FALSE(is_running(pid));
}

TEST_CASE("without descendants there is nothing to end") {
  process::adopt_orphans();
  CHECK(process::end_descendants(1s).empty());
}
