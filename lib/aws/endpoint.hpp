// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/profiles.hpp"
#include "http/url.hpp"
#include "process/environment.hpp"

namespace aws {

enum class Service { s3, codedeploy, load_balancing, auto_scaling, sts, ecr };

std::string_view signing_name(Service service);  // "elasticloadbalancing", in the signature's scope

// Addresses given instead of the rules: --endpoint-url > AWS_ENDPOINT_URL_<SERVICE> >
// AWS_ENDPOINT_URL > the profile's services section > the profile's endpoint_url. All but the first
// are ignored under AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true.
struct EndpointOverrides {
  std::optional<http::Url> s3{};
  std::optional<http::Url> codedeploy{};
  std::optional<http::Url> load_balancing{};
  std::optional<http::Url> auto_scaling{};
  std::optional<http::Url> sts{};
  std::optional<http::Url> ecr{};

  const std::optional<http::Url>& of(Service service) const;
};

// Throws environment (usage for the option) naming where a malformed address came from.
EndpointOverrides find_overrides(const process::Environment& environment, const Profiles& profiles,
                                 const std::string& profile, const std::string& endpoint_option);

// --region, AWS_REGION, AWS_DEFAULT_REGION or the profile's; absent when none is set. Throws
// environment when it is no region's name.
std::optional<std::string> find_region(const process::Environment& environment,
                                       const Profiles& profiles, const std::string& profile,
                                       const std::string& region_option);

// May it be part of a host name? S3-compatible servers have regions like "auto".
bool is_region_name(std::string_view text);

// The partition's name, "aws-cn"; a region of no known partition is in "aws".
std::string_view partition_of(std::string_view region);

// Which of a service's public addresses.
struct Variant {
  bool fips = false;        // cryptography validated to FIPS 140
  bool dual_stack = false;  // IPv6 beside IPv4
};

// AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT, else the profile's use_fips_endpoint and
// use_dualstack_endpoint. Throws environment for a value that is neither true nor false.
Variant find_variant(const process::Environment& environment, const Profiles& profiles,
                     const std::string& profile);

// The service's public address in that region's partition. Throws environment when there is none of
// that variant.
http::Url rule_endpoint(Service service, std::string_view region, Variant variant = {});

// The bucket in the host name is what S3 wants; servers that stand in for it seldom have a wildcard
// name, so an address given by the user gets the bucket in the path.
enum class Addressing { host_when_safe, path };

// The profile's s3.addressing_style (path, virtual, auto), else the rule above. Throws environment
// for another word.
Addressing find_addressing(const Profiles& profiles, const std::string& profile,
                           const EndpointOverrides& overrides);

// Where an object or bucket is. Under host_when_safe the bucket still goes into the path when its
// name is not safe in a host name, has dots under https, or the endpoint is an IP literal or
// localhost. `key` may be empty; it is percent-encoded once, without any normalisation.
http::Url object_url(const http::Url& endpoint, Addressing addressing, std::string_view bucket,
                     std::string_view key);

}  // namespace aws
