// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/caller.hpp"
#include "crypto/sha256.hpp"
#include "http/message.hpp"

namespace aws {

// An object as the service describes it; a header that did not come is empty.
struct StoredObject {
  std::uint64_t size = 0;
  std::string etag{};                // without quotes; opaque: no MD5 under SSE-KMS or multipart
  std::string version{};             // empty in a bucket without versioning ("null" reads as empty)
  std::string checksum_sha256{};     // base64, of the whole object; empty for a composite one
  std::string checksum_crc64nvme{};  // base64, of the whole object
  std::string claimed_sha256{};      // hex; what the writer said (sha256_metadata), unchecked
  std::string encryption{};          // "AES256", "aws:kms"
};

struct ObjectName {
  std::string bucket;
  std::string key;
  std::string version{};    // empty: the newest
  std::string uri() const;  // s3://bucket/key, with ?versionId= when there is one
};

// What an object gets beside its bytes; empty: the bucket's default.
struct ObjectSettings {
  std::string content_type{"application/octet-stream"};
  std::string encryption{};  // "AES256", "aws:kms", "aws:kms:dsse"
  std::string kms_key_id{};  // with aws:kms
  std::string storage_class{};
  std::vector<std::pair<std::string, std::string>> tags{};
  std::string sha256_hex{};  // of the whole, told as metadata
};

enum class Condition { none, if_absent };  // if_absent: If-None-Match: *

struct NewObject {
  ObjectName name;
  http::Body body;
  crypto::Sha256Digest sha256{};  // of the body: signed, and checked by the service
  ObjectSettings settings{};
  Condition condition = Condition::none;
};

// Names the SHA-256 among the object's own metadata, for servers that keep no checksums.
inline constexpr std::string_view sha256_metadata = "x-amz-meta-sha256";

// How the service is to check a multipart upload. Servers that stand in for S3 may know neither.
enum class PartCheck {
  crc64nvme,  // of each part, and of the whole object
  sha256,     // of each part only
  none        // what the signature covers
};

struct MultipartUpload {
  ObjectName name;
  std::string id;
  PartCheck check = PartCheck::crc64nvme;
};

struct NewPart {
  int number = 1;  // from 1
  http::Body body;
  std::uint64_t crc64nvme = 0;
  std::string sha256_hex{};  // empty: the body is not signed
};

// A part as the service has it.
struct StoredPart {
  int number = 0;
  std::uint64_t size = 0;
  std::string etag{};                // without quotes
  std::string checksum_crc64nvme{};  // base64
  std::string checksum_sha256{};     // base64
};

struct FoundUpload {
  std::string id;
  std::string initiated{};           // RFC 3339 in UTC: compares as text
  std::string checksum_algorithm{};  // "CRC64NVME"; empty when not told
};

// `"abc"` and `abc` are the same ETag.
std::string without_quotes(std::string_view etag);

// The form of x-amz-checksum-crc64nvme: base64 of the eight bytes, highest first.
std::string checksum_text(std::uint64_t crc64nvme);

// What makes an object of the parts.
struct Completion {
  std::vector<StoredPart> parts;  // by number
  std::uint64_t size = 0;
  std::uint64_t crc64nvme = 0;  // of the whole; sent under PartCheck::crc64nvme
  Condition condition = Condition::none;
};

struct S3Options {
  std::string expected_owner{};  // account id; the bucket must be that account's, on every call
};

// The S3 API as far as the tools use it. What S3 refuses is the value: callers branch on its code
// (NoSuchUpload, PreconditionFailed), and refusal() tells it. Throws unavailable, with the
// operation, when no answer came or one could not be read. Thread-safe as far as Caller is.
class S3 {
 public:
  explicit S3(Caller& caller, S3Options options = {})
      : caller_(&caller), options_(std::move(options)) {}

  // ETag and version of what is now there; `size` is the body's.
  Answer<StoredObject> put_object(const NewObject& object);

  // 404 comes as NotFound, 403 as Forbidden, both without the service's words since a HEAD has
  // none. A caller without s3:ListBucket gets 403 for a key that does not exist.
  Answer<StoredObject> head_object(const ObjectName& name);

  Answer<MultipartUpload> create_upload(const ObjectName& name, const ObjectSettings& settings,
                                        PartCheck check);
  Answer<StoredPart> upload_part(const MultipartUpload& upload, const NewPart& part);
  Answer<std::vector<StoredPart>> list_parts(const MultipartUpload& upload);

  // Unfinished uploads of exactly this key, newest first.
  Answer<std::vector<FoundUpload>> list_uploads(const ObjectName& name);

  // A 200 with an error in its body is the refusal that it says.
  Answer<StoredObject> complete_upload(const MultipartUpload& upload, const Completion& completion);

  // False when there was no such upload any more.
  Answer<bool> abort_upload(const MultipartUpload& upload);

  // Does the bucket keep versions now? (Suspended: no.)
  Answer<bool> is_versioned(const std::string& bucket);

  // Over plain http nothing but the signature keeps a body from being changed; https has TLS for
  // that, and the checksum header for what TLS does not see.
  bool signs_parts() const;

  Caller& caller() const { return *caller_; }
  const S3Options& options() const { return options_; }

 private:
  Answer<http::Response> ask(S3Request request);

  Caller* caller_;
  S3Options options_;
};

// "PutObject s3://bucket/key: AccessDenied: ...".
base::Error refusal(std::string_view operation, const ObjectName& name, const Failure& failure);

}  // namespace aws
