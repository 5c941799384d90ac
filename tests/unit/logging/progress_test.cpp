// SPDX-License-Identifier: Apache-2.0
#include "logging/progress.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "file/unique_fd.hpp"
#include "logging/log.hpp"
#include "support/fake_clock.hpp"

namespace {

using logging::Advance;
using logging::Progress;
using logging::ProgressForm;
using namespace std::chrono_literals;

constexpr std::uint64_t mebibyte = 1U << 20U;

std::string stderr_of(const std::function<void()>& call) {
  const file::TempDir folder("progress-test");
  const auto path = folder.path() / "stderr";
  const file::UniqueFd kept(::dup(STDERR_FILENO));
  const file::UniqueFd into(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ::dup2(into.get(), STDERR_FILENO);
  call();
  ::dup2(kept.get(), STDERR_FILENO);
  return file::read(path);
}

}  // namespace

TEST_CASE("a bar fits the terminal, however narrow") {
  const Advance half{
      .done = 512 * mebibyte, .total = 1024 * mebibyte, .per_second = 256 * mebibyte};
  struct Case {
    int columns;
    std::string text;
  };
  const std::vector<Case> cases{
      {200,
       "upload  50% [====================>                   ] 512.0 MiB of 1.0 GiB, 256.0 MiB/s, "
       "2.0 s left"},
      {75, "upload  50% [=======>       ] 512.0 MiB of 1.0 GiB, 256.0 MiB/s, 2.0 s left"},
      {65, "upload  50% 512.0 MiB of 1.0 GiB, 256.0 MiB/s, 2.0 s left"},
      {20, "upload  50% 512.0 Mi"},
      {0, ""}};
  for (const auto& each : cases) {
    const auto bar = logging::progress_bar("upload", half, each.columns);
    CHECK(bar.size() <= static_cast<std::size_t>(each.columns));
    CHECK(bar == each.text);
  }
}

TEST_CASE(
    "before the first bytes there is neither rate nor time left, at the end nothing is left") {
  CHECK(logging::progress_sentence("upload", {.total = 3 * mebibyte}) ==
        "upload: 0%, 0 B of 3.0 MiB");
  CHECK(logging::progress_sentence(
            "upload", {.done = 3 * mebibyte, .total = 3 * mebibyte, .per_second = mebibyte}) ==
        "upload: 100%, 3.0 MiB of 3.0 MiB, 1.0 MiB/s, 0 ms left");
  CHECK(logging::progress_sentence("upload", {}) == "upload: 100%, 0 B of 0 B");
  CHECK(logging::progress_bar("upload", {.done = 9, .total = 3}, 80).find("100%") !=
        std::string::npos);
}

TEST_CASE("a log gets one line per ten seconds, and none of a short transfer") {
  support::FakeClock clock;
  const auto told = stderr_of([&] {
    Progress progress(clock, "upload", 100 * mebibyte, ProgressForm::lines);
    for (std::uint64_t second = 0; second < 25; ++second) {
      progress.update(second * mebibyte);
      progress.update(second * mebibyte);
      clock.advance(1s);
    }
  });
  CHECK(told ==
        "upload: 10%, 10.0 MiB of 100.0 MiB, 1.0 MiB/s, 1m30s left\n"
        "upload: 20%, 20.0 MiB of 100.0 MiB, 1.0 MiB/s, 1m20s left\n");

  const auto of_short = stderr_of([&] {
    Progress progress(clock, "upload", mebibyte, ProgressForm::lines);
    clock.advance(9s);
    progress.update(mebibyte);
  });
  CHECK(of_short.empty());
}

TEST_CASE("a bar makes room for log lines and is gone at the end") {
  support::FakeClock clock;
  const auto told = stderr_of([&] {
    Progress progress(clock, "upload", 100, ProgressForm::bar);
    progress.update(1);  // too early
    clock.advance(1s);
    progress.update(50);
    logging::info("a line");
    clock.advance(50ms);
    progress.update(60);  // too soon again
  });
  const std::string erase = "\r\x1b[K";
  const auto bar =
      logging::progress_bar("upload", {.done = 50, .total = 100, .per_second = 50}, 79);
  const auto first = told.find(bar);
  REQUIRE(first != std::string::npos);
  CHECK(told.substr(0, first) == erase);
  const auto line = told.find(erase + "a line\n" + bar);
  CHECK(line != std::string::npos);
  CHECK(told.find("60%") == std::string::npos);
  CHECK(told.ends_with(erase));
}

TEST_CASE("a transfer may learn on its way how much there is") {
  support::FakeClock clock;
  const auto told = stderr_of([&] {
    Progress progress(clock, "push", 0, ProgressForm::lines);
    clock.advance(10s);
    progress.update(mebibyte, 2 * mebibyte);
    clock.advance(10s);
    progress.update(2 * mebibyte, 8 * mebibyte);
  });
  CHECK(told.starts_with("push: 50%, 1.0 MiB of 2.0 MiB, "));
  CHECK(told.find("\npush: 25%, 2.0 MiB of 8.0 MiB, ") != std::string::npos);
}

TEST_CASE("no bar is drawn when nobody asked for one") {
  support::FakeClock clock;
  CHECK(stderr_of([&] {
          Progress progress(clock, "upload", 100, ProgressForm::none);
          clock.advance(60s);
          progress.update(50);
        }).empty());
  logging::set_level(logging::Level::warning);
  CHECK(logging::usual_progress_form() == ProgressForm::none);
  logging::set_level(logging::Level::info);
}

TEST_CASE("many threads may report at once") {
  support::FakeClock clock;
  stderr_of([&] {
    Progress progress(clock, "upload", 4000, ProgressForm::bar);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (std::uint64_t done = 0; done < 1000; ++done) {
          clock.advance(10ms);
          progress.update(done);
        }
      });
    }
  });
}
