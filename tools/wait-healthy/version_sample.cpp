// SPDX-License-Identifier: Apache-2.0
#include "wait-healthy/version_sample.hpp"

#include <fmt/core.h>

#include <optional>

#include "base/error.hpp"
#include "json/value.hpp"
#include "text/hex.hpp"
#include "text/split.hpp"

namespace wait_healthy {
namespace {

using Answer = VersionSample::Answer;

constexpr std::size_t shortest_prefix = 7;
constexpr std::size_t longest_shown = 60;

bool is_expected(const std::string& said, const ExpectedVersion& expected) {
  const auto lower = text::lower(said);
  const bool commit = lower.size() >= shortest_prefix && text::is_lower_hex(lower);
  if (commit && expected.commit.starts_with(lower)) return true;
  return !expected.version.empty() && said == expected.version;
}

std::string as_text(const json::Value& value) {
  if (const auto* text = value.find_string()) return *text;
  if (const auto* number = value.find_int()) return std::to_string(*number);
  return {};
}

std::optional<json::Value> find_document(const std::string& body) {
  try {
    return json::parse(body, "version document");
  } catch (const base::Error&) {
    return std::nullopt;  // whatever answers, it is not the service's info document
  }
}

std::string version_in(const http::Response& response, const VersionSource& source,
                       const std::optional<json::Value>& document) {
  if (source.kind == VersionSource::Kind::header) {
    return std::string(text::trim(response.headers.find(source.name).value_or("")));
  }
  const auto* value = document ? document->find_pointer(source.name) : nullptr;
  return value == nullptr ? "" : as_text(*value);
}

std::string shown(const std::string& said) {
  return said.size() <= longest_shown ? said : said.substr(0, longest_shown) + "…";
}

}  // namespace

std::vector<VersionSource> default_version_sources() {
  return {{VersionSource::Kind::json, "/git/commit/id/full"},
          {VersionSource::Kind::json, "/git/commit/id"}};
}

VersionSource parse_version_source(std::string_view text) {
  const auto parts = text::cut(text, ":");
  if (parts && parts->first == "json" && parts->second.starts_with('/')) {
    return {VersionSource::Kind::json, std::string(parts->second)};
  }
  if (parts && parts->first == "header" && !parts->second.empty()) {
    return {VersionSource::Kind::header, std::string(parts->second)};
  }
  throw base::Error(base::Kind::usage, fmt::format("read --version-from {}", text),
                    "write json:/git/commit/id or header:X-App-Version");
}

VersionSample read_sample(const http::Response& response, const std::vector<VersionSource>& sources,
                          const ExpectedVersion& expected) {
  const int status = response.status;
  const auto told = fmt::format("HTTP {}", status);
  if (status == 408 || status == 429 || status >= 500) return {Answer::none, told};
  if (status != 200) return {Answer::unknown, told};
  const auto document = find_document(response.body);
  for (const auto& source : sources) {
    const auto said = version_in(response, source, document);
    if (said.empty()) continue;
    return {is_expected(said, expected) ? Answer::fresh : Answer::old, shown(said)};
  }
  std::vector<std::string> names;
  for (const auto& source : sources) names.push_back(source.name);
  return {Answer::unknown, fmt::format("no {} in the answer", text::join(names, " or "))};
}

}  // namespace wait_healthy
