// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "aws/caller.hpp"
#include "aws/credentials.hpp"
#include "http/client.hpp"
#include "http/url.hpp"

namespace aws {

struct Identity {
  std::string account;
  std::string arn;
  std::string user_id;
};

struct RoleRequest {
  std::string role_arn;
  std::string session_name;
  std::string external_id{};                       // empty: none
  std::optional<std::chrono::seconds> duration{};  // absent: STS decides, an hour
};

// The Security Token Service. What it refuses throws error_of()'s kinds.
class Sts {
 public:
  explicit Sts(Caller& caller) : caller_(&caller) {}

  Identity caller_identity();
  Credentials assume_role(const RoleRequest& role);

 private:
  Caller* caller_;
};

struct WebIdentity {
  RoleRequest role;
  std::string token;
};

// Not signed: the token is the proof. `endpoint` is the region's STS.
Credentials assume_role_with_web_identity(http::Client& client, const http::Url& endpoint,
                                          const WebIdentity& identity);

}  // namespace aws
