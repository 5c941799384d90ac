// SPDX-License-Identifier: Apache-2.0
//
// The S3 operations that api.cpp chooses from. Each throws Fault in S3's words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sandbox/s3/api.hpp"
#include "sandbox/s3/store.hpp"
#include "sandbox/s3/uploads.hpp"
#include "sandbox/server/body.hpp"
#include "sandbox/server/http_message.hpp"
#include "sandbox/server/xml.hpp"

namespace sandbox::s3 {

struct Call {
  const Request& request;
  Body& body;
  std::string_view signed_region;
  Pairs query;
  std::string bucket;
  std::string key;
  Store& store;
  Uploads& uploads;
  const Owner& owner;

  std::string_view header(std::string_view name) const { return value_of(request.headers, name); }
  std::string_view parameter(std::string_view name) const { return value_of(query, name); }
  bool has_parameter(std::string_view name) const { return find_value(query, name) != nullptr; }
};

// bucket_api.cpp
Answer list_buckets(const Call& call);
Answer create_bucket(const Call& call);
Answer delete_bucket(const Call& call);
Answer head_bucket(const Call& call);
Answer get_bucket_location(const Call& call);
Answer get_bucket_versioning(const Call& call);
Answer put_bucket_versioning(const Call& call);
Answer get_bucket_encryption(const Call& call);
Answer put_bucket_encryption(const Call& call);

// listing_api.cpp
Answer list_objects(const Call& call);  // both versions of the operation
Answer list_object_versions(const Call& call);

// object_api.cpp
Answer put_object(const Call& call);
Answer get_object(const Call& call);  // HEAD too

// delete_api.cpp
Answer delete_object(const Call& call);
Answer delete_objects(const Call& call);

// copy_api.cpp
Answer copy_object(const Call& call);

// tagging_api.cpp
Answer get_object_tagging(const Call& call);
Answer put_object_tagging(const Call& call);
Answer delete_object_tagging(const Call& call);

// multipart_api.cpp
Answer create_multipart_upload(const Call& call);
Answer upload_part(const Call& call);
Answer abort_multipart_upload(const Call& call);

// completion_api.cpp
Answer complete_multipart_upload(const Call& call);

// multipart_listing_api.cpp
Answer list_parts(const Call& call);
Answer list_multipart_uploads(const Call& call);

// object_headers.cpp: what PutObject, CopyObject and CreateMultipartUpload keep of the request's
// headers, and what answers show of it.
ObjectVersion described_object(const Call& call);
Pairs shown_headers(const Call& call, const ObjectVersion& object);
bool keeps_versions(const Call& call);  // then answers name versions

// conditions.cpp
Precondition precondition_of(const Call& call);
[[noreturn]] void refuse_precondition(const Call& call);
std::optional<Answer> failed_condition(const Call& call, const ObjectVersion& object);
ObjectVersion require_object(const Call& call);

// A conditional write on its way. Throws ConditionalRequestConflict when another of the same key
// is.
class ConditionalWrite {
 public:
  explicit ConditionalWrite(const Call& call);
  ConditionalWrite(const ConditionalWrite&) = delete;
  ConditionalWrite& operator=(const ConditionalWrite&) = delete;
  ~ConditionalWrite();

  // Stores the object, or throws what S3 answers when the condition does not hold.
  ObjectVersion store(ObjectVersion object) const;

 private:
  const Call& call_;
  Precondition precondition_;
};

// The request's XML document. Throws MalformedXML.
xml::Element document_of(const Call& call);
[[noreturn]] void refuse_document();
Answer xml_answer(const xml::Element& document);

Pairs tags_of_header(std::string_view header);  // a=1&b=2, tagging_api.cpp

std::string in_quotes(std::string_view etag);
std::string without_quotes(std::string_view etag);

inline constexpr std::string_view s3_namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

}  // namespace sandbox::s3
