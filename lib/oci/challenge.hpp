// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace oci {

// One way to authenticate that a server offers.
struct Challenge {
  std::string scheme;                               // lower-case: "bearer", "basic", "negotiate"
  std::map<std::string, std::string> parameters{};  // names lower-case

  std::string parameter(const std::string& name) const;  // empty when absent
};

// A WWW-Authenticate value (RFC 9110 section 11.6.1), which may hold several. What cannot be parsed
// ends the list: servers add odd schemes after the ones that matter.
std::vector<Challenge> parse_challenges(std::string_view header);

}  // namespace oci
