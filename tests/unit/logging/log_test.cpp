// SPDX-License-Identifier: Apache-2.0
#include "logging/log.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "file/unique_fd.hpp"
#include "logging/secrets.hpp"

namespace {

// What the call writes to stderr at this level.
std::string stderr_of(logging::Level level, const std::function<void()>& call) {
  const file::TempDir folder("log-test");
  const auto path = folder.path() / "stderr";
  const file::UniqueFd kept(::dup(STDERR_FILENO));
  const file::UniqueFd into(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ::dup2(into.get(), STDERR_FILENO);
  logging::set_level(level);
  call();
  logging::set_level(logging::Level::info);
  ::dup2(kept.get(), STDERR_FILENO);
  return file::read(path);
}

void say_everything() {
  logging::error("e {}", 1);
  logging::warning("w {}", 2);
  logging::info("i {}", 3);
  logging::debug("d {}", 4);
}

}  // namespace

TEST_CASE("a level shows itself and what is graver, and all but info say what they are") {
  CHECK(stderr_of(logging::Level::error, say_everything) == "error: e 1\n");
  CHECK(stderr_of(logging::Level::warning, say_everything) == "error: e 1\nwarning: w 2\n");
  CHECK(stderr_of(logging::Level::info, say_everything) == "error: e 1\nwarning: w 2\ni 3\n");
  CHECK(stderr_of(logging::Level::debug, say_everything) ==
        "error: e 1\nwarning: w 2\ni 3\ndebug: d 4\n");
}

TEST_CASE("levels are known by their names") {
  CHECK(logging::find_level("error") == logging::Level::error);
  CHECK(logging::find_level("warning") == logging::Level::warning);
  CHECK(logging::find_level("info") == logging::Level::info);
  CHECK(logging::find_level("debug") == logging::Level::debug);
  CHECK_FALSE(logging::find_level("Info"));
  CHECK_FALSE(logging::find_level(""));
}

TEST_CASE("another program's escape sequences and carriage returns do not reach the console") {
  const auto told = stderr_of(logging::Level::info, [] {
    logging::info("{}", "red \x1b[31m bell \a delete \x7f over\rwritten\ttab");
  });
  CHECK(told == "red ?[31m bell ? delete ? overwritten\ttab\n");
}

TEST_CASE("a line break in a message is indented, so that it forges no line") {
  const auto told =
      stderr_of(logging::Level::info, [] { logging::info("{}", "one\nerror: forged\r\ntwo"); });
  CHECK(told == "one\n  error: forged\n  two\n");
}

TEST_CASE("letters beyond ASCII stay") {
  CHECK(stderr_of(logging::Level::info, [] { logging::info("größe → 3 µs"); }) == "größe → 3 µs\n");
}

TEST_CASE("a log line is masked") {
  logging::add_secret("log-test-secret");
  const auto told =
      stderr_of(logging::Level::info, [] { logging::info("password {}", "log-test-secret"); });
  CHECK(told == "password ****\n");
}
