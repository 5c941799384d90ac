// SPDX-License-Identifier: Apache-2.0
// docker-push against Debian's docker-registry behind a line that breaks. What counts is what the
// registry has on its disk afterwards: a tag that names something incomplete is a broken release.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <iterator>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "process/child.hpp"
#include "support/fault_proxy.hpp"
#include "support/push_project.hpp"
#include "support/push_rig.hpp"
#include "support/stored_repository.hpp"

namespace {

using support::Fault;
using support::FaultProxy;
using support::PushCall;
using support::Pushed;
using support::StoredRepository;
using Rig = support::PushRig;
using Kind = Fault::Kind;

// One push over lines to both registries that count its requests and break as is said here.
struct Trial {
  std::string name{};
  Fault fault{};
  int number = 0;        // of the request that it hits
  bool lasting = false;  // it hits all after that too
  bool base_elsewhere = false;
  bool tagged = false;  // the tag names the old jar's image before
};

struct Outcome {
  Trial trial{};
  Pushed pushed{};
  std::string hit{};  // the first request that the fault hit; empty when there were not so many
  std::optional<std::string> tag{};
  std::string content{};
  std::vector<std::string> missing{};
  std::size_t unfinished_uploads = 0;
  int requests = 0;
};

Outcome run(const Rig& rig, const Trial& trial, const std::string& repository) {
  const StoredRepository stored = rig.repository(repository);
  if (trial.tagged) rig.repository("old").copy_to(repository);
  Outcome outcome{.trial = trial};
  std::mutex mutex;
  const FaultProxy::Plan plan = [&](const support::PassingRequest& request) {
    const std::lock_guard lock(mutex);
    const int number = ++outcome.requests;
    const bool hits = trial.lasting ? number >= trial.number : number == trial.number;
    if (!hits) return Fault{};
    if (outcome.hit.empty()) outcome.hit = request.method() + ' ' + request.target();
    return trial.fault;
  };
  {
    const FaultProxy line(rig.registry.address(), plan);
    const FaultProxy line_elsewhere(rig.elsewhere.address(), plan);
    outcome.pushed =
        rig.push({.registry = line.authority(),
                  .repository = repository,
                  .base = rig.base_of((trial.base_elsewhere ? line_elsewhere : line).authority()),
                  .more = {"--max-wait", trial.lasting ? "1s" : "20s"}});
  }
  outcome.tag = stored.tag("1");
  if (outcome.tag) {
    outcome.missing = stored.missing(*outcome.tag);
    outcome.content = stored.content(*outcome.tag);
  }
  outcome.unfinished_uploads = stored.unfinished_uploads();
  return outcome;
}

// Nobody can cancel an upload whose name got lost with the answer that opened it, or cancels one
// that is said to be gone; and 2.8 may write on in the folder of an upload that it dropped, when
// the end of its body came late.
bool may_leave_upload(const Outcome& outcome) {
  const Fault& fault = outcome.trial.fault;
  return outcome.trial.lasting || fault.kind == Kind::cut_request ||
         fault.kind == Kind::lose_answer || fault.kind == Kind::cut_answer || fault.status == 404;
}

std::vector<Outcome> run_all(const Rig& rig, const std::vector<Trial>& trials, int at_once) {
  std::vector<Outcome> outcomes(trials.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::future<void>> workers;
  for (int i = 0; i < at_once; ++i) {
    workers.push_back(std::async(std::launch::async, [&] {
      for (std::size_t at = next++; at < trials.size(); at = next++) {
        const auto* kind = trials[at].fault.kind == Kind::stall ? "silent" : "shop";
        outcomes[at] = run(rig, trials[at], fmt::format("{}-{}", kind, at));
      }
    }));
  }
  for (auto& worker : workers) worker.get();
  return outcomes;
}

// What an undisturbed push of a jar makes.
struct Expected {
  std::string before{};
  std::string after{};
  int requests = 0;
};

Expected expected_of(const Rig& rig) {
  const auto old = rig.push({.registry = rig.registry.address(),
                             .repository = "old",
                             .base = rig.base_of(rig.registry.address()),
                             .jar = "old.jar"});
  INFO(old.run.err);
  REQUIRE(old.run.exit.ok());
  const Outcome clean = run(rig, {.base_elsewhere = true}, "clean");
  INFO(clean.pushed.run.err);
  REQUIRE(clean.pushed.run.exit.ok());
  const auto stored = rig.repository("old");
  return {.before = stored.content(stored.tag("1").value()),
          .after = clean.content,
          .requests = clean.requests};
}

void check(const Outcome& outcome, const Expected& expected) {
  const Trial& trial = outcome.trial;
  CAPTURE(trial.name);
  CAPTURE(trial.number);
  CAPTURE(trial.lasting);
  CAPTURE(trial.base_elsewhere);
  CAPTURE(trial.tagged);
  CAPTURE(outcome.hit);
  INFO(outcome.pushed.run.err);
  CHECK(outcome.missing.empty());
  const bool is_old = trial.tagged ? outcome.content == expected.before : !outcome.tag;
  const bool is_new = outcome.content == expected.after;
  CHECK((is_old || is_new));
  const auto& exit = outcome.pushed.run.exit;
  if (exit.ok()) CHECK(is_new);
  CHECK(exit.signal == 0);
  CHECK(exit.ok() == support::error_line(outcome.pushed.run).empty());
  CHECK(outcome.pushed.scratch_files == 0);
  if (!may_leave_upload(outcome)) CHECK(outcome.unfinished_uploads == 0);
}

Fault answer_of(int status, const std::string& retry_after = {}) {
  Fault fault{.kind = Kind::answer, .status = status};
  if (!retry_after.empty()) fault.headers.emplace_back("Retry-After", retry_after);
  return fault;
}

}  // namespace

TEST_CASE(
    "whichever request fails for a moment, the push goes on and the tag is right (half of the "
    "requests and faults, and silence at each)") {
  const Rig rig;
  const Expected expected = expected_of(rig);
  const std::vector<std::pair<std::string, Fault>> faults{
      {"hang-up", {.kind = Kind::hang_up}},
      {"cut-request", {.kind = Kind::cut_request}},
      {"lost-answer", {.kind = Kind::lose_answer}},
      {"cut-answer", {.kind = Kind::cut_answer}},
      {"500", answer_of(500)},
      {"502", answer_of(502)},
      {"503", answer_of(503, "0")},
      {"429", answer_of(429, "1")}};
  std::vector<Trial> trials;
  std::vector<Trial> stalls;
  for (const bool base_elsewhere : {false, true}) {
    for (int number = 1; number <= expected.requests; ++number) {
      for (const auto& [name, fault] : faults) {
        trials.push_back({.name = name,
                          .fault = fault,
                          .number = number,
                          .base_elsewhere = base_elsewhere,
                          .tagged = trials.size() % 3 == 0});
      }
    }
  }
  for (int number = 1; number <= expected.requests; ++number) {
    stalls.push_back({.name = "stall",
                      .fault = {.kind = Kind::stall},
                      .number = number,
                      .base_elsewhere = true});
  }

  std::shuffle(trials.begin(), trials.end(), std::minstd_rand(5));
  trials.resize(trials.size() / 2);

  // Silence is given half a minute, so all of it is waited for at once, beside the rest.
  auto waiting = std::async(std::launch::async,
                            [&] { return run_all(rig, stalls, static_cast<int>(stalls.size())); });
  std::vector<Outcome> outcomes = run_all(rig, trials, 6);
  std::ranges::move(waiting.get(), std::back_inserter(outcomes));

  for (const Outcome& outcome : outcomes) {
    check(outcome, expected);
    INFO(outcome.trial.name, " at ", outcome.hit, '\n', outcome.pushed.run.err);
    CHECK(outcome.pushed.run.exit.ok());
  }
}

TEST_CASE("whatever stays broken from some request on, the tag is as it was or right") {
  const Rig rig;
  const Expected expected = expected_of(rig);
  struct Case {
    std::string name;
    Fault fault;
    bool lasting;
    std::vector<int> codes;  // beside 0
  };
  const std::vector<Case> cases{
      {"gone", {.kind = Kind::hang_up}, true, {4}}, {"503", answer_of(503), true, {4}},
      {"429", answer_of(429, "3600"), true, {4}},   {"401", answer_of(401), true, {3}},
      {"403", answer_of(403), true, {1}},           {"401 once", answer_of(401), false, {3}},
      {"403 once", answer_of(403), false, {1}},     {"404 once", answer_of(404), false, {1, 7}}};
  std::vector<Trial> trials;
  for (int number = 1; number <= expected.requests; ++number) {
    for (const Case& each : cases) {
      trials.push_back({.name = each.name,
                        .fault = each.fault,
                        .number = number,
                        .lasting = each.lasting,
                        .base_elsewhere = (trials.size() + trials.size() / cases.size()) % 2 == 0,
                        .tagged = trials.size() % 3 == 0});
    }
  }
  const std::vector<Outcome> outcomes = run_all(rig, trials, 6);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    const Case& each = cases[i % cases.size()];
    check(outcome, expected);
    INFO(each.name, " at ", outcome.hit, '\n', outcome.pushed.run.err);
    const auto& exit = outcome.pushed.run.exit;
    CHECK((exit.ok() || std::ranges::find(each.codes, exit.code) != each.codes.end()));
    if (each.name == "503" || each.name == "403") {
      CHECK((exit.ok() ||
             support::error_line(outcome.pushed.run).find(each.name) != std::string::npos));
    }
  }
}

TEST_CASE("two agents that push to one tag at a time leave it with one of their images, whole") {
  const Rig rig;
  const Expected expected = expected_of(rig);
  for (int round = 0; round < 20; ++round) {
    const auto name = fmt::format("raced-{}", round % 10);
    const StoredRepository stored = rig.repository(name);
    const auto agent = [&](const std::string& jar) {
      return std::async(std::launch::async, [&rig, &name, jar] {
        return rig.push({.registry = rig.registry.address(),
                         .repository = name,
                         .base = rig.base_of(rig.registry.address()),
                         .jar = jar});
      });
    };
    auto one = agent("old.jar");
    auto other = agent("new.jar");
    const std::array<Pushed, 2> pushed{one.get(), other.get()};
    CAPTURE(round);
    const auto tag = stored.tag("1");
    REQUIRE(tag);
    CHECK(stored.missing(*tag).empty());
    const std::string content = stored.content(*tag);
    CHECK((content == expected.before || content == expected.after));
    CHECK(stored.unfinished_uploads() == 0);
    for (const Pushed& each : pushed) {
      INFO(each.run.err);
      CHECK((each.run.exit.ok() || each.run.exit.code == 7));
      if (!each.run.exit.ok()) {
        CHECK(support::error_line(each.run).starts_with(
            fmt::format("check {}/{}:1 after the push: it ", rig.registry.address(), name)));
      }
    }
  }
}

TEST_CASE(
    "a push that is ended at any moment leaves the tag as it was or right, and the next works") {
  const Rig rig;
  const Expected expected = expected_of(rig);
  const auto seed = std::random_device{}();
  MESSAGE("seed ", seed);
  std::mt19937 random(seed);
  const auto begun = std::chrono::steady_clock::now();
  rig.push({.registry = rig.registry.address(),
            .repository = "whole",
            .base = rig.base_of(rig.elsewhere.address())});
  const auto whole = std::chrono::steady_clock::now() - begun;
  std::uniform_int_distribution<std::int64_t> moment(0, whole.count());
  constexpr int terminations = 40;
  int ended = 0;
  int left_by_term = 0;
  for (int i = 0; i < terminations; ++i) {
    const int signal = i % 3 == 0 ? SIGKILL : SIGTERM;
    const auto name = fmt::format("ended-{}", i);
    const StoredRepository stored = rig.repository(name);
    const bool tagged = i % 2 == 0;
    if (tagged) rig.repository("old").copy_to(name);
    const file::TempDir machine("push", rig.folder.path());
    const PushCall call{.registry = rig.registry.address(),
                        .repository = name,
                        .base = rig.base_of(rig.elsewhere.address())};
    auto command = rig.command(call, machine.path());
    command.output = machine.path() / "log";
    const std::chrono::nanoseconds after(moment(random));
    CAPTURE(signal);
    CAPTURE(after.count());
    process::Child child(command);
    std::this_thread::sleep_for(after);
    child.signal_group(signal);
    const auto exit = child.wait();
    INFO(file::read(command.output));
    CHECK((exit.signal == signal || exit.ok()));
    ended += exit.signal == 0 ? 0 : 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the registry goes on by itself
    const auto tag = stored.tag("1");
    const std::string content = tag ? stored.content(*tag) : "";
    if (tag) CHECK(stored.missing(*tag).empty());
    CHECK((content == (tagged ? expected.before : "") || content == expected.after));
    if (signal == SIGTERM) {
      CHECK(std::filesystem::is_empty(machine.path() / "tmp"));
      left_by_term += stored.unfinished_uploads() > 0 ? 1 : 0;
    }
    const auto next = rig.push(call);
    INFO(next.run.err);
    CHECK(next.run.exit.ok());
    CHECK(stored.content(stored.tag("1").value()) == expected.after);
  }
  CHECK(left_by_term <= 1);  // an answer that takes longer than a second is not waited for
  MESSAGE(ended, " of ", terminations, " runs were ended, ", left_by_term,
          " left an upload after SIGTERM");
}
