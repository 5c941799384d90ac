// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace s3_upload_bundle {

struct Destination {
  std::string bucket;
  std::string prefix;  // empty or ending in '/'
};

// "s3://bucket/prefix/". Throws usage for anything else.
Destination parse_destination(std::string_view uri);

// The key is the content's: equal bundles have equal keys, and a key never changes its bytes.
std::string key_for(const Destination& destination, std::string_view sha256_hex);

}  // namespace s3_upload_bundle
