// SPDX-License-Identifier: Apache-2.0
#include "oci/ecr_host.hpp"

#include <algorithm>
#include <array>

#include "text/split.hpp"

namespace oci {
namespace {

constexpr std::size_t account_digits = 12;

struct Suffix {
  std::string_view text;
  bool is_dual_stack;
};

constexpr std::array suffixes{Suffix{"amazonaws.com", false},
                              Suffix{"amazonaws.com.cn", false},
                              Suffix{"amazonaws.eu", false},
                              Suffix{"on.aws", true},
                              Suffix{"on.amazonwebservices.com.cn", true},
                              Suffix{"c2s.ic.gov", false},
                              Suffix{"sc2s.sgov.gov", false},
                              Suffix{"cloud.adc-e.uk", false},
                              Suffix{"csp.hci.ic.gov", false}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_region_character(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-'; }

// Takes `prefix` off the front of `text`.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::optional<EcrHost> find_ecr_host(std::string_view host) {
  const std::string lower = text::lower(host);
  if (lower == "public.ecr.aws" || lower == "ecr-public.aws.com") {
    return EcrHost{.region = "us-east-1", .is_public = true};
  }
  std::string_view rest = lower;
  EcrHost found{.account = std::string(rest.substr(0, account_digits))};
  if (found.account.size() != account_digits || !std::ranges::all_of(found.account, is_digit)) {
    return std::nullopt;
  }
  rest.remove_prefix(account_digits);
  if (!take(rest, ".dkr.ecr") && !take(rest, ".dkr-ecr")) return std::nullopt;
  found.is_fips = take(rest, "-fips");
  if (!take(rest, ".")) return std::nullopt;
  const auto parts = text::cut(rest, ".");
  if (!parts || parts->first.empty() || !std::ranges::all_of(parts->first, is_region_character)) {
    return std::nullopt;
  }
  found.region = parts->first;
  const auto suffix = std::ranges::find(suffixes, parts->second, &Suffix::text);
  if (suffix == suffixes.end()) return std::nullopt;
  found.is_dual_stack = suffix->is_dual_stack;
  return found;
}

bool is_ecr_host(std::string_view host) { return find_ecr_host(host).has_value(); }

}  // namespace oci
