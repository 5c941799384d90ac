// SPDX-License-Identifier: Apache-2.0
#include "parallel/parallel.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <vector>

TEST_CASE("each number is worked on once, whatever the number of threads") {
  for (const unsigned threads : {0U, 1U, 3U, 50U}) {
    std::vector<std::atomic<int>> seen(20);
    parallel::for_each(seen.size(), threads, [&seen](std::size_t i) { ++seen[i]; });
    for (const auto& times : seen) CHECK(times == 1);
  }
  parallel::for_each(0, 4, [](std::size_t) { FAIL("there is nothing to do"); });
}

TEST_CASE("as many threads work at once as were asked for") {
  std::latch all(3);
  parallel::for_each(3, 3, [&all](std::size_t) { all.arrive_and_wait(); });
}

TEST_CASE("the first exception comes out and nothing further is begun") {
  std::atomic<int> begun{0};
  const auto work = [&begun](std::size_t i) {
    ++begun;
    if (i == 4) throw std::runtime_error("four");
  };
  CHECK_THROWS_WITH(parallel::for_each(1000, 1, work), "four");
  CHECK(begun == 5);
}
