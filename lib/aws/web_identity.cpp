// SPDX-License-Identifier: Apache-2.0
#include "aws/web_identity.hpp"

#include <fmt/core.h>

#include <string_view>
#include <utility>

#include "aws/sts.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "json/value.hpp"
#include "logging/secrets.hpp"
#include "text/split.hpp"

namespace aws {
namespace {

constexpr std::uint64_t most_token_bytes = 64U << 10U;  // STS takes 20'000 characters

class WebIdentityProvider : public CredentialProvider {
 public:
  WebIdentityProvider(Surroundings surroundings, RoleRequest role, std::string token_file)
      : surroundings_(std::move(surroundings)),
        role_(std::move(role)),
        token_file_(std::move(token_file)) {}

  Credentials fetch(Reuse) override {
    const std::string token(text::trim(file::read(token_file_, most_token_bytes)));
    if (token.empty()) {
      throw base::Error(base::Kind::environment, fmt::format("read {}: it is empty", token_file_));
    }
    logging::add_secret(token);
    auto role = role_;
    if (role.session_name.empty()) role.session_name = session_name(*surroundings_.clock);
    const auto address = sts_address(surroundings_);
    http::Client client(*surroundings_.clock, surroundings_.stop,
                        identity_client_options(surroundings_, address));
    return assume_role_with_web_identity(client, address, {.role = role, .token = token});
  }

 private:
  Surroundings surroundings_;
  RoleRequest role_;
  std::string token_file_;
};

}  // namespace

std::optional<KeySource> find_web_identity(const Surroundings& surroundings,
                                           const std::string& profile,
                                           EnvironmentCounts environment) {
  const auto setting = [&](std::string_view variable, std::string_view key) {
    std::optional<std::string> value;
    if (environment == EnvironmentCounts::yes) value = surroundings.environment(variable);
    return value ? value : surroundings.profiles.find_either(profile, key);
  };
  const auto token_file = setting("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
  if (!token_file) return std::nullopt;
  RoleRequest role{
      .role_arn = setting("AWS_ROLE_ARN", "role_arn").value_or(""),
      .session_name = setting("AWS_ROLE_SESSION_NAME", "role_session_name").value_or("")};
  if (role.role_arn.empty()) {
    throw base::Error(
        base::Kind::environment,
        fmt::format("find AWS credentials: the web identity token {} comes without a role",
                    *token_file),
        environment == EnvironmentCounts::yes ? "set AWS_ROLE_ARN"
                                              : "set role_arn in that profile");
  }
  auto label = fmt::format("role {} with the web identity in {}", role.role_arn, *token_file);
  auto inputs =
      json::write(json::Array{"web identity", role.role_arn, role.session_name, *token_file});
  return KeySource{.label = std::move(label),
                   .inputs = std::move(inputs),
                   .provider = std::make_unique<WebIdentityProvider>(surroundings, std::move(role),
                                                                     *token_file)};
}

}  // namespace aws
