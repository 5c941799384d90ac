// SPDX-License-Identifier: Apache-2.0
#include "json/field.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "base/error.hpp"
#include "json/value.hpp"
#include "support/error_of.hpp"

using support::error_of;

namespace {

const json::Value& document() {
  static const auto value = json::parse(
      R"({"text":"a","whole":7,"real":1.5,"yes":true,"none":null,"list":[{"n":1},{"n":"x"}],)"
      R"("inner":{"deep":{"value":"found"}}})",
      "test");
  return value;
}

json::Field root() { return {document(), "release.json"}; }

}  // namespace

TEST_CASE("a field gives the value of its type") {
  CHECK(root()["text"].string() == "a");
  CHECK(root()["whole"].integer() == 7);
  CHECK(root()["whole"].number() == 7.0);
  CHECK(root()["real"].number() == 1.5);
  CHECK(root()["yes"].boolean());
  CHECK(root()["inner"]["deep"]["value"].string() == "found");
  CHECK(root()["list"].items().at(0)["n"].integer() == 1);
  CHECK(root()["whole"].value() == json::Value(7));
}

TEST_CASE("a wrong type is told with the path, what was expected and what is there") {
  struct Case {
    std::function<void()> ask;
    std::string words;
  };
  const Case cases[] = {
      {[] { root()["whole"].string(); }, "release.json: /whole: expected a string, found a number"},
      {[] { root()["real"].integer(); },
       "release.json: /real: expected an integer, found a number"},
      {[] { root()["text"].integer(); },
       "release.json: /text: expected an integer, found a string"},
      {[] { root()["text"].number(); }, "release.json: /text: expected a number, found a string"},
      {[] { root()["text"].boolean(); }, "release.json: /text: expected a boolean, found a string"},
      {[] { root()["yes"].string(); }, "release.json: /yes: expected a string, found a boolean"},
      {[] { root()["list"].string(); }, "release.json: /list: expected a string, found an array"},
      {[] { root()["inner"].string(); },
       "release.json: /inner: expected a string, found an object"},
      {[] { root()["none"].string(); }, "release.json: /none: expected a string, found null"},
      {[] { root()["gone"].string(); }, "release.json: /gone: expected a string, found nothing"},
      {[] { root()["gone"].value(); }, "release.json: /gone: expected a value, found nothing"},
      {[] { root()["gone"]["deeper"].string(); },
       "release.json: /gone/deeper: expected a string, found nothing"},
      {[] { root()["none"]["deeper"].string(); },
       "release.json: /none/deeper: expected a string, found nothing"},
      {[] { root()["text"]["x"]; }, "release.json: /text: expected an object, found a string"},
      {[] { root()["inner"].items(); }, "release.json: /inner: expected an array, found an object"},
      {[] { root()["list"].items().at(1)["n"].integer(); },
       "release.json: /list/1/n: expected an integer, found a string"},
      {[] { root()["text"].maybe_integer(); },
       "release.json: /text: expected an integer, found a string"},
  };
  for (const auto& c : cases) {
    const auto error = error_of(c.ask);
    CHECK(error.kind() == base::Kind::integrity);
    CHECK(error.message() == c.words);
  }
}

TEST_CASE("an item of a document that is an array is told by its number") {
  const auto array = json::parse(R"([1,"x"])", "test");

  const auto error = error_of([&] { json::Field(array, "answer").items().at(1).integer(); });

  CHECK(error.message() == "answer: /1: expected an integer, found a string");
}

TEST_CASE("absent and null alike are no value to the maybe forms") {
  for (const auto* name : {"none", "gone"}) {
    CAPTURE(name);
    CHECK_FALSE(root()[name].exists());
    CHECK_FALSE(root()[name].maybe_string());
    CHECK_FALSE(root()[name].maybe_integer());
    CHECK_FALSE(root()[name].maybe_number());
    CHECK_FALSE(root()[name].maybe_boolean());
    CHECK(root()[name].items().empty());
  }
  CHECK(root()["text"].maybe_string() == "a");
  CHECK(root()["whole"].maybe_integer() == 7);
  CHECK(root()["real"].maybe_number() == 1.5);
  CHECK(root()["yes"].maybe_boolean() == true);
}
