// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/token_service.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "sandbox/server/fault.hpp"
#include "sandbox/server/session_keys.hpp"
#include "timing/timestamp.hpp"

namespace sandbox {
namespace {

constexpr std::string_view role_id = "AROASTAGECRAFTSANDBOX";
constexpr int shortest_session = 900;
constexpr int usual_session = 3'600;
constexpr int longest_session = 43'200;

QueryResult caller_identity(const World& world, const Signature& caller) {
  const auto& session = caller.session;
  const auto arn =
      session ? arn_of(*session) : fmt::format("arn:aws:iam::{}:user/stagecraft", world.account_id);
  const auto id =
      session ? fmt::format("{}:{}", role_id, session->name) : std::string("AIDASTAGECRAFTSANDBOX");
  return std::vector{xml::leaf("Arn", arn), xml::leaf("UserId", id),
                     xml::leaf("Account", world.account_id)};
}

bool is_session_name(std::string_view name) {
  return name.size() >= 2 && name.size() <= 64 &&
         name.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
             "_+=,.@-") == std::string_view::npos;
}

bool is_role_of(std::string_view arn, const std::string& account) {
  const auto prefix = fmt::format("arn:aws:iam::{}:role/", account);
  return arn.starts_with(prefix) && arn.size() > prefix.size() &&
         arn.find(' ') == std::string_view::npos;
}

RoleSession wanted_session(const World& world, const QueryRequest& query) {
  const auto role = query.required("RoleArn");
  const auto name = query.required("RoleSessionName");
  const auto seconds = query.find_integer("DurationSeconds").value_or(usual_session);
  if (!is_session_name(name)) {
    throw Fault(400, "ValidationError",
                fmt::format("'{}' at 'roleSessionName' failed to satisfy constraint: Member must "
                            "satisfy regular expression pattern: [\\w+=,.@-]*",
                            name));
  }
  if (seconds < shortest_session || seconds > longest_session) {
    throw Fault(
        400, "ValidationError",
        fmt::format("'{}' at 'durationSeconds' failed to satisfy constraint: Member must be "
                    "between {} and {}",
                    seconds, shortest_session, longest_session));
  }
  if (!is_role_of(role, world.account_id)) {
    throw Fault(403, "AccessDenied",
                fmt::format("User: arn:aws:iam::{}:user/stagecraft is not authorized to perform: "
                            "sts:AssumeRole on resource: {}",
                            world.account_id, role));
  }
  return {.role = role, .name = name, .expires = world.clock.now() + std::chrono::seconds(seconds)};
}

QueryResult assume_role(const TokenService& service, const QueryRequest& query) {
  const auto keys = session_keys(service.issuer, wanted_session(service.world, query));
  return std::vector{
      xml::node("AssumedRoleUser",
                {xml::leaf("AssumedRoleId", fmt::format("{}:{}", role_id, keys.session.name)),
                 xml::leaf("Arn", arn_of(keys.session))}),
      xml::node("Credentials", {xml::leaf("AccessKeyId", keys.credentials.access_key),
                                xml::leaf("SecretAccessKey", keys.credentials.secret_key),
                                xml::leaf("SessionToken", keys.token),
                                xml::leaf("Expiration", timing::rfc3339(keys.session.expires))})};
}

}  // namespace

QueryResult answer_token_service(const TokenService& service, const Signature& caller,
                                 std::string_view action, const QueryRequest& query) {
  if (action == "GetCallerIdentity") return caller_identity(service.world, caller);
  if (action == "AssumeRole") return assume_role(service, query);
  throw Fault(400, "InvalidAction",
              fmt::format("the sandbox has no Security Token Service action {}", action));
}

}  // namespace sandbox
