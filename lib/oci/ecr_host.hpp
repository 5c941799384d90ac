// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace oci {

// What the address of an Amazon registry says:
//   <account>.dkr.ecr[-fips].<region>.amazonaws.com[.cn] | .amazonaws.eu | an isolated partition's
//   <account>.dkr-ecr[-fips].<region>.on.aws              dual-stack
//   public.ecr.aws, ecr-public.aws.com                    no account; its API is in us-east-1
struct EcrHost {
  std::string account{};  // twelve digits; empty for the public registry
  std::string region{};
  bool is_public = false;
  bool is_fips = false;
  bool is_dual_stack = false;

  bool operator==(const EcrHost&) const = default;
};

// Absent for every other host. A port is no part of such an address.
std::optional<EcrHost> find_ecr_host(std::string_view host);

bool is_ecr_host(std::string_view host);

}  // namespace oci
