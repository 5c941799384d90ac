// SPDX-License-Identifier: Apache-2.0
#include "sandbox/event_lines.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "file/temp_dir.hpp"

TEST_CASE("an event is one line for people") {
  CHECK(
      sandbox::event_line(
          R"({"time":1750000000.25,"kind":"deployment","from":"Queued","to":"Ready","reason":""})") ==
      "15:06:40.250 deployment Queued -> Ready");
  CHECK(sandbox::event_line("not json") == "not json");
}

TEST_CASE("a line that is still being written waits for its end") {
  const file::TempDir folder("events");
  std::ofstream log(folder.path() / "events.ndjson");
  sandbox::EventLines lines(folder.path() / "events.ndjson");
  log << "one\ntw" << std::flush;
  CHECK(lines.next() == std::vector<std::string>{"one"});
  CHECK(lines.next().empty());
  log << "o\n" << std::flush;
  CHECK(lines.next() == std::vector<std::string>{"two"});
}
