// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <atomic>
#include <latch>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "support/error_of.hpp"
#include "support/fake_clock.hpp"

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// What the test sees of a place, and tells it to do.
struct Place {
  std::atomic<int> asked = 0;
  std::atomic<int> asked_for_others = 0;
  std::atomic<bool> down = false;
  minutes life{60};
  std::latch* entered = nullptr;  // a fetch tells that it began, and waits for the other
  std::latch* released = nullptr;
};

// Another set of keys for each question: A1, A2, …
class PlaceProvider : public aws::CredentialProvider {
 public:
  PlaceProvider(Place& place, timing::Clock& clock) : place_(place), clock_(clock) {}

  aws::Credentials fetch(aws::Reuse reuse) override {
    const int number = ++place_.asked;
    if (reuse == aws::Reuse::forbidden) ++place_.asked_for_others;
    if (place_.entered != nullptr) {
      place_.entered->count_down();
      place_.released->wait();
    }
    if (place_.down) throw base::Error(base::Kind::unavailable, "the place is down");
    return {.access_key = fmt::format("A{}", number),
            .secret_key = "secret-of-place",
            .origin = "the place",
            .expires = clock_.now() + place_.life};
  }

 private:
  Place& place_;
  timing::Clock& clock_;
};

struct Fixture {
  support::FakeClock clock;
  Place place;
  aws::CredentialStore store{std::make_unique<PlaceProvider>(place, clock), clock};
};

}  // namespace

TEST_CASE("keys are due 15 and 10 minutes before their end, short-lived ones by their life") {
  const timing::SystemTime now(seconds(1'000'000));
  struct Case {
    seconds life;
    seconds advised;
    seconds required;
  };
  for (const auto& each :
       {Case{minutes(60), minutes(45), minutes(50)}, Case{minutes(30), minutes(15), minutes(20)},
        Case{minutes(15), seconds(450), minutes(10)}, Case{seconds(6), seconds(3), seconds(4)}}) {
    CAPTURE(each.life.count());
    const auto times = aws::refresh_times(now, now + each.life);
    CHECK(times.advised == now + each.advised);
    CHECK(times.required == now + each.required);
  }
}

TEST_CASE("a wait of two hours survives keys of one hour, with three questions in all") {
  Fixture fixture;
  for (int second = 0; second <= 2 * 3600; second += 5) {
    const auto keys = fixture.store.current();
    REQUIRE(*keys.expires > fixture.clock.now() + minutes(10));
    fixture.clock.advance(seconds(5));
  }
  CHECK(fixture.place.asked == 3);
}

TEST_CASE("keys of a quarter of an hour are not asked for before each request") {
  Fixture fixture;
  fixture.place.life = minutes(15);
  for (int second = 0; second < 3600; ++second) {
    REQUIRE(*fixture.store.current().expires > fixture.clock.now());
    fixture.clock.advance(seconds(1));
  }
  CHECK(fixture.place.asked == 8);
}

TEST_CASE("an early renewal may fail, a late one may not") {
  Fixture fixture;
  CHECK(fixture.store.current().access_key == "A1");
  fixture.place.down = true;

  fixture.clock.advance(minutes(46));
  CHECK(fixture.store.current().access_key == "A1");
  CHECK(fixture.place.asked == 2);

  // A place that is down is asked once a minute, not before each request.
  fixture.clock.advance(seconds(30));
  CHECK(fixture.store.current().access_key == "A1");
  CHECK(fixture.place.asked == 2);

  fixture.clock.advance(minutes(4));
  CHECK(support::error_of([&] { fixture.store.current(); }).message() == "the place is down");

  fixture.place.down = false;
  CHECK(fixture.store.current().access_key == "A4");
}

TEST_CASE("while one thread renews early the others go on with the old keys") {
  Fixture fixture;
  fixture.store.current();
  fixture.clock.advance(minutes(46));
  std::latch entered(1);
  std::latch released(1);
  fixture.place.entered = &entered;
  fixture.place.released = &released;

  aws::Credentials renewed;
  {
    const std::jthread slow([&] { renewed = fixture.store.current(); });
    entered.wait();
    CHECK(fixture.store.current().access_key == "A1");
    released.count_down();
  }

  CHECK(renewed.access_key == "A2");
  CHECK(fixture.store.current().access_key == "A2");
  CHECK(fixture.place.asked == 2);
}

TEST_CASE("threads that need keys at once wait for the one that fetches them") {
  Fixture fixture;
  std::latch entered(1);
  std::latch released(1);
  fixture.place.entered = &entered;
  fixture.place.released = &released;

  std::array<std::string, 4> seen;
  {
    std::vector<std::jthread> threads;
    for (auto& each : seen) {
      threads.emplace_back([&] { each = fixture.store.current().access_key; });
    }
    entered.wait();
    released.count_down();
  }

  for (const auto& each : seen) CHECK(each == "A1");
  CHECK(fixture.place.asked == 1);
}

TEST_CASE("keys that a service refused are not taken from what is at hand") {
  Fixture fixture;
  const auto first = fixture.store.current();

  CHECK(fixture.store.renew(first));
  CHECK(fixture.store.current().access_key == "A2");
  CHECK(fixture.place.asked_for_others == 1);

  // A thread that comes late with the same complaint finds them renewed.
  CHECK(fixture.store.renew(first));
  CHECK(fixture.place.asked == 2);
}

TEST_CASE("keys that cannot be renewed say so") {
  support::FakeClock clock;
  const auto store = aws::store_of({.access_key = "A", .secret_key = "secret"}, clock);

  CHECK_FALSE(store->renew(store->current()));
}

TEST_CASE("keys that are over when they come are refused with the time of their end") {
  support::FakeClock clock;
  const auto store = aws::store_of({.access_key = "A",
                                    .secret_key = "secret",
                                    .origin = "the environment",
                                    .expires = clock.now() - minutes(1)},
                                   clock);

  const auto error = support::error_of([&] { store->current(); });
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message() ==
        "find AWS credentials: those of the environment expired at 2025-06-15T15:05:40Z");
}
