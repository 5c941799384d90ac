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
  std::string_view signing;   // also begins the public host name
  std::string_view variable;  // AWS_ENDPOINT_URL_<this>
  std::string_view setting;   // in a profile's services section
};

constexpr std::array<Names, 6> names{{
    {Service::s3, "s3", "S3", "s3"},
    {Service::codedeploy, "codedeploy", "CODEDEPLOY", "codedeploy"},
    {Service::load_balancing, "elasticloadbalancing", "ELASTIC_LOAD_BALANCING_V2",
     "elastic_load_balancing_v2"},
    {Service::auto_scaling, "autoscaling", "AUTO_SCALING", "auto_scaling"},
    {Service::sts, "sts", "STS", "sts"},
    {Service::ecr, "ecr", "ECR", "ecr"},
}};

const Names& names_of(Service service) {
  return *std::find_if(names.begin(), names.end(),
                       [&](const Names& each) { return each.service == service; });
}

struct Partition {
  std::string_view name;
  std::string_view region_prefix;
  std::string_view dns_suffix;
  std::string_view dual_stack_suffix;  // S3 has its own form of these, under dns_suffix
};

// botocore's data/partitions.json; a region of no known partition is taken for the public one.
constexpr std::array<Partition, 9> partitions{{
    {"aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"aws-us-gov", "us-gov-", "amazonaws.com", "api.aws"},
    {"aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"aws-iso-f", "eu-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"aws", "", "amazonaws.com", "api.aws"},
}};

const Partition& partition(std::string_view region) {
  return *std::find_if(partitions.begin(), partitions.end(), [&](const Partition& each) {
    return region.starts_with(each.region_prefix);
  });
}

// The labels before the region.
std::string first_labels(Service service, const Partition& partition, Variant variant) {
  const std::string_view name = names_of(service).signing;
  if (service == Service::s3) {
    return fmt::format("{}{}{}", name, variant.fips ? "-fips" : "",
                       variant.dual_stack ? ".dualstack" : "");
  }
  const bool in_us = partition.name == "aws" || partition.name == "aws-us-gov";
  if (service == Service::ecr) {  // its plain name is the registries' own
    const bool api = !variant.dual_stack && (!variant.fips || !in_us);
    return fmt::format("{}{}{}", api ? "api." : "", name, variant.fips ? "-fips" : "");
  }
  // GovCloud's ordinary addresses of these are the validated ones.
  const bool always_validated =
      partition.name == "aws-us-gov" && !variant.dual_stack && service != Service::codedeploy;
  return fmt::format("{}{}", name, variant.fips && !always_validated ? "-fips" : "");
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
      return auto_scaling;
    case Service::sts:
      return sts;
    case Service::ecr:
      break;
  }
  return ecr;
}

EndpointOverrides find_overrides(const process::Environment& environment, const Profiles& profiles,
                                 const std::string& profile, const std::string& endpoint_option) {
  if (!endpoint_option.empty()) {
    const auto url = parsed(endpoint_option, "--endpoint-url", base::Kind::usage);
    return {.s3 = url,
            .codedeploy = url,
            .load_balancing = url,
            .auto_scaling = url,
            .sts = url,
            .ecr = url};
  }
  const auto ignored = environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  if (ignored && text::equal_ignoring_case(*ignored, "true")) return {};
  const Configured from{.environment = environment, .profiles = profiles, .profile = profile};
  const auto configured = [&](Service service) { return find_configured(from, names_of(service)); };
  return {.s3 = configured(Service::s3),
          .codedeploy = configured(Service::codedeploy),
          .load_balancing = configured(Service::load_balancing),
          .auto_scaling = configured(Service::auto_scaling),
          .sts = configured(Service::sts),
          .ecr = configured(Service::ecr)};
}

std::optional<std::string> find_region(const process::Environment& environment,
                                       const Profiles& profiles, const std::string& profile,
                                       const std::string& region_option) {
  std::optional<std::string> region;
  if (!region_option.empty()) region = region_option;
  if (!region) region = environment("AWS_REGION");
  if (!region) region = environment("AWS_DEFAULT_REGION");
  if (!region) region = profiles.find_setting(profile, "region");
  if (region && !is_region_name(*region)) {
    throw base::Error(base::Kind::environment,
                      fmt::format("find the AWS region: '{}' is no region name", *region));
  }
  return region;
}

bool is_region_name(std::string_view text) { return is_label(text); }

std::string_view partition_of(std::string_view region) { return partition(region).name; }

Variant find_variant(const process::Environment& environment, const Profiles& profiles,
                     const std::string& profile) {
  const auto is_wanted = [&](std::string_view variable, std::string_view setting) {
    auto origin = std::string(variable);
    auto value = environment(std::string(variable));
    if (!value) {
      value = profiles.find_setting(profile, setting);
      origin = fmt::format("{} of profile {}", setting, profile);
    }
    if (!value || text::equal_ignoring_case(*value, "false")) return false;
    if (text::equal_ignoring_case(*value, "true")) return true;
    throw base::Error(base::Kind::environment,
                      fmt::format("read {}: '{}' is neither true nor false", origin, *value));
  };
  return {.fips = is_wanted("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
          .dual_stack = is_wanted("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")};
}

http::Url rule_endpoint(Service service, std::string_view region, Variant variant) {
  const auto& where = partition(region);
  if (service == Service::s3 && variant.fips && where.name == "aws-cn") {
    throw base::Error(base::Kind::environment,
                      fmt::format("find the address of S3 in {}: it has no FIPS endpoint", region),
                      "unset AWS_USE_FIPS_ENDPOINT and use_fips_endpoint");
  }
  const bool own_suffix = variant.dual_stack && service != Service::s3;
  return http::parse_url(fmt::format("https://{}.{}.{}", first_labels(service, where, variant),
                                     region,
                                     own_suffix ? where.dual_stack_suffix : where.dns_suffix));
}

Addressing find_addressing(const Profiles& profiles, const std::string& profile,
                           const EndpointOverrides& overrides) {
  const auto style = profiles.find_setting(profile, "s3.addressing_style").value_or("auto");
  if (style == "path") return Addressing::path;
  if (style == "virtual") return Addressing::host_when_safe;
  if (style == "auto") return overrides.s3 ? Addressing::path : Addressing::host_when_safe;
  throw base::Error(base::Kind::environment,
                    fmt::format("read s3.addressing_style of profile {}: '{}' is neither path, "
                                "virtual nor auto",
                                profile, style));
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
