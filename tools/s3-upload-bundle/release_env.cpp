// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/release_env.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "text/hex.hpp"
#include "text/split.hpp"

namespace s3_upload_bundle {
namespace {

bool needs_no_quotes(char c) {
  constexpr std::string_view others = "_./:@%+=,-";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

std::string shell_word(std::string_view name, std::string_view value) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(value.begin(), value.end(), control)) {
    throw base::Error(
        base::Kind::integrity,
        fmt::format("write {}: {} has a control character in it", release_env_name, name));
  }
  if (!value.empty() && std::all_of(value.begin(), value.end(), needs_no_quotes)) {
    return std::string(value);
  }
  return "'" + text::replace_all(value, "'", "'\\''") + "'";
}

bool is_digest(std::string_view text) {
  constexpr std::string_view algorithm = "sha256:";
  return text.starts_with(algorithm) && text.size() == algorithm.size() + 64 &&
         text::is_lower_hex(text.substr(algorithm.size()));
}

}  // namespace

ReleaseFacts facts_of(const release::Record& record) {
  const auto image = record.section("image");
  const auto source = record.section("source");
  ReleaseFacts facts{.repository = image["repository"].string(),
                     .digest = image["digest"].string(),
                     .version = source["version"].string(),
                     .commit = source["commit"].string()};
  if (!is_digest(facts.digest)) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read {}: image digest '{}' is no sha256 digest",
                                  record.path().string(), facts.digest),
                      "run docker-push again");
  }
  return facts;
}

std::string release_env(const ReleaseFacts& facts) {
  std::string lines;
  const auto add = [&](std::string_view name, const std::string& value) {
    lines += fmt::format("{}={}\n", name, shell_word(name, value));
  };
  add("IMAGE", facts.repository + "@" + facts.digest);
  add("IMAGE_DIGEST", facts.digest);
  add("VERSION", facts.version);
  add("COMMIT", facts.commit);
  return lines;
}

}  // namespace s3_upload_bundle
