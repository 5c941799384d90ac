// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/session_keys.hpp"

#include <fmt/core.h>

#include <chrono>

#include "crypto/sha256.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace sandbox {
namespace {

constexpr std::size_t secret_length = 40;
constexpr std::size_t id_length = 16;  // behind ASIA

std::string derived(const Credentials& issuer, std::string_view purpose, std::string_view text) {
  return text::hex(crypto::hmac_sha256(issuer.secret_key, fmt::format("{} {}", purpose, text)));
}

}  // namespace

SessionKeys session_keys(const Credentials& issuer, const RoleSession& session) {
  // Neither an ARN nor a session's name has a space in it.
  const auto claim =
      fmt::format("{} {} {}", session.role, session.name, timing::sigv4_basic(session.expires));
  const auto token = text::base64(claim + ' ' + derived(issuer, "token", claim));
  return {
      .session = session,
      .credentials = {.access_key =
                          "ASIA" + text::upper(derived(issuer, "id", token).substr(0, id_length)),
                      .secret_key = derived(issuer, "secret", token).substr(0, secret_length)},
      .token = token};
}

std::optional<SessionKeys> find_session_keys(const Credentials& issuer, std::string_view token) {
  const auto bytes = text::find_bytes_of_base64(token);
  if (!bytes) return std::nullopt;
  const auto parts = text::split(*bytes, ' ');
  if (parts.size() != 4) return std::nullopt;
  const auto expires = timing::find_sigv4_basic(parts[2]);
  if (!expires) return std::nullopt;
  auto keys = session_keys(issuer, {std::string(parts[0]), std::string(parts[1]), *expires});
  if (!crypto::equal_in_constant_time(keys.token, token)) return std::nullopt;
  return keys;
}

std::string arn_of(const RoleSession& session) {
  const auto role = text::replace_all(text::replace_all(session.role, ":iam:", ":sts:"), ":role/",
                                      ":assumed-role/");
  return fmt::format("{}/{}", role, session.name);
}

}  // namespace sandbox
