// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/api.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "sandbox/s3/operations.hpp"
#include "sandbox/server/fault.hpp"
#include "text/percent.hpp"

namespace sandbox::s3 {
namespace {

using Operation = Answer (*)(const Call&);

struct Route {
  std::string_view method;
  enum class Of { service, bucket, object } of;
  std::string_view subresource;  // a query parameter that must be there; empty: none of them
  std::string_view name;
  Operation operation;
};

using enum Route::Of;

// Looked through in this order: those with a subresource come before the plain one.
constexpr std::array routes{
    Route{"GET", service, "", "ListBuckets", list_buckets},
    Route{"GET", bucket, "location", "GetBucketLocation", get_bucket_location},
    Route{"GET", bucket, "versioning", "GetBucketVersioning", get_bucket_versioning},
    Route{"PUT", bucket, "versioning", "PutBucketVersioning", put_bucket_versioning},
    Route{"GET", bucket, "uploads", "ListMultipartUploads", list_multipart_uploads},
    Route{"GET", bucket, "list-type", "ListObjectsV2", list_objects},
    Route{"HEAD", bucket, "", "HeadBucket", head_bucket},
    Route{"PUT", bucket, "", "CreateBucket", create_bucket},
    Route{"POST", object, "uploads", "CreateMultipartUpload", create_multipart_upload},
    Route{"POST", object, "uploadId", "CompleteMultipartUpload", complete_multipart_upload},
    Route{"PUT", object, "uploadId", "UploadPart", upload_part},
    Route{"DELETE", object, "uploadId", "AbortMultipartUpload", abort_multipart_upload},
    Route{"GET", object, "uploadId", "ListParts", list_parts},
    Route{"PUT", object, "", "PutObject", put_object},
    Route{"GET", object, "", "GetObject", get_object},
    Route{"HEAD", object, "", "HeadObject", get_object},
    Route{"DELETE", object, "", "DeleteObject", delete_object},
};

// Subresources of S3 that the sandbox does not have. Without this list ?acl would read the object.
constexpr std::array absent_subresources{
    "accelerate",     "acl",          "analytics",         "attributes",
    "cors",           "delete",       "encryption",        "inventory",
    "legal-hold",     "lifecycle",    "logging",           "metrics",
    "notification",   "object-lock",  "ownershipControls", "partNumber",
    "policy",         "policyStatus", "publicAccessBlock", "replication",
    "requestPayment", "restore",      "retention",         "select",
    "tagging",        "torrent",      "versions",          "website"};

void refuse_absent_features(const Call& call) {
  for (const auto& [name, value] : call.query) {
    // UploadPart's partNumber is a parameter of its own.
    if (name == "partNumber" && call.has_parameter("uploadId")) continue;
    if (std::find(absent_subresources.begin(), absent_subresources.end(), name) !=
        absent_subresources.end()) {
      throw Fault(501, "NotImplemented", fmt::format("the sandbox has no ?{}", name));
    }
  }
}

// path style: /bucket/key, where the key is everything after the bucket, empty segments included.
void read_path(std::string_view path, Call& call) {
  path.remove_prefix(path.starts_with('/') ? 1 : 0);
  const auto slash = path.find('/');
  const auto decoded = [](std::string_view raw) {
    auto plain = text::find_percent_decoded(raw);
    if (!plain) throw Fault(400, "InvalidURI", "Couldn't parse the specified URI.");
    return *std::move(plain);
  };
  call.bucket = decoded(path.substr(0, slash));
  if (slash != std::string_view::npos) call.key = decoded(path.substr(slash + 1));
  if (call.key.size() > 1024) throw Fault(400, "KeyTooLongError", "Your key is too long");
}

const Route* find_route(const Call& call) {
  const auto of = call.bucket.empty() ? service : call.key.empty() ? bucket : object;
  const auto found = std::find_if(routes.begin(), routes.end(), [&call, of](const Route& route) {
    return route.method == call.request.method && route.of == of &&
           (route.subresource.empty() || call.has_parameter(route.subresource));
  });
  return found == routes.end() ? nullptr : &*found;
}

}  // namespace

std::string in_quotes(std::string_view etag) { return fmt::format("\"{}\"", etag); }

std::string without_quotes(std::string_view etag) {
  if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"')) {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

Answer Api::answer(const Request& request) {
  Call call{.request = request,
            .query = decode_query(request.query),
            .bucket = {},
            .key = {},
            .store = store_,
            .uploads = uploads_,
            .owner = owner_};
  read_path(request.path, call);
  refuse_absent_features(call);
  const auto* route = find_route(call);
  if (route == nullptr) {
    throw Fault(405, "MethodNotAllowed",
                "The specified method is not allowed against this resource.");
  }
  if (route->of != service && route->operation != create_bucket &&
      !store_.has_bucket(call.bucket)) {
    throw Fault(404, "NoSuchBucket", "The specified bucket does not exist",
                {{"BucketName", call.bucket}});
  }
  const auto expected = call.header("x-amz-expected-bucket-owner");
  if (!expected.empty() && expected != owner_.account) {
    throw Fault(403, "AccessDenied", "Access Denied");
  }
  auto answer = route->operation(call);
  answer.operation = route->name;
  return answer;
}

}  // namespace sandbox::s3
