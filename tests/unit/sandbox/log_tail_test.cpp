// SPDX-License-Identifier: Apache-2.0
#include "sandbox/agent/log_tail.hpp"

#include <doctest/doctest.h>

#include <string>

using sandbox::agent::log_tail;

TEST_CASE("a short log is its own tail") {
  CHECK(log_tail("").empty());
  CHECK(log_tail("a\nb\n") == "a\nb\n");
  CHECK(log_tail("no end") == "no end");
}

TEST_CASE("the tail has whole lines of fewer than 2048 characters") {
  const std::string line(100, 'x');
  std::string log;
  for (int i = 0; i < 40; ++i) log += line + '\n';
  CHECK(log_tail(log).size() == 20 * 101);
  CHECK(log_tail(std::string(2046, 'x') + '\n').size() == 2047);
  CHECK(log_tail(std::string(2047, 'x') + '\n').empty());
  CHECK(log_tail(std::string(5000, 'x') + "\nend\n") == "end\n");
}

TEST_CASE("characters are counted, not bytes") {
  std::string line;
  for (int i = 0; i < 1000; ++i) line += "\xC3\xA4";  // a-umlaut, two bytes
  CHECK(log_tail(line + "\n" + line + "\n") == line + "\n" + line + "\n");
}
