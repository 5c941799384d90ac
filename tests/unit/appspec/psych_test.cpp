// SPDX-License-Identifier: Apache-2.0
//
// Our reading held against Ruby's Psych itself, which the agent uses. Skipped where there is no
// Ruby 3.1 or later.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "appspec/plain_scalar.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/value.hpp"
#include "process/child.hpp"
#include "text/split.hpp"
#include "yaml/yaml.hpp"

namespace {

// One line per text of the JSON list in ARGV[0]: what `a: <text>` or the text itself is to Psych.
constexpr const char* program = R"(
require 'json'
require 'yaml'
def shown(v)
  case v
  when Integer then "int #{v}"
  when Float then v.finite? ? "float #{v}" : "word"
  when true, false then "bool #{v}"
  when nil then "null"
  when String, Symbol then "word"
  else "other"
  end
end
abort 'old' if Gem::Version.new(Psych::VERSION) < Gem::Version.new('4.0.0')
whole = ARGV[1] == 'whole'
JSON.parse(File.read(ARGV[0])).each do |text|
  answer = begin
    value = YAML.load(whole ? text : "a: #{text}")
    whole ? 'taken' : shown(value['a'])
  rescue Psych::DisallowedClass then 'date'
  rescue Psych::SyntaxError then 'syntax'
  rescue Psych::BadAlias then 'alias'
  rescue StandardError => e then "failed #{e.message.lines.first.strip}"
  end
  puts answer
end
)";

// Ruby's answers; absent when there is no Ruby that we can compare with.
std::optional<std::vector<std::string>> asked(const std::vector<std::string>& texts,
                                              const std::string& how) {
  const file::TempDir folder("psych");
  json::Array list(texts.begin(), texts.end());
  file::write_atomically(folder.path() / "texts.json", json::write(list));
  try {
    const auto answer = process::capture(
        {.argv = {"ruby", "-e", program, (folder.path() / "texts.json").string(), how}});
    if (!answer.exit.ok()) return std::nullopt;
    std::vector<std::string> lines;
    for (const auto line : text::lines(answer.out)) lines.emplace_back(line);
    return lines;
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

std::string our_word_for(const std::string& text) {
  const auto document = yaml::read("a: " + text);
  if (document.problem) return "syntax";
  const auto* node = document.root.find("a");
  if (node == nullptr || node->kind == yaml::NodeKind::null) return "null";
  if (node->kind != yaml::NodeKind::scalar) return "other";
  if (appspec::is_date(*node)) return "date";
  if (const auto integer = appspec::find_integer(*node)) return fmt::format("int {}", *integer);
  if (const auto number = appspec::find_float(*node)) return fmt::format("float {}", *number);
  if (const auto boolean = appspec::find_boolean(*node)) return fmt::format("bool {}", *boolean);
  return "word";
}

bool is_same(const std::string& ours, const std::string& theirs) {
  if (ours == theirs) return true;
  if (!ours.starts_with("float ") || !theirs.starts_with("float ")) return false;
  return std::stod(ours.substr(6)) == std::stod(theirs.substr(6));
}

}  // namespace

TEST_CASE("scalars mean to us what they mean to Psych") {
  std::vector<std::string> texts{"0",
                                 "0.0",
                                 "-0.0",
                                 "+0.0",
                                 "0.00",
                                 "'0.0'",
                                 "\"0.0\"",
                                 "1.9",
                                 ".5",
                                 "1.",
                                 "0644",
                                 "0755",
                                 "0888",
                                 "04755",
                                 "0o17",
                                 "0x1F",
                                 "0b101",
                                 "08",
                                 "1_000",
                                 "1,000",
                                 "1__0",
                                 "1_",
                                 "1:30",
                                 "-1:30",
                                 "1:75",
                                 "1:2:3",
                                 "190:20:30",
                                 "5m",
                                 "1e3",
                                 "1.5e3",
                                 "1.5e+3",
                                 "yes",
                                 "No",
                                 "ON",
                                 "off",
                                 "y",
                                 "n",
                                 "true",
                                 "~",
                                 "null",
                                 "",
                                 "Null",
                                 ".",
                                 "-",
                                 "+",
                                 ":a",
                                 "a:b",
                                 "2026-01-31",
                                 "2026-13-41",
                                 "2026-1-3",
                                 "2026-01-31 10:00:00",
                                 "2026-01-31T10:00:00Z",
                                 "2026-1-3 10:00:00 +02:00",
                                 "1-2-3",
                                 "2026-01",
                                 "'2026-01-31'",
                                 "99999",
                                 "-5",
                                 "+7",
                                 "0_7",
                                 "0,0.0",
                                 "12e03"};
  std::minstd_rand random(11);
  constexpr std::string_view alphabet = "0123456789:._-,+eExXbo";
  for (int i = 0; i < 4000; ++i) {
    std::string text(1, alphabet[random() % 10]);
    for (auto length = random() % 6; length > 0; --length) {
      text += alphabet[random() % alphabet.size()];
    }
    texts.push_back(text);
  }
  const auto answers = asked(texts, "scalars");
  if (!answers) {
    MESSAGE("skipped: no Ruby 3.1 here");
    return;
  }
  REQUIRE(answers->size() == texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CAPTURE(texts[i]);
    if ((*answers)[i].starts_with("failed")) continue;  // "0x_" is a number without digits to it
    const auto ours = our_word_for(texts[i]);
    CAPTURE(ours);
    CAPTURE((*answers)[i]);
    CHECK(is_same(ours, (*answers)[i]));
  }
}

TEST_CASE("documents that Psych refuses are refused by us") {
  const std::vector<std::string> texts{"a: 1\n",
                                       "a: &x 1\n",
                                       "a: &x 1\nb: *x\n",
                                       "a:\n\t- 1\n",
                                       "a: 1\n\t\nb: 2\n",
                                       "a: 1 \t# c\n",
                                       "a: '1\n",
                                       "a: @x\n",
                                       "a: `x\n",
                                       "a: %x\n",
                                       "- a\nb: c\n",
                                       "a: b: c\n",
                                       "a: [1\n",
                                       "a: }\n",
                                       "a: 1\n b: 2\n",
                                       "a: 1\n---\n\tb\n",
                                       "a: 1\n...\nfoo: [\n",
                                       "{a: 1, b: [2]}\n",
                                       "a: !foo 1\n",
                                       "a: >\n  x\n",
                                       "a: |\n\tx\n",
                                       "a: \"\\z\"\n",
                                       "a:\n- 1\n- 2\n",
                                       "a: 1\na: 2\n",
                                       "a: - b\n",
                                       "a: 'x' y\n",
                                       "? a\n: b\n",
                                       "a: \"x\ny\"\n",
                                       "a: #b\n",
                                       "a:b\n",
                                       "a: *x\n",
                                       "%YAML 1.1\n---\na: 1\n"};
  const auto answers = asked(texts, "whole");
  if (!answers) {
    MESSAGE("skipped: no Ruby 3.1 here");
    return;
  }
  REQUIRE(answers->size() == texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CAPTURE(texts[i]);
    CAPTURE((*answers)[i]);
    const auto document = yaml::read(texts[i]);
    bool alias = false;
    for (const auto& note : document.notes) alias = alias || note.kind == yaml::NoteKind::alias;
    CHECK((document.problem.has_value() || alias) == ((*answers)[i] != "taken"));
  }
}
