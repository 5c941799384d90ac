// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "aws/corrections.hpp"
#include "aws/credentials.hpp"
#include "aws/endpoint.hpp"
#include "http/client.hpp"
#include "process/environment.hpp"
#include "timing/clock.hpp"

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
  std::shared_ptr<CredentialStore> credentials;
  EndpointOverrides overrides{};
  std::string ca_file{};  // AWS_CA_BUNDLE
  Variant variant{};      // of addresses that are not overridden
  Addressing s3_addressing = Addressing::host_when_safe;
  int attempts = 3;  // of a request, the first one included
  std::shared_ptr<Corrections> corrections = std::make_shared<Corrections>();  // shared by copies
};

// Reads environment and profile files; sends nothing, but that an EC2 instance is asked for its
// region when nothing else names one. Throws environment or usage.
//   const auto session = aws::open_session(options.aws, environment, context.clock, context.stop);
//   http::Client client(context.clock, context.stop, aws::client_options(session));
//   aws::Caller caller(client, session);
//   aws::CodeDeploy codedeploy(caller);
Session open_session(const SessionOptions& options, const process::Environment& environment,
                     timing::Clock& clock, std::stop_token stop);

// Where the session's keys would come from, for people; asks none of the places.
std::string key_place(const SessionOptions& options, const process::Environment& environment);

// Plain http only where an override says so.
http::ClientOptions client_options(const Session& session);

}  // namespace aws
