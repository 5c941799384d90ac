// SPDX-License-Identifier: Apache-2.0
#include "aws/process_credentials.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "aws/credential_answer.hpp"
#include "aws/credential_cache.hpp"
#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "json/field.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"
#include "text/split.hpp"

namespace aws {
namespace {

constexpr std::size_t most_words_shown = 500;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Reads one word from the front of `rest`; absent for an open quote or escape.
std::optional<std::string> take_word(std::string_view& rest) {
  std::string word;
  char quote = '\0';
  while (!rest.empty()) {
    const char c = rest.front();
    if (quote == '\0' && is_space(c)) return word;
    rest.remove_prefix(1);
    if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'') {
      if (rest.empty()) return std::nullopt;
      const char next = rest.front();
      rest.remove_prefix(1);
      if (quote == '"' && next != '"' && next != '\\') word += c;
      word += next;
    } else {
      word += c;
    }
  }
  return quote == '\0' ? std::optional(std::move(word)) : std::nullopt;
}

class ProcessProvider : public CredentialProvider {
 public:
  ProcessProvider(std::vector<std::string> argv, std::chrono::milliseconds limit,
                  std::stop_token stop)
      : argv_(std::move(argv)), limit_(limit), stop_(std::move(stop)) {}

  Credentials fetch(Reuse) override {
    const auto answer = process::capture({.argv = argv_}, stop_, limit_);
    if (!answer.exit.ok()) {
      const auto words = text::trim(answer.err);
      throw base::Error(base::Kind::environment,
                        fmt::format("{}: {}{}{}", argv_.front(), process::describe(answer.exit),
                                    words.empty() ? "" : ": ", words.substr(0, most_words_shown)),
                        "run it by hand, it must print the keys as JSON");
    }
    const auto what = fmt::format("what {} prints", argv_.front());
    require_version(answer.out, what);
    return credentials_of_json(answer.out, what, "SessionToken");
  }

 private:
  static void require_version(std::string_view text, std::string_view what) {
    const auto document = json::parse(text, what);
    const auto* version = document.find("Version");
    if (version != nullptr && *version == json::Value(1)) return;
    throw base::Error(
        base::Kind::environment,
        fmt::format("{}: its Version is {}, and 1 is known", what,
                    version == nullptr ? "missing" : json::write(*version).substr(0, 20)));
  }

  std::vector<std::string> argv_;
  std::chrono::milliseconds limit_;
  std::stop_token stop_;
};

// The program may look at any variable, so a run with others may give other keys. `_` only tells
// which program runs now.
std::string inputs_of(const std::vector<std::string>& argv) {
  json::Array inputs{"process"};
  for (const auto& word : argv) inputs.emplace_back(word);
  json::Array variables;
  for (const auto& [name, value] : process::all_environment_variables()) {
    if (name != "_") variables.emplace_back(fmt::format("{}={}", name, value));
  }
  inputs.emplace_back(crypto::sha256_hex(json::write(variables)));
  return json::write(inputs);
}

}  // namespace

std::optional<std::vector<std::string>> find_words(std::string_view command) {
  std::vector<std::string> words;
  while (true) {
    while (!command.empty() && is_space(command.front())) command.remove_prefix(1);
    if (command.empty()) return words;
    auto word = take_word(command);
    if (!word) return std::nullopt;
    words.push_back(std::move(*word));
  }
}

std::optional<KeySource> find_process(const Surroundings& surroundings, const std::string& profile,
                                      std::chrono::milliseconds limit) {
  const auto command = surroundings.profiles.find_either(profile, "credential_process");
  if (!command) return std::nullopt;
  auto argv = find_words(*command);
  if (!argv || argv->empty() || argv->front().empty()) {
    throw profile_error(profile, "credential_process is no command line",
                        "close its quotes; a path with spaces stands in double quotes");
  }
  auto label = fmt::format("profile {} (credential_process {})", profile, argv->front());
  auto inputs = inputs_of(*argv);
  return cached(
      {.label = std::move(label),
       .inputs = std::move(inputs),
       .provider = std::make_unique<ProcessProvider>(std::move(*argv), limit, surroundings.stop)},
      surroundings);
}

}  // namespace aws
