// SPDX-License-Identifier: Apache-2.0
#include "aws/xml.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "base/error.hpp"

TEST_CASE("an answer of a query service is read with its members") {
  const auto root = aws::xml::parse(
      "<?xml version=\"1.0\"?>\n<R xmlns=\"http://x/doc/\">\n <List>\n"
      "  <member><Id>i-1</Id><Port>80</Port></member>\n  <member/>\n </List>\n"
      " <Meta><RequestId>r</RequestId></Meta></R>\n",
      "answer");

  CHECK(root.name == "R");
  REQUIRE(root.members("List").size() == 2);
  CHECK(root.members("List")[0]->text_of("Id") == "i-1");
  CHECK(root.members("List")[1]->children.empty());
  CHECK(root.members("Other").empty());
  CHECK(root.find("Other") == nullptr);
  CHECK(root.find("List")->text.empty());
}

TEST_CASE("character data is decoded and comments are dropped") {
  const auto root = aws::xml::parse(
      "<a b='1' c=\"&lt;\">x &amp; y<!-- no -->&#65;&#x1F600;<![CDATA[<&]]> </a>", "answer");

  CHECK(root.text == "x & yA\xF0\x9F\x98\x80<& ");
}

TEST_CASE("prefixes of names are dropped") {
  CHECK(aws::xml::parse("<s:a xmlns:s='u'><s:b>1</s:b></s:a>", "answer").text_of("b") == "1");
}

TEST_CASE("what no service sends is refused") {
  constexpr std::string_view cases[] = {
      "",
      "text",
      "<a>",
      "<a></b>",
      "<a/><b/>",
      "<a b></a>",
      "<a b=1></a>",
      "<a>&unknown;</a>",
      "<a>&#0;</a>",
      "<a>&#xD800;</a>",
      "<a>&#1114112;</a>",
      "<a>&#;</a>",
      "<a",
      "<a><!-- ",
      "<!DOCTYPE a [<!ENTITY e \"eeee\">]><a>&e;</a>",
  };
  for (const auto text : cases) {
    CAPTURE(text);
    CHECK_THROWS_AS(aws::xml::parse(text, "answer"), base::Error);
    CHECK_FALSE(aws::xml::find_parsed(text).has_value());
  }
}

TEST_CASE("nesting is bounded") {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  CHECK_THROWS_AS(aws::xml::parse(deep, "answer"), base::Error);
}
