// SPDX-License-Identifier: Apache-2.0
#include "oci/failure.hpp"

#include <fmt/core.h>

#include "json/field.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

constexpr std::size_t most_words = 500;

struct RegistryError {
  std::string code;
  std::string message;
};

// {"errors":[{"code","message","detail"}]}; empty for anything else, since proxies answer in HTML.
RegistryError first_error(const std::string& body) {
  try {
    const json::Value document = json::parse(body, "answer", {.bytes = 64U << 10U});
    for (const json::Field& error : json::Field(document, "answer")["errors"].items()) {
      return {.code = error["code"].maybe_string().value_or(""),
              .message = error["message"].maybe_string().value_or("")};
    }
  } catch (const base::Error&) {
    // The status alone has to do.
  }
  return {};
}

base::Kind kind_of(const http::Response& answer) {
  const std::string code = first_error(answer.body).code;
  if (code == "DIGEST_INVALID" || code == "SIZE_INVALID") return base::Kind::integrity;
  switch (answer.status) {
    case 401:
      return base::Kind::environment;
    case 408:
    case 429:
      return base::Kind::unavailable;
    case 409:
      return base::Kind::conflict;
    default:
      return answer.status >= 500 ? base::Kind::unavailable : base::Kind::refused;
  }
}

std::string default_hint(const http::Response& answer) {
  if (answer.status == 429) {
    const auto after = answer.headers.find("Retry-After");
    return after ? fmt::format("the registry limits requests; run again after {} s", *after)
                 : "the registry limits requests; run again later";
  }
  if (answer.status >= 500) return "a rerun is safe; what was pushed is not sent again";
  return {};
}

}  // namespace

std::string words_of(const http::Response& answer) {
  const RegistryError error = first_error(answer.body);
  std::string words = fmt::format("{}", answer.status);
  if (!error.code.empty()) words += ' ' + text::lower(error.code);
  if (!error.message.empty()) words += ": " + error.message.substr(0, most_words);
  return words;
}

base::Error failure(std::string_view what, const http::Response& answer, std::string hint) {
  if (hint.empty()) hint = default_hint(answer);
  return {kind_of(answer), fmt::format("{}: {}", what, words_of(answer)), std::move(hint)};
}

}  // namespace oci
