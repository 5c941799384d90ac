// SPDX-License-Identifier: Apache-2.0
#include "retry/budget.hpp"

#include <doctest/doctest.h>

namespace {

int taken(retry::Budget& budget, retry::Cause cause) {
  int count = 0;
  while (count < 10'000 && budget.take(cause)) ++count;
  return count;
}

}  // namespace

TEST_CASE("when everything fails a process makes 35 extra calls, 100 when it is throttled") {
  retry::Budget failing;
  CHECK(taken(failing, retry::Cause::failure) == 35);

  retry::Budget throttled;
  CHECK(taken(throttled, retry::Cause::throttled) == 100);
}

TEST_CASE("what a refused call would have cost stays in the bucket") {
  retry::Budget budget;
  CHECK(taken(budget, retry::Cause::failure) == 35);  // 10 of 500 are left
  CHECK(taken(budget, retry::Cause::throttled) == 2);
  CHECK_FALSE(budget.take(retry::Cause::throttled));
}

TEST_CASE("a success after a retry pays back what the retry cost") {
  retry::Budget budget;
  taken(budget, retry::Cause::failure);

  budget.give_back(retry::Budget::cost_of(retry::Cause::failure));

  CHECK(taken(budget, retry::Cause::failure) == 1);
}

TEST_CASE("successes without a retry refill the bucket one by one") {
  retry::Budget budget;
  taken(budget, retry::Cause::throttled);

  for (int i = 0; i < 4; ++i) budget.give_back(1);
  CHECK_FALSE(budget.take(retry::Cause::throttled));
  budget.give_back(1);
  CHECK(budget.take(retry::Cause::throttled));
}

TEST_CASE("the bucket never holds more than it began with") {
  retry::Budget budget;
  budget.give_back(1'000);
  CHECK(taken(budget, retry::Cause::failure) == 35);
}
