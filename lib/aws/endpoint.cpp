// SPDX-License-Identifier: Apache-2.0
#include "aws/endpoint.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"

namespace aws {
namespace {

struct Names {
  Service service;
  std::string_view signing;   // also the first label of the public host name
  std::string_view variable;  // AWS_ENDPOINT_URL_<this>
  std::string_view setting;   // in a profile's services section
};

constexpr std::array<Names, 4> names{{
    {Service::s3, "s3", "S3", "s3"},
    {Service::codedeploy, "codedeploy", "CODEDEPLOY", "codedeploy"},
    {Service::load_balancing, "elasticloadbalancing", "ELASTIC_LOAD_BALANCING_V2",
     "elastic_load_balancing_v2"},
    {Service::auto_scaling, "autoscaling", "AUTO_SCALING", "auto_scaling"},
}};

const Names& names_of(Service service) {
  return *std::find_if(names.begin(), names.end(),
                       [&](const Names& each) { return each.service == service; });
}

struct Partition {
  std::string_view region_prefix;
  std::string_view dns_suffix;
};

// botocore's data/partitions.json; a region of no known partition is taken for the public one.
constexpr std::array<Partition, 8> partitions{{
    {"cn-", "amazonaws.com.cn"},
    {"us-gov-", "amazonaws.com"},
    {"eusc-", "amazonaws.eu"},
    {"us-iso-", "c2s.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov"},
    {"eu-isoe-", "cloud.adc-e.uk"},
    {"us-isof-", "csp.hci.ic.gov"},
    {"eu-isof-", "csp.hci.ic.gov"},
}};

std::string_view dns_suffix(std::string_view region) {
  for (const auto& partition : partitions) {
    if (region.starts_with(partition.region_prefix)) return partition.dns_suffix;
  }
  return "amazonaws.com";
}

http::Url parsed(const std::string& address, std::string_view origin, base::Kind kind) {
  try {
    return http::parse_url(address);
  } catch (const base::Error& error) {
    throw base::Error(kind, fmt::format("{}: {}", origin, error.what()), error.hint());
  }
}

struct Configured {
  const process::Environment& environment;
  const Profiles& profiles;
  const std::string& profile;
};

std::optional<http::Url> find_configured(const Configured& from, const Names& service) {
  constexpr auto kind = base::Kind::environment;
  const auto variable = fmt::format("AWS_ENDPOINT_URL_{}", service.variable);
  if (const auto url = from.environment(variable)) return parsed(*url, variable, kind);
  if (const auto url = from.environment("AWS_ENDPOINT_URL")) {
    return parsed(*url, "AWS_ENDPOINT_URL", kind);
  }
  const auto where =
      fmt::format("profile {} in {}", from.profile, from.profiles.config_path().string());
  const auto key = fmt::format("{}.endpoint_url", service.setting);
  if (const auto url = from.profiles.find_service_setting(from.profile, key)) {
    return parsed(*url, where, kind);
  }
  if (const auto url = from.profiles.find_setting(from.profile, "endpoint_url")) {
    return parsed(*url, where, kind);
  }
  return std::nullopt;
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

bool is_ip_literal(std::string_view host) {
  if (host.starts_with('[')) return true;
  const auto parts = text::split(host, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           return text::find_number(part).has_value();
         });
}

bool fits_into_host_name(const http::Url& endpoint, std::string_view bucket) {
  const bool dotted = bucket.find('.') != std::string_view::npos;
  // The certificate's wildcard covers one label.
  if (dotted && endpoint.scheme == "https") return false;
  const auto labels = text::split(bucket, '.');
  return bucket.size() >= 3 && bucket.size() <= 63 && !is_ip_literal(bucket) &&
         std::all_of(labels.begin(), labels.end(), is_label);
}

std::string without_trailing_slash(std::string path) {
  if (path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

std::string_view signing_name(Service service) { return names_of(service).signing; }

const std::optional<http::Url>& EndpointOverrides::of(Service service) const {
  switch (service) {
    case Service::s3:
      return s3;
    case Service::codedeploy:
      return codedeploy;
    case Service::load_balancing:
      return load_balancing;
    case Service::auto_scaling:
      break;
  }
  return auto_scaling;
}

EndpointOverrides find_overrides(const process::Environment& environment, const Profiles& profiles,
                                 const std::string& profile, const std::string& endpoint_option) {
  if (!endpoint_option.empty()) {
    const auto url = parsed(endpoint_option, "--endpoint-url", base::Kind::usage);
    return {.s3 = url, .codedeploy = url, .load_balancing = url, .auto_scaling = url};
  }
  const auto ignored = environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  if (ignored && text::equal_ignoring_case(*ignored, "true")) return {};
  const Configured from{.environment = environment, .profiles = profiles, .profile = profile};
  const auto configured = [&](Service service) { return find_configured(from, names_of(service)); };
  return {.s3 = configured(Service::s3),
          .codedeploy = configured(Service::codedeploy),
          .load_balancing = configured(Service::load_balancing),
          .auto_scaling = configured(Service::auto_scaling)};
}

std::string find_region(const process::Environment& environment, const Profiles& profiles,
                        const std::string& profile, const std::string& region_option) {
  std::optional<std::string> region;
  if (!region_option.empty()) region = region_option;
  if (!region) region = environment("AWS_REGION");
  if (!region) region = environment("AWS_DEFAULT_REGION");
  if (!region) region = profiles.find_setting(profile, "region");
  if (!region) {
    throw base::Error(base::Kind::environment,
                      fmt::format("find the AWS region: neither --region, AWS_REGION, "
                                  "AWS_DEFAULT_REGION nor profile {} names one",
                                  profile),
                      "pass --region, for instance --region eu-central-1");
  }
  if (!is_label(*region)) {
    throw base::Error(base::Kind::environment,
                      fmt::format("find the AWS region: '{}' is no region name", *region));
  }
  return *region;
}

http::Url rule_endpoint(Service service, std::string_view region) {
  return http::parse_url(
      fmt::format("https://{}.{}.{}", signing_name(service), region, dns_suffix(region)));
}

http::Url object_url(const http::Url& endpoint, Addressing addressing, std::string_view bucket,
                     std::string_view key) {
  auto url = endpoint;
  auto path = without_trailing_slash(endpoint.path);
  const bool local = is_ip_literal(endpoint.host) || endpoint.host == "localhost";
  if (addressing == Addressing::host_when_safe && !local && fits_into_host_name(endpoint, bucket)) {
    url.host = fmt::format("{}.{}", bucket, endpoint.host);
  } else {
    path += "/" + text::percent_encode(bucket);
  }
  url.path = path + "/" + text::percent_encode(key, text::Slash::keep);
  return url;
}

}  // namespace aws
