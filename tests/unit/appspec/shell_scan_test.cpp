// SPDX-License-Identifier: Apache-2.0
#include "appspec/shell_scan.hpp"

#include <doctest/doctest.h>

#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "appspec/docker_call.hpp"

namespace {

std::string joint(appspec::Joint joint) {
  switch (joint) {
    case appspec::Joint::semicolon:
      return ";";
    case appspec::Joint::and_then:
      return "&&";
    case appspec::Joint::or_else:
      return "||";
    case appspec::Joint::pipe:
      return "|";
    case appspec::Joint::background:
      break;
  }
  return "&";
}

// "a b && [c] | " : words in brackets each, what follows, substitutions in parentheses.
std::string told(std::string_view script) {
  std::string text;
  for (const auto& command : appspec::scan_shell(script)) {
    if (command.substituted) text += "(";
    for (const auto& word : command.assignments) text += "{" + word.text + "}";
    for (const auto& word : command.words) text += "[" + word.text + "]";
    for (const auto& redirection : command.redirections) {
      text += std::to_string(redirection.fd) + redirection.operation + redirection.target;
    }
    text += command.substituted ? ")" : "";
    text += joint(command.after);
  }
  return text;
}

}  // namespace

TEST_CASE("commands are told with their words, redirections and joints") {
  struct Case {
    std::string script, expected;
  };
  const std::vector<Case> cases{
      {"a b\nc", "[a][b];[c];"},
      {"a && b || c | d & e ; f", "[a]&&[b]||[c]|[d]&[e];[f];"},
      {"a 'b c' \"d $e\" f\\ g", "[a][b c][d $e][f g];"},
      {"a # b | true\nc '#' x#y", "[a];[c][#][x#y];"},
      {"a \\\n  b &&\n  c", "[a][b]&&[c];"},
      {"X=1 Y='2 3' a z=4", "{X=1}{Y=2 3}[a][z=4];"},
      {"a >b 2>&1 </dev/null", "[a]1>b2>&10</dev/null;"},
      {"a &>b; c >>d", "[a]1&>b;[c]1>>d;"},
      {"cat <<EOF >x\na | true\n$(b)\nEOF\nc", "[cat]0<<EOF1>x;[c];"},
      {"cat <<-'END'\n\ta &\n\tEND\nb", "[cat]0<<-END;[b];"},
      {"cat <<< \"x | y\"", "[cat]0<<<x | y;"},
      {"if a; then b; elif c; then d; else e; fi", "[a];[b];[c];[d];[e];[fi];"},
      {"while read -r x; do a \"$x\"; done <f", "[read][-r][x];[a][$x];[done]0<f;"},
      {"for x in a b; do c; done", "[for][x][in][a][b];[c];[done];"},
      {"case $1 in a|b) c ;; *) d & ;; esac; e", "[c];[d]&[esac];[e];"},
      {"f() { a; }\nfunction g { b; }\nf", "[a];[}];[b];[}];[f];"},
      {"( a; b ) & { c; } >x", "[a];[b];[)]&[c];[}]1>x;"},
      {"[[ a && b || c ]] && d", "[[[ a && b || c ]&&[d];"},
      {"(( a && b )) && c", "[(( a && b ))]&&[c];"},
      {"x=$(a | b) c", "([a])|([b]);{x=$(a | b)}[c];"},
      {"echo \"$(a \"b c\" && d)\" e", "([a][b c])&&([d]);[echo][$(a \"b c\" && d)][e];"},
      {"echo `a | b`", "([a])|([b]);[echo][`a | b`];"},
      {"echo ${x:-a | b} $((1 | 2))", "[echo][${x:-a | b}][$((1 | 2))];"},
      {"a=(b c) d", "{a=}[d];"},
      {"diff <(a) <(b)", "([a]);([b]);[diff];"},
      {"! a", "[a];"},
      {"a |& b", "[a]|[b];"},
      {"a\r\nb\r\n", "[a];[b];"},
      {"$(case x in x) a;; esac) b", "([a]);([esac]);[$(case x in x) a;; esac)][b];"},
  };
  for (const auto& example : cases) {
    CAPTURE(example.script);
    CHECK(told(example.script) == example.expected);
  }
}

TEST_CASE("depth and conditions are known") {
  const auto commands = appspec::scan_shell("if a; then b; fi\nf() { c; }\n! d\ne");
  REQUIRE(commands.size() == 7);
  CHECK(commands[0].condition);
  CHECK_FALSE(commands[1].condition);
  CHECK(commands[1].depth == 1);
  CHECK(commands[2].depth == 0);
  CHECK(commands[3].depth == 1);
  CHECK(commands[5].condition);
  CHECK_FALSE(commands[6].condition);
  CHECK(commands[6].offset == 32);
}

TEST_CASE("any text is scanned to its end") {
  std::minstd_rand random(3);
  constexpr std::string_view alphabet = "ab '\"`$(){}[]<>|&;\\\n\t#=!-12case in esac";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += alphabet[random() % alphabet.size()];
    CHECK_NOTHROW(appspec::scan_shell(text));
  }
  const std::string words[] = {"function", "case", "esac", "for", "[[",
                               "f()",      "<<",   "&>",   "\\",  "$("};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = 0; i < 6; ++i)
      text += words[random() % std::size(words)] + (random() % 2 ? " " : "");
    CHECK_NOTHROW(appspec::scan_shell(text));
  }
  std::string deep;
  for (int i = 0; i < 20'000; ++i) deep += "$(";
  CHECK_NOTHROW(appspec::scan_shell(deep));
}

TEST_CASE("docker calls are found behind what runs them, with their images") {
  struct Case {
    std::string script, verb, image;
    bool sudo = false;
  };
  const std::vector<Case> cases{
      {"docker pull a:1", "pull", "a:1"},
      {"sudo -n docker pull --quiet a:1", "pull", "a:1", true},
      {"timeout 60 docker --context x pull a:1", "pull", "a:1"},
      {"exec env A=1 /usr/bin/docker run -it --rm a:1 sh -c ls", "run", "a:1"},
      {"docker run -dp 80:80 --name=x --env A=1 -v /a:/b a:1", "run", "a:1"},
      {"docker run -d -p80:80 --network host a:1 -p 1", "run", "a:1"},
      {"docker container run --detach --publish 8080:8080 a:1", "run", "a:1"},
      {"docker image pull a:1", "pull", "a:1"},
      {"docker image rm a:1", "rmi", ""},
      {"docker container rm x", "rm", ""},
      {"docker compose pull", "compose pull", ""},
      {"podman create a:1", "create", "a:1"},
      {"docker run --rm", "run", ""},
      {"docker ps", "ps", ""}};
  for (const auto& example : cases) {
    CAPTURE(example.script);
    const auto commands = appspec::scan_shell(example.script);
    REQUIRE(commands.size() == 1);
    const auto call = appspec::find_docker_call(commands[0]);
    REQUIRE(call);
    CHECK(call->verb == example.verb);
    CHECK(call->with_sudo == example.sudo);
    CHECK((call->images.empty() ? "" : call->images[0].text) == example.image);
  }
  for (const auto* script : {"echo docker pull a", "docker", "docker-compose up", "sudo"}) {
    CHECK_FALSE(appspec::find_docker_call(appspec::scan_shell(script).at(0)));
  }
}
