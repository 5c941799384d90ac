// SPDX-License-Identifier: Apache-2.0
#include "appspec/plain_scalar.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace {

yaml::Node plain(const std::string& text) { return {.kind = yaml::NodeKind::scalar, .text = text}; }

yaml::Node quoted(const std::string& text) {
  return {.kind = yaml::NodeKind::scalar, .text = text, .quoted = true};
}

}  // namespace

TEST_CASE("a plain scalar is the integer that YAML 1.1 makes of it") {
  struct Case {
    std::string text;
    std::optional<std::int64_t> value;
  };
  const std::vector<Case> cases{{"0", 0},        {"644", 644},   {"0644", 420},     {"0777", 511},
                                {"04755", 2541}, {"0888", {}},   {"-5", -5},        {"1_000", 1000},
                                {"0x1F", 31},    {"1:30", 5400}, {"1:00:05", 3605}, {"1:75", {}},
                                {"5m", {}},      {"1.9", {}},    {"", {}},          {"abc", {}}};
  for (const auto& example : cases) {
    CAPTURE(example.text);
    CHECK(appspec::find_integer(plain(example.text)) == example.value);
  }
}

TEST_CASE("a quoted scalar is never a number") {
  CHECK_FALSE(appspec::find_integer(quoted("644")));
  CHECK_FALSE(appspec::find_float(quoted("0.0")));
}

TEST_CASE("to_i takes leading digits, to_s shows the number that was meant") {
  CHECK(appspec::to_ruby_integer(plain("5m")) == 5);
  CHECK(appspec::to_ruby_integer(plain("1.9")) == 1);
  CHECK(appspec::to_ruby_integer(plain("1:30")) == 5400);
  CHECK(appspec::to_ruby_integer(quoted("30")) == 30);
  CHECK(appspec::to_ruby_integer(plain("abc")) == 0);
  CHECK(appspec::to_ruby_integer(plain("-7x")) == 0 - 7);
  CHECK(appspec::to_ruby_string(plain("0644")) == "420");
  CHECK(appspec::to_ruby_string(quoted("0644")) == "0644");
}

TEST_CASE("dates are told from other scalars") {
  CHECK(appspec::is_date(plain("2026-01-31")));
  CHECK(appspec::is_date(plain("2026-1-3 10:00:00")));
  CHECK_FALSE(appspec::is_date(quoted("2026-01-31")));
  CHECK_FALSE(appspec::is_date(plain("1-2-3")));
  CHECK_FALSE(appspec::is_date(plain("2026-01")));
}
