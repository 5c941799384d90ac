// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "aws/credentials.hpp"
#include "aws/endpoint.hpp"
#include "http/client.hpp"
#include "process/environment.hpp"

namespace aws {

// As typed; empty: not given.
struct SessionOptions {
  std::string region{};
  std::string profile{};
  std::string endpoint_url{};
};

// What every call of a process shares: who, where, and which addresses.
struct Session {
  std::string region;
  Credentials credentials;
  EndpointOverrides overrides{};
  std::string ca_file{};  // AWS_CA_BUNDLE
};

// Reads environment and profile files, sends nothing. Throws environment or usage.
//   const auto session = aws::open_session(options.aws, process::own_environment());
//   http::Client client(context.clock, context.stop, aws::client_options(session));
//   aws::Caller caller(client, session);
//   aws::CodeDeploy codedeploy(caller);
Session open_session(const SessionOptions& options, const process::Environment& environment);

// Plain http only where an override says so.
http::ClientOptions client_options(const Session& session);

}  // namespace aws
