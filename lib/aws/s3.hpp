// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/caller.hpp"
#include "crypto/sha256.hpp"
#include "http/message.hpp"

namespace aws {

// An object as the service describes it; a header that did not come is empty.
struct StoredObject {
  std::uint64_t size = 0;
  std::string etag{};             // without quotes; opaque: no MD5 under SSE-KMS or multipart
  std::string version{};          // empty in a bucket without versioning ("null" reads as empty)
  std::string checksum_sha256{};  // base64
};

struct ObjectName {
  std::string bucket;
  std::string key;
  std::string version{};    // empty: the newest
  std::string uri() const;  // s3://bucket/key, with ?versionId= when there is one
};

struct NewObject {
  ObjectName name;
  http::Body body;
  crypto::Sha256Digest sha256;  // of the body: signed, and checked by the service
  std::string content_type{"application/octet-stream"};
};

// `"abc"` and `abc` are the same ETag.
std::string without_quotes(std::string_view etag);

// The S3 API as far as the tools use it; errors as in CodeDeploy.
class S3 {
 public:
  explicit S3(Caller& caller) : caller_(&caller) {}

  // ETag and version of what is now there; `size` is the body's.
  StoredObject put_object(const NewObject& object);

  // A refusal is the value: 404 as NotFound, 403 as Forbidden, both without the service's words
  // since a HEAD has none. A caller without s3:ListBucket gets 403 for a key that does not exist.
  Answer<StoredObject> head_object(const ObjectName& name);

 private:
  Caller* caller_;
};

}  // namespace aws
