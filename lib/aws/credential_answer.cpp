// SPDX-License-Identifier: Apache-2.0
#include "aws/credential_answer.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "json/field.hpp"
#include "logging/secrets.hpp"
#include "timing/timestamp.hpp"

namespace aws {
namespace {

Credentials read(std::string_view text, std::string_view what, std::string_view token_name) {
  const auto document = json::parse(text, what);
  const json::Field answer(document, what);
  // The metadata services answer 200 to say that they cannot.
  const auto code = answer["Code"].maybe_string();
  if (code && *code != "Success") {
    throw base::Error(base::Kind::environment,
                      fmt::format("{}: {}: {}", what, *code,
                                  answer["Message"].maybe_string().value_or("no message")));
  }
  Credentials credentials{.access_key = answer["AccessKeyId"].string(),
                          .secret_key = answer["SecretAccessKey"].string(),
                          .session_token = answer[token_name].maybe_string().value_or("")};
  if (credentials.access_key.empty() || credentials.secret_key.empty()) {
    throw base::Error(base::Kind::environment, fmt::format("{}: an empty key", what));
  }
  if (const auto end = answer["Expiration"].maybe_string()) {
    credentials.expires = timing::find_rfc3339(*end);
    if (!credentials.expires) {
      throw base::Error(base::Kind::environment,
                        fmt::format("{}: /Expiration: '{}' is no RFC 3339 time", what, *end));
    }
  }
  return credentials;
}

}  // namespace

Credentials masked(Credentials credentials) {
  logging::add_secret(credentials.secret_key);
  if (!credentials.session_token.empty()) logging::add_secret(credentials.session_token);
  return credentials;
}

std::string shown_key(const Credentials& credentials) {
  const auto& key = credentials.access_key;
  return "…" + key.substr(key.size() - std::min<std::size_t>(4, key.size()));
}

Credentials credentials_of_json(std::string_view text, std::string_view what,
                                std::string_view token_name) {
  try {
    return masked(read(text, what, token_name));
  } catch (const base::Error& error) {
    throw base::Error(base::Kind::environment, error.message(), error.hint());
  }
}

std::string json_of_credentials(const Credentials& credentials) {
  auto document = json::object({{"Version", 1},
                                {"AccessKeyId", credentials.access_key},
                                {"SecretAccessKey", credentials.secret_key},
                                {"SessionToken", credentials.session_token}});
  if (credentials.expires) document.set("Expiration", timing::rfc3339(*credentials.expires));
  return json::write(document);
}

}  // namespace aws
