// SPDX-License-Identifier: Apache-2.0
#include "oci/credential_program.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/field.hpp"
#include "logging/log.hpp"
#include "process/child.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

// What a program prints when it has no entry; anything else it fails with is a fault to show.
constexpr std::string_view not_found_words = "credentials not found";

std::string try_by_hand(const std::string& program) {
  return fmt::format("run '{} get' by hand with that address as its input", program);
}

Credentials credentials_in(const std::string& answer, const std::string& program) {
  const std::string what = "answer of " + program;
  try {
    const json::Value document = json::parse(answer, what);
    const json::Field root(document, what);
    return {.username = root["Username"].string(),
            .password = root["Secret"].string(),
            .source = program};
  } catch (const base::Error& error) {
    throw base::Error(error.kind(), error.message(), try_by_hand(program));
  }
}

}  // namespace

std::optional<Credentials> ask_credential_program(const std::string& suffix, const std::string& key,
                                                  std::stop_token stop) {
  const std::string program = "docker-credential-" + suffix;
  if (!process::find_program(program)) {
    // A public image needs no credentials, so this alone is no reason to stop.
    logging::warning("{} is configured for {} but not installed; going on without credentials",
                     program, key);
    return std::nullopt;
  }
  const file::TempDir folder("credential-key");
  const auto input = folder.path() / "server";
  file::write_atomically(input, key, 0600);
  const auto answer = process::capture({.argv = {program, "get"}, .input = input}, stop);
  if (!answer.exit.ok()) {
    const std::string words(text::trim(answer.out.empty() ? answer.err : answer.out));
    if (words.find(not_found_words) != std::string::npos) return std::nullopt;
    throw base::Error(
        base::Kind::environment,
        fmt::format("ask {} for {}: {}: {}", program, key, process::describe(answer.exit), words),
        try_by_hand(program));
  }
  Credentials credentials = credentials_in(answer.out, program);
  if (credentials.username == "<token>") {
    credentials.identity_token = std::exchange(credentials.password, {});
    credentials.username.clear();
  }
  return credentials;
}

}  // namespace oci
