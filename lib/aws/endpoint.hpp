// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/profiles.hpp"
#include "http/url.hpp"
#include "process/environment.hpp"

namespace aws {

enum class Service { s3, codedeploy, load_balancing, auto_scaling };

std::string_view signing_name(Service service);  // "elasticloadbalancing", in the signature's scope

// Addresses given instead of the rules: --endpoint-url > AWS_ENDPOINT_URL_<SERVICE> >
// AWS_ENDPOINT_URL > the profile's services section > the profile's endpoint_url. All but the first
// are ignored under AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true.
struct EndpointOverrides {
  std::optional<http::Url> s3{};
  std::optional<http::Url> codedeploy{};
  std::optional<http::Url> load_balancing{};
  std::optional<http::Url> auto_scaling{};

  const std::optional<http::Url>& of(Service service) const;
};

// Throws environment (usage for the option) naming where a malformed address came from.
EndpointOverrides find_overrides(const process::Environment& environment, const Profiles& profiles,
                                 const std::string& profile, const std::string& endpoint_option);

// --region, AWS_REGION, AWS_DEFAULT_REGION, the profile's; throws environment when none is set or
// it cannot be part of a host name.
std::string find_region(const process::Environment& environment, const Profiles& profiles,
                        const std::string& profile, const std::string& region_option);

// The service's public address in that region's partition.
http::Url rule_endpoint(Service service, std::string_view region);

// The bucket in the host name is what S3 wants; servers that stand in for it seldom have a wildcard
// name, so an address given by the user gets the bucket in the path.
enum class Addressing { host_when_safe, path };

// Where an object or bucket is. Under host_when_safe the bucket still goes into the path when its
// name is not safe in a host name, has dots under https, or the endpoint is an IP literal or
// localhost. `key` may be empty; it is percent-encoded once, without any normalisation.
http::Url object_url(const http::Url& endpoint, Addressing addressing, std::string_view bucket,
                     std::string_view key);

}  // namespace aws
