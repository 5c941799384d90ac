// SPDX-License-Identifier: Apache-2.0
#include "json/value.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "support/error_of.hpp"

using support::error_of;

namespace {

json::Value parsed(std::string_view text) { return json::parse(text, "test"); }

std::string refusal_of(std::string_view text, json::Limits limits = {}) {
  const auto error = error_of([&] { json::parse(text, "answer of X", limits); });
  CHECK(error.kind() == base::Kind::integrity);
  return error.message();
}

}  // namespace

TEST_CASE("what is parsed is written the same, members in their order") {
  for (const std::string_view text :
       {"null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "1.5",
        "1.0", "1e+100", R"("")", R"("a")", "[]", "{}", R"([1,"a",null,true,{}])",
        R"({"z":1,"a":2,"m":[{"k":"v"}]})", R"("\"\\\b\f\n\r\t\u0001/ü")"}) {
    CAPTURE(text);
    CHECK(json::write(parsed(text)) == text);
  }
}

TEST_CASE("white space and escapes of the input leave no trace") {
  CHECK(json::write(parsed(" { \"a\" : [ 1 , 2 ] }\r\n\t")) == R"({"a":[1,2]})");
  CHECK(json::write(parsed(R"("\u00fc\/\ud83d\ude00")")) == "\"ü/😀\"");
}

TEST_CASE("a document for people has two spaces of indent and a final line break") {
  const auto value = json::object({{"schema", 1},
                                   {"list", json::Array{1, 2}},
                                   {"none", json::Object{}},
                                   {"empty", json::Array{}}});
  CHECK(json::write_pretty(value) ==
        "{\n  \"schema\": 1,\n  \"list\": [\n    1,\n    2\n  ],\n  \"none\": {},\n  \"empty\": "
        "[]\n}\n");
}

TEST_CASE("bad syntax is refused with the place") {
  for (const std::string_view text :
       {"",      " ",       "{",       "[1,]",        "{\"a\":1,}", "{a:1}",    "'a'",
        "nul",   "01",      "+1",      "1.",          "NaN",        "\"\t\"",   "[1] 2",
        "{} {}", "// c\n1", "\"\\x\"", "\"\\ud83d\"", "\"\xff\"",   "\"\xc3\"", "\"\xed\xa0\x80\"",
        "1e999", "[",       "]",       "\""}) {
    CAPTURE(text);
    const auto words = refusal_of(text);
    CAPTURE(words);
    CHECK(words.starts_with("parse answer of X: not JSON at byte "));
  }
  CHECK(refusal_of(R"({"a": x})") == "parse answer of X: not JSON at byte 7");
}

TEST_CASE("nesting up to the limit is read, one deeper is refused, a million deep as well") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(json::write(parsed(nested(64))) == nested(64));
  CHECK(refusal_of(nested(65)) == "parse answer of X: nested deeper than 64");
  CHECK(refusal_of(std::string(1'000'000, '[')) == "parse answer of X: nested deeper than 64");
  CHECK(refusal_of(R"({"a":{"b":{}}})", {.depth = 2}) == "parse answer of X: nested deeper than 2");
}

TEST_CASE("a document beyond the size limit is refused before it is read") {
  CHECK(refusal_of("[1,2,3]", {.bytes = 6}) == "parse answer of X: larger than 6 bytes");
  CHECK(json::write(json::parse("[1,2]", "test", {.bytes = 5})) == "[1,2]");
}

TEST_CASE("two members of one name are refused at any depth") {
  CHECK(refusal_of(R"({"a":1,"b":2,"a":3})") == "parse answer of X: two members named 'a'");
  CHECK(refusal_of(R"({"x":[{"a":1,"a":1}]})") == "parse answer of X: two members named 'a'");
  CHECK(refusal_of(R"({"a":1,"\u0061":2})") == "parse answer of X: two members named 'a'");
  CHECK(json::write(parsed(R"([{"a":1},{"a":2}])")) == R"([{"a":1},{"a":2}])");
}

TEST_CASE("an object of very many members is read in time proportional to its size") {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  text += "\"end\":1}";
  const auto start = std::chrono::steady_clock::now();

  const auto value = parsed(text);

  CHECK(value.find_object()->size() == 200'001);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

TEST_CASE("whole numbers stay exact as far as 64 bits go and become doubles beyond") {
  CHECK(*parsed("9223372036854775807").find_int() == std::numeric_limits<std::int64_t>::max());
  CHECK(*parsed("-9223372036854775808").find_int() == std::numeric_limits<std::int64_t>::min());
  for (const std::string_view text :
       {"9223372036854775808", "18446744073709551615", "12345678901234567890123"}) {
    CAPTURE(text);
    const auto value = parsed(text);
    CHECK(value.find_int() == nullptr);
    REQUIRE(value.find_double() != nullptr);
    CHECK(*value.find_double() > 9.2e18);
  }
  CHECK(*parsed("1e3").find_double() == 1000.0);
}

TEST_CASE("invalid UTF-8 is replaced when it is written, names included") {
  const auto value = json::object({{"k\xff", "a\xc3\x28z"}});
  CHECK(json::write(value) == "{\"k\xEF\xBF\xBD\":\"a\xEF\xBF\xBD(z\"}");
}

TEST_CASE("a number that JSON has no word for is written as null") {
  CHECK(json::write(json::Value(std::numeric_limits<double>::infinity())) == "null");
  CHECK(json::write(json::Value(std::numeric_limits<double>::quiet_NaN())) == "null");
}

TEST_CASE("a zero byte in a string survives") {
  const auto value = parsed(R"("a\u0000b")");
  CHECK(value.find_string()->size() == 3);
  CHECK(json::write(value) == R"("a\u0000b")");
}

TEST_CASE("a pointer of RFC 6901 finds what the RFC says") {
  const auto document = parsed(R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,)"
                               R"("i\\j":5,"k\"l":6," ":7,"m~n":8})");
  struct Case {
    std::string_view pointer;
    std::string_view found;
  };
  constexpr Case cases[] = {
      {"/foo", R"(["bar","baz"])"},
      {"/foo/0", R"("bar")"},
      {"/foo/1", R"("baz")"},
      {"/", "0"},
      {"/a~1b", "1"},
      {"/c%d", "2"},
      {"/e^f", "3"},
      {"/g|h", "4"},
      {"/i\\j", "5"},
      {"/k\"l", "6"},
      {"/ ", "7"},
      {"/m~0n", "8"},
  };
  CHECK(document.find_pointer("") == &document);
  for (const auto& c : cases) {
    CAPTURE(c.pointer);
    const auto* found = document.find_pointer(c.pointer);
    REQUIRE(found != nullptr);
    CHECK(json::write(*found) == c.found);
  }
  for (const std::string_view nothing : {"foo", "/none", "/foo/2", "/foo/-", "/foo/x",
                                         "/foo/0/deeper", "/foo/18446744073709551616"}) {
    CAPTURE(nothing);
    CHECK(document.find_pointer(nothing) == nullptr);
  }
}

TEST_CASE("setting a member replaces it where it stands or appends it") {
  json::Value value;
  value.set("a", 1);
  value.set("b", "two");
  value.set("a", true);

  CHECK(json::write(value) == R"({"a":true,"b":"two"})");
  CHECK(value.find("c") == nullptr);
  CHECK(json::Value(1).find("a") == nullptr);
}

TEST_CASE("a null grows into an array") {
  json::Value value;
  value.push_back(1);
  value.push_back(json::Value());
  CHECK(json::write(value) == "[1,null]");
}

TEST_CASE("values are equal when kind and content are") {
  CHECK(parsed(R"({"a":[1,{"b":null}]})") == parsed(R"({ "a": [1, {"b": null}] })"));
  CHECK_FALSE(parsed("1") == parsed("1.0"));
  CHECK_FALSE(parsed(R"({"a":1,"b":2})") == parsed(R"({"b":2,"a":1})"));
}
