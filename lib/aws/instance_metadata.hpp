// SPDX-License-Identifier: Apache-2.0
//
// The metadata service of an EC2 instance: the keys of its role, its region.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
//
// Version 2 wants a token, got with a PUT. The answer to that PUT travels as many hops as the
// instance's settings say, one by default: from a container the request arrives, the answer never
// does. Nobody can tell that from a service without version 2, so after silence, and after 403, 404
// or 405, version 1 is asked, unless it is switched off here. There it answers 401 when the
// instance wants tokens, and then the hop limit is the likely reason.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "aws/credentials.hpp"
#include "aws/key_source.hpp"

namespace aws {

// Why there are no instance keys: no such service, one that is switched off, an instance without a
// role.
struct NoInstanceKeys {
  std::string why;
  bool silent = false;  // nothing answered
};

// One second for each request and one attempt, unless AWS_METADATA_SERVICE_TIMEOUT and
// AWS_METADATA_SERVICE_NUM_ATTEMPTS say otherwise: most machines are no instances, and asking is
// how one finds out.
class InstanceMetadata {
 public:
  // Throws environment for settings that make no sense.
  explicit InstanceMetadata(Surroundings surroundings);
  ~InstanceMetadata();

  bool is_disabled() const;  // AWS_EC2_METADATA_DISABLED

  // Throws environment for a broken answer, unavailable when the service was there but did not give
  // one.
  std::variant<Credentials, NoInstanceKeys> keys();

  std::optional<std::string> region();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// For credential_source = Ec2InstanceMetadata: no keys are an error.
KeySource instance_source(const Surroundings& surroundings);

// The region of the instance that this runs on; absent anywhere else, when switched off, and when
// the service does not tell. Takes a second where there is no such service.
std::optional<std::string> find_instance_region(const CredentialSearch& search);

}  // namespace aws
