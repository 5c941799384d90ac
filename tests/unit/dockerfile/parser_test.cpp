// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/parser.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/error_of.hpp"

namespace {

using dockerfile::Command;
using dockerfile::Dockerfile;
using dockerfile::Instruction;
using dockerfile::parse;

using Words = std::vector<std::string>;

Instruction only(const std::string& text) {
  const Dockerfile file = parse(text);
  REQUIRE(file.instructions.size() == 1);
  return file.instructions.front();
}

}  // namespace

TEST_CASE("an instruction knows its lines, flags and words") {
  const Dockerfile file = parse(
      "# a comment\n"
      "FROM eclipse-temurin:17-jre AS run\n"
      "\n"
      "  copy --from=build --chown=app:app \\\n"
      "    # of the last stage\n"
      "    /src/a.jar \\\n"
      "    /app/\n"
      "CMD [\"java\", \"-jar\", \"/app/a.jar\"]\n");

  REQUIRE(file.instructions.size() == 3);
  const Instruction& copy = file.instructions[1];
  CHECK(copy.command == Command::copy);
  CHECK(copy.keyword == "copy");
  CHECK(copy.line == 4);
  CHECK(copy.last_line == 7);
  CHECK(copy.find_flag("from")->value == "build");
  CHECK(copy.find_flag("chown")->value == "app:app");
  CHECK(copy.find_flag("chmod") == nullptr);
  CHECK(copy.arguments == Words{"/src/a.jar", "/app/"});
  CHECK(file.instructions[2].line == 8);
  CHECK(file.instructions[2].exec_form);
  CHECK(file.instructions[2].arguments == Words{"java", "-jar", "/app/a.jar"});
}

TEST_CASE("exec form is a JSON array of strings, all else is for a shell") {
  struct Case {
    std::string line;
    bool exec;
    Words arguments;
  };
  for (const Case& c : {Case{R"(CMD ["a b", "c\n"])", true, {"a b", "c\n"}},
                        Case{R"(CMD ['a', 'b'])", false, {"['a', 'b']"}},
                        Case{R"(CMD ["a", "b",])", false, {R"(["a", "b",])"}},
                        Case{"CMD [ -f /x ] && y", false, {"[ -f /x ] && y"}},
                        Case{"CMD []", true, {}}, Case{"RUN   a   b ", false, {"a   b"}},
                        Case{R"(COPY ["a b", "/c d/"])", true, {"a b", "/c d/"}},
                        Case{"VOLUME /a /b", false, {"/a", "/b"}},
                        Case{R"(HEALTHCHECK CMD ["a"])", true, {"CMD", "a"}},
                        Case{"HEALTHCHECK --interval=5s cmd a b", false, {"cmd", "a b"}},
                        Case{"HEALTHCHECK none", false, {"none"}}}) {
    CAPTURE(c.line);
    const Instruction got = only(c.line);
    CHECK(got.exec_form == c.exec);
    CHECK(got.arguments == c.arguments);
  }
}

TEST_CASE("pairs keep quotes and escapes, ENV has an old form with a space") {
  struct Case {
    std::string line;
    std::vector<std::pair<std::string, std::string>> pairs;
  };
  for (const Case& c :
       {Case{R"(ENV A=1 B="x y" C=x\ y)", {{"A", "1"}, {"B", R"("x y")"}, {"C", R"(x\ y)"}}},
        Case{"ENV A x  y ", {{"A", "x  y"}}},
        Case{"LABEL a.b=c 'd e'=f", {{"a.b", "c"}, {"'d e'", "f"}}},
        Case{"ARG A B= C=2", {{"A", ""}, {"B", ""}, {"C", "2"}}}}) {
    CAPTURE(c.line);
    const Instruction got = only(c.line);
    REQUIRE(got.pairs.size() == c.pairs.size());
    for (std::size_t i = 0; i < c.pairs.size(); ++i) {
      CHECK(got.pairs[i].name == c.pairs[i].first);
      CHECK(got.pairs[i].value == c.pairs[i].second);
    }
  }
  CHECK_FALSE(only("ARG A").pairs.front().has_value);
  CHECK(only("ARG A=").pairs.front().has_value);
  CHECK(only("ENV A x").legacy_pair);
}

TEST_CASE("documents follow their instruction") {
  const Dockerfile file = parse(
      "FROM scratch\n"
      "COPY <<a.txt <<-'b.txt' /x/\n"
      "one $HOME\n"
      "\\\n"
      "a.txt\n"
      "\t\ttwo\n"
      "\tb.txt\n"
      "RUN cat <<EOF > /f && echo $((1<<2))\n"
      "COPY this is no instruction\n"
      "EOF\n"
      "USER app\n");
  REQUIRE(file.instructions.size() == 4);
  const auto& copy = file.instructions[1];
  REQUIRE(copy.heredocs.size() == 2);
  CHECK(copy.heredocs[0].name == "a.txt");
  CHECK(copy.heredocs[0].content == "one $HOME\n\\\n");
  CHECK(copy.heredocs[0].expand);
  CHECK(copy.heredocs[1].content == "two\n");
  CHECK_FALSE(copy.heredocs[1].expand);
  CHECK(copy.last_line == 7);
  REQUIRE(file.instructions[2].heredocs.size() == 1);
  CHECK(file.instructions[2].heredocs[0].content == "COPY this is no instruction\n");
  CHECK(file.instructions[3].command == Command::user);
  CHECK(file.instructions[3].line == 11);
}

TEST_CASE("directives stand before everything else") {
  const Dockerfile windows = parse(
      "\xef\xbb\xbf# escape=`\r\n#syntax = docker/dockerfile:1\r\n"
      "FROM a\r\nCOPY c:\\x `\r\n  c:\\y\\\r\n");
  CHECK(windows.escape == '`');
  CHECK(windows.syntax == "docker/dockerfile:1");
  CHECK(windows.instructions[1].arguments == Words{"c:\\x", "c:\\y\\"});

  CHECK(parse("# a comment\n# escape=`\nFROM a\n").escape == '\\');
  CHECK(parse("#check=skip=all\n# escape=`\nFROM a\n").escape == '`');
}

TEST_CASE("a line goes on after one escape character, not after two") {
  CHECK(only("RUN a \\  \n b").arguments == Words{"a  b"});
  CHECK(parse("RUN a \\\\\nRUN b").instructions.size() == 2);
  CHECK(only("RUN a \\").arguments == Words{"a"});
  const Dockerfile blank = parse("RUN a \\\n\n b\n");
  REQUIRE(blank.findings.size() == 1);
  CHECK(blank.findings[0].rule == "NoEmptyContinuations");
}

TEST_CASE("what cannot be parsed is told with its line") {
  struct Case {
    std::string text;
    std::string what;
    std::string hint;
  };
  for (const Case& c : {
           Case{"FROM a\n\nFORM b\n", "Dockerfile:3: unknown instruction FORM",
                "did you mean FROM?"},
           Case{"FROM a\nCOPY --form=x a b", "Dockerfile:2: COPY has no flag --form",
                "did you mean --from?"},
           Case{"COPY --from= a b", "Dockerfile:1: --from needs a value", ""},
           Case{"COPY --link=maybe a b", "Dockerfile:1: --link is true or false, not \"maybe\"",
                ""},
           Case{"COPY --from=a --from=b a b", "Dockerfile:1: --from is given twice", ""},
           Case{"COPY a", "Dockerfile:1: COPY needs a source and a destination", ""},
           Case{"CMD [1]", "Dockerfile:1: a JSON array of arguments holds only strings", ""},
           Case{"FROM a b", "Dockerfile:1: FROM takes an image, or an image AS a name", ""},
           Case{"ENV A", "Dockerfile:1: ENV needs a name and a value", ""},
           Case{"ENV A=1 B", "Dockerfile:1: \"B\" has no \"=\"",
                "write NAME=value, with quotes around a value that has spaces"},
           Case{"SHELL /bin/sh", "Dockerfile:1: SHELL needs a JSON array",
                R"(write SHELL ["/bin/sh", "-c"])"},
           Case{"ONBUILD FROM a", "Dockerfile:1: FROM cannot be a trigger of ONBUILD", ""},
           Case{"FROM a\nCOPY <<X /a\nx", "Dockerfile:2: the document <<X is not closed", ""},
           Case{"# escape=x\nFROM a", "Dockerfile:1: the escape character is \\ or `, not \"x\"",
                ""},
           Case{"# nothing\n", "Dockerfile: has no instruction", ""},
           Case{"", "Dockerfile: has no instruction", ""},
       }) {
    CAPTURE(c.text);
    const base::Error error = support::error_of([&] { parse(c.text); });
    CHECK(error.message() == c.what);
    CHECK(error.hint() == c.hint);
    CHECK(error.kind() == base::Kind::refused);
  }
  CHECK_THROWS_AS(parse(std::string((1U << 20U) + 1, '#')), base::Error);
  std::string many;
  for (int i = 0; i < 10'001; ++i) many += "USER a\n";
  CHECK(support::error_of([&] { parse(many); }).message() ==
        "Dockerfile:10001: more than 10000 instructions");
}
