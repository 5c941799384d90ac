// SPDX-License-Identifier: Apache-2.0
#include "aws/sts.hpp"

#include <fmt/core.h>

#include <utility>

#include "aws/credential_answer.hpp"
#include "aws/failure.hpp"
#include "base/error.hpp"
#include "text/percent.hpp"
#include "timing/timestamp.hpp"

namespace aws {
namespace {

constexpr std::string_view version = "2011-06-15";

Parameters parameters_of(const RoleRequest& role) {
  Parameters parameters{{"RoleArn", role.role_arn}, {"RoleSessionName", role.session_name}};
  if (!role.external_id.empty()) parameters.emplace_back("ExternalId", role.external_id);
  if (role.duration) {
    parameters.emplace_back("DurationSeconds", fmt::format("{}", role.duration->count()));
  }
  return parameters;
}

Credentials read_credentials(const xml::Element& result, std::string_view what) {
  const auto* keys = result.find("Credentials");
  const auto text = [&](std::string_view name) { return keys ? keys->text_of(name) : ""; };
  Credentials credentials{.access_key = text("AccessKeyId"),
                          .secret_key = text("SecretAccessKey"),
                          .session_token = text("SessionToken"),
                          .origin = std::string(what),
                          .expires = timing::find_rfc3339(text("Expiration"))};
  if (credentials.access_key.empty() || credentials.secret_key.empty() || !credentials.expires) {
    throw base::Error(base::Kind::unavailable,
                      fmt::format("{}: an answer without keys that end", what),
                      "check that the address is the service's own and no proxy's");
  }
  return masked(std::move(credentials));
}

}  // namespace

Identity Sts::caller_identity() {
  const auto result = value_or_throw(caller_->query(Service::sts, "GetCallerIdentity", version, {}),
                                     "ask whose AWS credentials these are");
  return {.account = result.text_of("Account"),
          .arn = result.text_of("Arn"),
          .user_id = result.text_of("UserId")};
}

Credentials Sts::assume_role(const RoleRequest& role) {
  const auto what = fmt::format("assume role {}", role.role_arn);
  return read_credentials(
      value_or_throw(caller_->query(Service::sts, "AssumeRole", version, parameters_of(role)),
                     what),
      what);
}

Credentials assume_role_with_web_identity(http::Client& client, const http::Url& endpoint,
                                          const WebIdentity& identity) {
  const auto what = fmt::format("assume role {} with a web identity", identity.role.role_arn);
  std::string body = fmt::format("Action=AssumeRoleWithWebIdentity&Version={}", version);
  auto parameters = parameters_of(identity.role);
  parameters.emplace_back("WebIdentityToken", identity.token);
  for (const auto& [name, value] : parameters) {
    body += fmt::format("&{}={}", name, text::percent_encode(value));
  }
  const auto response = client.send(
      {.method = "POST",
       .url = endpoint.text(),
       .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
       .body = http::body_of(std::move(body))},
      {.judge = judge});
  if (response.status != 200) throw error_of(failure_of(response), what);
  const auto root = xml::find_parsed(response.body);
  const auto* result = root ? root->find("AssumeRoleWithWebIdentityResult") : nullptr;
  return read_credentials(result ? *result : xml::Element{}, what);
}

}  // namespace aws
