// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/expand.hpp"

#include <doctest/doctest.h>

#include <string>

#include "support/error_of.hpp"

namespace {

using dockerfile::expand;
using dockerfile::Quotes;
using dockerfile::Variables;

const Variables& variables() {
  static const Variables all{{"name", "shop"},
                             {"empty", ""},
                             {"path", "/usr/local/lib/shop-1.2.jar"},
                             {"stars", "a*b*c"},
                             {"spaced", "one  two"}};
  return all;
}

}  // namespace

TEST_CASE("variables, quotes and escapes are replaced as BuildKit does") {
  struct Case {
    std::string word;
    std::string text;
  };
  for (const Case& c : {
           Case{"$name", "shop"},
           Case{"${name}s", "shops"},
           Case{"$names", ""},
           Case{"a$", "a$"},
           Case{"$/x", "$/x"},
           Case{"\\$name", "$name"},
           Case{"'$name'", "$name"},
           Case{"\"$name 'x'\"", "shop 'x'"},
           Case{R"("\$name \" \\ \x")", R"($name " \ \x)"},
           Case{R"(a\ b)", "a b"},
           Case{"x\\", "x"},
           Case{"${none-word}", "word"},
           Case{"${empty-word}", ""},
           Case{"${empty:-word}", "word"},
           Case{"${name:-word}", "shop"},
           Case{"${none:-${none2:-$name}}", "shop"},
           Case{"${none:-}", ""},
           Case{"${name+word}", "word"},
           Case{"${empty:+word}", ""},
           Case{"${empty+word}", "word"},
           Case{"${none+word}", ""},
           Case{"${name:?needed}", "shop"},
           Case{"${path#*/}", "usr/local/lib/shop-1.2.jar"},
           Case{"${path##*/}", "shop-1.2.jar"},
           Case{"${path%/*}", "/usr/local/lib"},
           Case{"${path%%/*}", ""},
           Case{"${path%.jar}", "/usr/local/lib/shop-1.2"},
           Case{"${path%.war}", "/usr/local/lib/shop-1.2.jar"},
           Case{"${path#?usr}", "/local/lib/shop-1.2.jar"},
           Case{R"(${stars#a\*})", "b*c"},
           Case{R"(${stars%%\**})", "a"},
           Case{"${path/l/L}", "/usr/Local/lib/shop-1.2.jar"},
           Case{"${path//l/L}", "/usr/LocaL/Lib/shop-1.2.jar"},
           Case{R"(${path//\//:})", ":usr:local:lib:shop-1.2.jar"},
           Case{"${path/s*p/X}", "/uX-1.2.jar"},
           Case{"${path//shop/}", "/usr/local/lib/-1.2.jar"},
           Case{"${name//x*/y}", "shop"},
           Case{"$1$@x", "x"},
       }) {
    CAPTURE(c.word);
    CHECK(expand(c.word, variables()).text == c.text);
  }
}

TEST_CASE("words are cut at spaces outside quotes, after replacing") {
  CHECK(expand("$spaced 'a b' c\\ d", variables()).words ==
        std::vector<std::string>{"one", "two", "a b", "c d"});
}

TEST_CASE("a document keeps its quotes") {
  CHECK(expand("say \"$name\" \\$name", variables(), {.quotes = Quotes::ordinary}).text ==
        "say \"shop\" $name");
}

TEST_CASE("the escape directive changes what escapes") {
  CHECK(expand("c:\\`$name $name", variables(), {.escape = '`'}).text == "c:\\$name shop");
}

TEST_CASE("undefined variables are those whose absence shows") {
  CHECK(expand("$a ${b} ${c:-x} ${d+y} ${e:-$f} ${name:-$g} ${h#x}", variables()).undefined ==
        std::set<std::string>{"a", "b", "f", "h"});
}

TEST_CASE("broken substitutions are refused with the reason") {
  struct Case {
    std::string word;
    std::string what;
  };
  for (const Case& c :
       {Case{"${name", "missing \"}\""}, Case{"${", "missing \"}\""},
        Case{"${}", "bad substitution"}, Case{"${:x}", "bad substitution"},
        Case{"${name:-x", "missing \"}\""}, Case{"${name/x}", "missing \"/\" in ${…}"},
        Case{"${name/x/y", "missing \"}\""}, Case{"${name!x}", "\"!\" is no modifier of ${name}"},
        Case{"${name:#x}", "\":#\" is no modifier of ${name}"},
        Case{"${none:?give a name}", "none: give a name"},
        Case{"${none?}", "none: must not be unset"}, Case{"${empty:?}", "empty: must not be empty"},
        Case{"'x", "a single quote is not closed"}, Case{"\"x", "a double quote is not closed"},
        Case{R"(${name#\x})", R"(invalid escape "\x" in the pattern "\x")"}}) {
    CAPTURE(c.word);
    CHECK(support::error_of([&] { expand(c.word, variables()); }).message() == c.what);
  }
}

TEST_CASE("growth and nesting have a bound") {
  const Variables big{{"b", std::string(300'000, 'x')}};
  CHECK_THROWS_AS(expand("$b$b$b$b", big), base::Error);
  CHECK_THROWS_AS(expand("${b#x}", big), base::Error);
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "${a:-";
  CHECK(support::error_of([&] { expand(deep, {}); }).message() ==
        "substitutions are nested too deep");
}
