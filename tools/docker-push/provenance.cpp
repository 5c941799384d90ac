// SPDX-License-Identifier: Apache-2.0
#include "docker-push/provenance.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "base/error.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace docker_push {
namespace {

std::string created_time(const std::optional<release::Record>& record,
                         const process::Environment& environment) {
  if (const auto epoch = environment("SOURCE_DATE_EPOCH")) {
    const auto seconds = text::find_number(*epoch);
    constexpr std::uint64_t year_9999 = 253'402'300'799;
    if (!seconds || *seconds > year_9999) {
      throw base::Error(base::Kind::usage,
                        fmt::format("read SOURCE_DATE_EPOCH: '{}' is no time", *epoch),
                        "give seconds since 1970-01-01, or unset it");
    }
    return timing::rfc3339(timing::SystemTime(std::chrono::seconds(*seconds)));
  }
  if (record) {
    if (const auto seconds = record->section("source")["commit_time"].maybe_integer()) {
      return timing::rfc3339(timing::SystemTime(std::chrono::seconds(*seconds)));
    }
  }
  return timing::rfc3339(timing::SystemTime());
}

// A URL's user and password are nobody's business.
std::string without_user(const std::string& url) {
  const auto parts = text::cut(url, "://");
  if (!parts) return url;
  const std::size_t path = std::min(parts->second.find('/'), parts->second.size());
  const std::size_t at = parts->second.substr(0, path).rfind('@');
  if (at == std::string_view::npos) return url;
  return fmt::format("{}://{}", parts->first, parts->second.substr(at + 1));
}

}  // namespace

Provenance provenance_of(const std::optional<release::Record>& record,
                         const process::Environment& environment) {
  Provenance provenance{.created = created_time(record, environment)};
  if (!record) return provenance;
  const json::Field from = record->section("source");
  provenance.revision = from["commit"].maybe_string().value_or("");
  provenance.source = from["repo"].maybe_string().value_or("");
  provenance.version = record->section("jar")["version"].maybe_string().value_or("");
  provenance.described = from["version"].maybe_string().value_or("");
  return provenance;
}

oci::Annotations annotations_of(const Provenance& provenance, const oci::BaseImage& base) {
  oci::Annotations annotations;
  const auto add = [&annotations](std::string_view name, const std::string& value) {
    if (!value.empty()) annotations.emplace_back(fmt::format("{}{}", standard_prefix, name), value);
  };
  add("created", provenance.created);
  add("revision", provenance.revision);
  add("source", without_user(provenance.source));
  add("version", provenance.version);
  if (base.in_registry) {
    add("base.name", base.name);
    add("base.digest", base.digest);
  }
  return annotations;
}

}  // namespace docker_push
