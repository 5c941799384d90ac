// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/xml.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/error.hpp"

using sandbox::xml::leaf;
using sandbox::xml::node;
using sandbox::xml::parse;
using sandbox::xml::write;

TEST_CASE("elements are written with their namespace and escaped text") {
  const auto document = node("A", {leaf("B", "<&>\"\r\n"), node("C"), leaf("D", 7)}, "http://x/");
  CHECK(write(document) ==
        "<A xmlns=\"http://x/\"><B>&lt;&amp;&gt;&quot;&#13;\n</B><C/><D>7</D></A>");
}

TEST_CASE("what was written reads back") {
  const auto text = std::string("a < b & \"c\" \xC3\xBC\t\n");
  const auto document = parse(write_document(node("A", {leaf("B", text), leaf("B", "2")})));
  CHECK(document.name == "A");
  REQUIRE(document.children.size() == 2);
  CHECK(document.children[0].text == text);
  CHECK(document.find("B") == &document.children[0]);
  CHECK(document.text_of("absent").empty());
}

TEST_CASE("declarations, comments, attributes and character references are understood") {
  const auto document = parse(
      "<?xml version='1.0'?>\n<!-- x --><A b=\"1>2\" c='d'>\n <B>&#65;&#x42;&apos;</B><!-- y --> "
      "</A>\n");
  CHECK(document.text.empty());
  CHECK(document.text_of("B") == "AB'");
}

TEST_CASE("documents that are broken, or could expand, are refused") {
  for (const std::string text :
       {"", "text", "<A>", "<A></B>", "<A/><B/>", "<A", "<A>&unknown;</A>", "<A>&#0;</A>",
        "<A>&#x110000;</A>", "<A b=c/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><A>&b;</A>"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse(text), base::Error);
  }
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<A>";
  CHECK_THROWS_AS(parse(deep), base::Error);
}
