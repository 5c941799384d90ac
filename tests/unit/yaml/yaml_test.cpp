// SPDX-License-Identifier: Apache-2.0
#include "yaml/yaml.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "support/error_of.hpp"

using support::error_of;
using yaml::NodeKind;

namespace {

yaml::Node parsed(std::string_view text) { return yaml::parse(text, "appspec.yml"); }

std::string refusal_of(std::string_view text) {
  const auto error = error_of([&] { yaml::parse(text, "appspec.yml"); });
  CHECK(error.kind() == base::Kind::integrity);
  return error.message();
}

}  // namespace

TEST_CASE("maps, lists and scalars keep their raw text and their order") {
  const auto root = parsed(
      "version: 0.0\n"
      "files:\n"
      "  - source: /\n"
      "    destination: /srv/app\n"
      "hooks: {BeforeInstall: [one, two]}\n");

  REQUIRE(root.kind == NodeKind::map);
  REQUIRE(root.members.size() == 3);
  CHECK(root.members[0].first == "version");
  CHECK(root.members[0].second.text == "0.0");
  const auto* files = root.find("files");
  REQUIRE(files != nullptr);
  REQUIRE(files->kind == NodeKind::list);
  REQUIRE(files->items.size() == 1);
  CHECK(files->items[0].find("destination")->text == "/srv/app");
  CHECK(root.find("hooks")->find("BeforeInstall")->items.at(1).text == "two");
  CHECK(root.find("nothing") == nullptr);
  CHECK(root.find("version")->find("x") == nullptr);
}

TEST_CASE("a scalar tells whether it was quoted") {
  const auto root = parsed("a: 0644\nb: '0644'\nc: \"0644\"\nd: |\n  0644\ne: plain words\n");
  CHECK_FALSE(root.find("a")->quoted);
  CHECK(root.find("b")->quoted);
  CHECK(root.find("c")->quoted);
  CHECK(root.find("d")->quoted);
  CHECK(root.find("d")->text == "0644\n");
  CHECK_FALSE(root.find("e")->quoted);
  for (const auto* name : {"a", "b", "c"}) CHECK(root.find(name)->text == "0644");
}

TEST_CASE("a missing value, a tilde and the word null are null unless quoted") {
  const auto root = parsed("a:\nb: ~\nc: null\nd: 'null'\ne: ''\n");
  for (const auto* name : {"a", "b", "c"}) CHECK(root.find(name)->kind == NodeKind::null);
  for (const auto* name : {"d", "e"}) CHECK(root.find(name)->kind == NodeKind::scalar);
}

TEST_CASE("an empty text is a null node") {
  for (const std::string_view text : {"", "\n", "# only a comment\n", "---\n", "---\n...\n"}) {
    CAPTURE(text);
    CHECK(parsed(text).kind == NodeKind::null);
  }
}

TEST_CASE("every node knows its line and column, from 1") {
  const auto root = parsed("# comment\na: 1\nlist:\n  - x\n  -   y\n");
  CHECK(root.find("a")->place.line == 2);
  CHECK(root.find("a")->place.column == 4);
  const auto* list = root.find("list");
  CHECK(list->place.line == 4);
  CHECK(list->place.column == 3);
  CHECK(list->items[1].place.line == 5);
  CHECK(list->items[1].place.column == 7);

  const auto missing = parsed("\n  a:\n\n\n  b: 1\n");
  CHECK(missing.find("a")->place.line == 2);
  CHECK(missing.find("a")->place.column == 3);
}

TEST_CASE("what YAML has beyond plain data is refused with its place") {
  struct Case {
    std::string_view text;
    std::string_view words;
  };
  constexpr Case cases[] = {
      {"a: &x 1\n", "line 1 column 4: an anchor is not read here"},
      {"a: &x {b: 1}\n", "line 1 column 4: an anchor is not read here"},
      {"a: &x [1]\n", "line 1 column 4: an anchor is not read here"},
      {"a: &x\n", "line 1 column 4: an anchor is not read here"},
      {"&x a: 1\n", "line 1 column 1: an anchor is not read here"},
      {"a: 1\nb: *x\n", "line 2 column 4: the referenced anchor is not defined"},
      {"a: !!str 1\n", "line 1 column 4: a tag is not read here"},
      {"a: !ruby/object 1\n", "line 1 column 4: a tag is not read here"},
      {"a: !ruby/object {b: 1}\n", "line 1 column 4: a tag is not read here"},
      {"a: !!set [1]\n", "line 1 column 4: a tag is not read here"},
      {"!!map\na: 1\n", "line 1 column 1: a tag is not read here"},
      {"b: 1\n<<: {a: 1}\n", "line 2 column 1: a merge key is not read here"},
      {"a: 1\nb: 2\na: 3\n", "line 3 column 1: a second 'a' is not read here"},
      {"x:\n  a: 1\n  'a': 2\n", "line 3 column 3: a second 'a' is not read here"},
      {"? [1]\n: 2\n", "line 1 column 3: a key that is no scalar is not read here"},
      {"? {a: 1}\n: 2\n", "line 1 column 3: a key that is no scalar is not read here"},
      {"~: 1\n", "line 1 column 1: a key that is no scalar is not read here"},
      {"a: 1\n---\nb: 2\n", "line 2 column 1: a second document is not read here"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    CHECK(refusal_of(c.text) == "parse appspec.yml: " + std::string(c.words));
  }
}

TEST_CASE("an alias bomb is refused at its first anchor") {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name < 'j'; ++name) {
    const auto before = static_cast<char>(name - 1);
    bomb += std::string(1, name) + ": &" + name + " [";
    for (int i = 0; i < 9; ++i) bomb += std::string("*") + before + (i < 8 ? ", " : "]\n");
  }
  CHECK(refusal_of(bomb) == "parse appspec.yml: line 1 column 4: an anchor is not read here");
}

TEST_CASE("a quoted merge key is a key like any other") {
  CHECK(parsed("'<<': 1\n").find("<<")->text == "1");
}

TEST_CASE("the end mark of the one document is fine") {
  CHECK(parsed("---\na: 1\n...\n").find("a")->text == "1");
}

TEST_CASE("bad syntax is refused with its place") {
  for (const std::string_view text :
       {"a: [1, 2\n", "a: 'open\n", "a: 1\n b: 2\n", "a: b: c\n", "}\n", "a: @x\n", "- a\nb: 1\n",
        "a:\n\t- b\n", "%YAML 3.0\n---\na: 1\n", "a: \"\\z\"\n"}) {
    CAPTURE(text);
    const auto words = refusal_of(text);
    CAPTURE(words);
    CHECK(words.starts_with("parse appspec.yml: line "));
  }
}

TEST_CASE("a quote that is not closed is refused, wherever the text ends") {
  for (const std::string_view text : {"a: 'open\n", "a: \"open\nb: 2\n\n", "- 'it''s\n"}) {
    CAPTURE(text);
    CHECK(refusal_of(text).ends_with(": a quote is not closed"));
  }
  CHECK_FALSE(refusal_of("a: 'open").empty());
}

TEST_CASE("nesting up to 32 is read, one deeper is refused, very deep as well") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(parsed(nested(32)).kind == NodeKind::list);
  CHECK(refusal_of(nested(33)) ==
        "parse appspec.yml: line 1 column 33: such deep nesting is not read here");
  CHECK_FALSE(refusal_of(std::string(100'000, '[')).empty());
  CHECK_FALSE(refusal_of(std::string(100'000, '{')).empty());
}

TEST_CASE("a text of more than a mebibyte is refused") {
  CHECK(refusal_of(std::string((1U << 20U) + 1, ' ')) == "parse appspec.yml: larger than 1 MiB");
}

TEST_CASE("a map of very many keys is read in time proportional to its size") {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "k" + std::to_string(i) + ": 0\n";
  const auto start = std::chrono::steady_clock::now();

  CHECK(parsed(text).members.size() == 50'000);

  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

TEST_CASE("a tolerant reading notes what is beyond plain data and goes on") {
  const auto document = yaml::read("a: &x 1\nb: *x\na: 2\nc: !foo 3\n---\nd: [\n");

  REQUIRE_FALSE(document.problem);
  REQUIRE(document.notes.size() == 5);
  using yaml::NoteKind;
  CHECK(document.notes[0].kind == NoteKind::anchor);
  CHECK(document.notes[1].kind == NoteKind::alias);
  CHECK(document.notes[2].kind == NoteKind::duplicate_key);
  CHECK(document.notes[2].text == "a");
  CHECK(document.notes[2].place.line == 3);
  CHECK(document.notes[2].earlier.line == 1);
  CHECK(document.notes[3].kind == NoteKind::tag);
  CHECK(document.notes[4].kind == NoteKind::extra_document);
  CHECK(document.notes[4].place.line == 5);
  CHECK(document.root.members.size() == 3);
  CHECK(document.root.find("a")->text == "2");
  CHECK(document.root.find("b")->kind == NodeKind::alias);
}

TEST_CASE("of equal keys the last value counts, a whole subtree too") {
  const auto document = yaml::read("a: {x: 1, y: [2]}\nb: 1\na: {z: 3}\n");
  CHECK(document.root.members.size() == 2);
  CHECK(document.root.find("a")->members.size() == 1);
  CHECK(document.root.find("a")->find("z")->text == "3");
  CHECK(document.root.find("a")->key_place.line == 3);
}

TEST_CASE("keys and values have byte offsets, a byte order mark counted") {
  const std::string text = "\xEF\xBB\xBF\"k\": v\nm:\n  - n: 'o'\n";
  const auto document = yaml::read(text);
  const auto at = [&](const yaml::Place& place) { return text.substr(place.offset, 3); };
  CHECK(at(document.root.find("k")->key_place) == "\"k\"");
  CHECK(at(document.root.find("k")->place) == "v\nm");
  const auto& item = document.root.find("m")->items.at(0);
  CHECK(at(item.find("n")->key_place) == "n: ");
  CHECK(at(item.find("n")->place) == "'o'");
}

TEST_CASE("what follows a document without a mark of its end is a problem") {
  for (const std::string_view text : {"- a\nb: c\n", "{a: 1}\nb: 2\n", "- a\n}\n"}) {
    CAPTURE(text);
    CHECK(yaml::read(text).problem);
  }
  for (const std::string_view text :
       {"a: 1\n---\nb: [\n", "a: 1\n...\n\n# x\nb: [\n", "a: 1\n...\n%YAML 1.1\n---\nb: [\n"}) {
    CAPTURE(text);
    CHECK_FALSE(yaml::read(text).problem);
  }
}

TEST_CASE("a key needs its colon, in block maps a line of its own without one is a problem") {
  CHECK(refusal_of("a: 1\nb:60\n") ==
        "parse appspec.yml: line 2 column 1: a key without ': ' after it");
  CHECK(yaml::read("x:\n  - a: b\n    c:60\n").problem);
  CHECK(yaml::read("a: \n0\n").problem);
  for (const std::string_view text :
       {"{a, b: 1}", "{a,\n  b}", "? a\n: 1\n", "a : 1\n", "'a' : 1\n", "\"a\\tb\": 1\n",
        "{\"a\":1}", "a b: 1\n", "&x a: 1\n"}) {
    CAPTURE(text);
    CHECK_FALSE(yaml::read(text).problem);
  }
}
