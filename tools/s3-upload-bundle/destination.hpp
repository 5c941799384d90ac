// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace s3_upload_bundle {

// Where bundles go, as --to says it.
//
//   s3://bucket/prefix/                     <prefix><first 16 of the sha256>.zip (.tgz, .tar)
//   s3://bucket/shop/{version}/{sha256}.zip a key with the names of key_names filled in
//   s3://bucket/shop.zip                    always this key
struct Destination {
  std::string bucket{};
  std::string key{};  // a template when is_key, else the prefix: empty or ending in "/"
  bool is_key = false;

  // Does the key say what the content is, so that other content there is somebody's mistake?
  bool is_content_addressed() const;
};

// Throws usage for anything else, naming an unknown {name} with the nearest known one.
Destination parse_destination(std::string_view uri);

// What is known of the bundle; empty: unknown.
struct KeyFacts {
  std::string sha256{};     // 64 hex digits
  std::string extension{};  // "zip"
  std::string commit{};
  std::string version{};
  std::string build{};
};

// Throws usage when the key needs what is not known, or grows beyond S3's 1024 bytes.
std::string key_for(const Destination& destination, const KeyFacts& facts);

}  // namespace s3_upload_bundle
