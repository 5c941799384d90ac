// SPDX-License-Identifier: Apache-2.0
#include "oci/token.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "json/field.hpp"
#include "text/base64.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

bool permits(const std::vector<Grant>& granted, const std::string& repository,
             const std::string& action) {
  return std::ranges::any_of(granted, [&](const Grant& grant) {
    return grant.repository == repository &&
           std::ranges::any_of(grant.actions, [&](const std::string& granted_action) {
             return granted_action == action || granted_action == "*";
           });
  });
}

}  // namespace

std::optional<std::vector<Grant>> find_grants(std::string_view token) {
  const auto parts = text::split(token, '.');
  if (parts.size() != 3) return std::nullopt;
  const auto claims = text::find_bytes_of_base64(parts[1], text::Base64::url);
  if (!claims) return std::nullopt;
  try {
    const json::Value document = json::parse(*claims, "token", {.bytes = 64U << 10U});
    const json::Field access = json::Field(document, "token")["access"];
    if (!access.exists()) return std::nullopt;
    std::vector<Grant> grants;
    for (const json::Field& entry : access.items()) {
      Grant grant{.repository = entry["name"].string(), .actions = {}};
      for (const json::Field& action : entry["actions"].items()) {
        grant.actions.push_back(action.string());
      }
      grants.push_back(std::move(grant));
    }
    return grants;
  } catch (const base::Error&) {
    return std::nullopt;  // somebody else's three parts
  }
}

std::vector<Grant> parse_scope(std::string_view scope) {
  std::vector<Grant> asked;
  for (const std::string_view part : text::split(scope, ' ')) {
    // The name may have a port's colon in it, so it lies between the first and the last one.
    const std::size_t first = part.find(':');
    const std::size_t last = part.rfind(':');
    if (first == std::string_view::npos || first == last) continue;
    Grant grant{.repository = std::string(part.substr(first + 1, last - first - 1)), .actions = {}};
    for (const std::string_view action : text::split(part.substr(last + 1), ',')) {
      grant.actions.emplace_back(action);
    }
    asked.push_back(std::move(grant));
  }
  return asked;
}

std::vector<Grant> missing(const std::vector<Grant>& asked, const std::vector<Grant>& granted) {
  std::vector<Grant> lacking;
  for (const Grant& wish : asked) {
    Grant rest{.repository = wish.repository, .actions = {}};
    std::ranges::copy_if(
        wish.actions, std::back_inserter(rest.actions),
        [&](const std::string& action) { return !permits(granted, wish.repository, action); });
    if (!rest.actions.empty()) lacking.push_back(std::move(rest));
  }
  return lacking;
}

std::string text_of(const std::vector<Grant>& grants) {
  std::vector<std::string> pieces;
  for (const Grant& grant : grants) {
    pieces.push_back(text::join(grant.actions, " and ") + " on " + grant.repository);
  }
  return text::join(pieces, ", ");
}

}  // namespace oci
