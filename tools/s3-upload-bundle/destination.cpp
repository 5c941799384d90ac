// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/destination.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "text/split.hpp"

namespace s3_upload_bundle {
namespace {

constexpr std::size_t most_key_bytes = 1024;  // S3's limit
constexpr std::size_t name_length = 16 + 4;   // digits and ".zip"

[[noreturn]] void refuse(std::string_view uri, std::string_view why) {
  throw base::Error(base::Kind::usage, fmt::format("read --to '{}': {}", uri, why),
                    "give it as s3://bucket/prefix/");
}

bool is_bucket_name(std::string_view name) {
  return name.size() >= 3 && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_';
         });
}

}  // namespace

Destination parse_destination(std::string_view uri) {
  constexpr std::string_view scheme = "s3://";
  if (!uri.starts_with(scheme)) refuse(uri, "it does not begin with s3://");
  const auto rest = uri.substr(scheme.size());
  const auto parts = text::cut(rest, "/");
  Destination destination{.bucket = std::string(parts ? parts->first : rest),
                          .prefix = std::string(parts ? parts->second : "")};
  if (!is_bucket_name(destination.bucket)) {
    refuse(uri, fmt::format("'{}' is no bucket name", destination.bucket));
  }
  const auto& prefix = destination.prefix;
  if (!prefix.empty() && !prefix.ends_with('/')) {
    refuse(uri, "a prefix ends with '/'; the name below it is made from the content");
  }
  if (prefix.size() + name_length > most_key_bytes) refuse(uri, "the prefix is too long");
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(prefix.begin(), prefix.end(), control)) refuse(uri, "a control character in it");
  return destination;
}

std::string key_for(const Destination& destination, std::string_view sha256_hex) {
  return fmt::format("{}{}.zip", destination.prefix, sha256_hex.substr(0, 16));
}

}  // namespace s3_upload_bundle
