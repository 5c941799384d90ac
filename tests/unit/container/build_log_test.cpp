// SPDX-License-Identifier: Apache-2.0
#include "container/build_log.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "container/buildkit_trace.hpp"

namespace {

using container::Message;
using container::TraceEvent;
using Lines = std::vector<std::string>;

struct Log {
  Lines lines;
  container::BuildLog log{[this](std::string_view line) { lines.emplace_back(line); }};
};

// Protobuf, for texts of less than 128 bytes.
std::string text_field(int number, const std::string& text) {
  std::string bytes(1, static_cast<char>(number << 3 | 2));
  bytes += static_cast<char>(text.size());
  return bytes + text;
}

std::string number_field(int number, char value) { return {static_cast<char>(number << 3), value}; }

std::string step(const std::string& fields) { return text_field(1, fields); }

}  // namespace

TEST_CASE("output becomes whole lines without colours") {
  Log log;
  log.log.take({.output = "Step 1/3 "});
  log.log.take({.output = ": RUN x\n\x1b[91mfirst\x1b[0m\nsec"});
  log.log.take({.output = "ond"});
  log.log.take({.status = "Digest: sha256:1"});
  CHECK(log.lines == Lines{"Step 1/3 : RUN x", "first", "Digest: sha256:1"});
  log.log.finish();
  CHECK(log.lines.back() == "second");
  CHECK(log.log.failure().empty());
}

TEST_CASE("a failure says the engine's words and what the step said last") {
  Log log;
  log.log.take({.output = "Step 2/3 : RUN frob\n ---> Running in 1\n"});
  log.log.take({.output = "/bin/sh: frob: not found\n"});
  log.log.take({.output = "Removing intermediate container 1\n"});
  log.log.take({.error = "The command '/bin/sh -c frob' returned a non-zero code: 127\n"});
  log.log.take({.error = "later"});
  CHECK(log.log.failure() ==
        "The command '/bin/sh -c frob' returned a non-zero code: 127: /bin/sh: frob: not found");

  Log mixed;
  mixed.log.take({.output = "Step 1/2 : RUN one\n\x1b[91mwarning: old\n\x1b[0m"});
  mixed.log.take({.output = "Step 2/2 : RUN two\n"});
  mixed.log.take({.output = "\x1b[91mtwo: cannot\n\x1b[0mall well\n"});
  mixed.log.take({.error = "exit 1"});
  CHECK(mixed.log.failure() == "exit 1: two: cannot");

  Log silent;
  silent.log.take({.output = "Step 1/1 : RUN exit 3\n"});
  silent.log.take({.error = "exit 3"});
  CHECK(silent.log.failure() == "exit 3");
}

TEST_CASE("a line without an end is cut, and never grows") {
  Log log;
  for (int i = 0; i < 3; ++i) log.log.take({.output = std::string(50'000, 'x')});
  log.log.finish();
  REQUIRE(log.lines.size() == 2);
  CHECK(log.lines[0].size() <= 130'000);
}

TEST_CASE(
    "BuildKit's steps are told once, their output by lines, and its failure with their words") {
  Log log;
  const std::string begun =
      step(text_field(1, "sha256:1") + text_field(3, "[1/2] RUN frob") + text_field(5, "time"));
  const std::string output =
      text_field(3, text_field(1, "sha256:1") + number_field(3, 2) + text_field(4, "no frob\n")) +
      text_field(3, text_field(1, "sha256:1") + number_field(3, 1) + text_field(4, "one\n"));
  const std::string ended = step(text_field(1, "sha256:1") + text_field(3, "[1/2] RUN frob") +
                                 text_field(5, "time") + text_field(6, "time"));
  log.log.take({.trace = begun + output});
  log.log.take({.trace = ended});
  log.log.take({.error = "process did not complete"});
  CHECK(log.lines == Lines{"[1/2] RUN frob", "no frob", "one"});
  CHECK(log.log.failure() == "process did not complete: no frob");
}

TEST_CASE("a report that is cut short or unknown says what can be read of it") {
  const std::string cached =
      step(text_field(1, "sha256:1") + text_field(3, "FROM x") + number_field(4, 1) +
           text_field(5, "t") + text_field(6, "t") + text_field(9, "new"));
  const auto events = container::read_trace(number_field(12, 7) + cached + "\x0a\x7f short");
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == TraceEvent::Kind::step);
  CHECK(events[0].text == "FROM x (cached)");
  for (const std::string bytes : {"\xff", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "\x0b",
                                  "\x0a\xff\xff\xff\xff\x0f", "\x09\x01"}) {
    CHECK(container::read_trace(bytes).empty());
  }
}

TEST_CASE("whatever bytes a report has, reading it ends") {
  const std::string good =
      step(text_field(1, "sha256:1") + text_field(3, "FROM x") + text_field(5, "t")) +
      text_field(3, text_field(1, "sha256:1") + text_field(4, "line\n"));
  std::minstd_rand random(20);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good.substr(0, random() % (good.size() + 1));
    for (auto changes = random() % 4; changes > 0 && !bytes.empty(); --changes) {
      bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
    }
    Log log;
    log.log.take({.trace = bytes});
    log.log.finish();
    CHECK(log.lines.size() <= 2 + bytes.size());
  }
}
