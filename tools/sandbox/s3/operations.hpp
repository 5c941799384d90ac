// SPDX-License-Identifier: Apache-2.0
//
// The S3 operations that api.cpp chooses from. Each throws Fault in S3's words.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/s3/api.hpp"
#include "sandbox/s3/store.hpp"
#include "sandbox/s3/uploads.hpp"
#include "sandbox/server/http_message.hpp"

namespace sandbox::s3 {

struct Call {
  const Request& request;
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
Answer head_bucket(const Call& call);
Answer get_bucket_location(const Call& call);
Answer get_bucket_versioning(const Call& call);
Answer put_bucket_versioning(const Call& call);
Answer list_objects(const Call& call);

// object_api.cpp
Answer put_object(const Call& call);
Answer get_object(const Call& call);  // HEAD too
Answer delete_object(const Call& call);

// What PutObject and CreateMultipartUpload keep of the request's headers.
ObjectVersion described_object(const Call& call);
Precondition precondition_of(const Call& call);
Answer precondition_failed(const Call& call);  // 412

// multipart_api.cpp
Answer create_multipart_upload(const Call& call);
Answer upload_part(const Call& call);
Answer complete_multipart_upload(const Call& call);
Answer abort_multipart_upload(const Call& call);
Answer list_parts(const Call& call);
Answer list_multipart_uploads(const Call& call);

std::string in_quotes(std::string_view etag);
std::string without_quotes(std::string_view etag);

inline constexpr std::string_view s3_namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

}  // namespace sandbox::s3
