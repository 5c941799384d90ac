// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/api.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "sandbox/s3/checksum.hpp"
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

constexpr std::uint64_t largest_document = 4U << 20U;

// The one operation that a header tells apart, not the query.
constexpr std::string_view copy_source = "x-amz-copy-source";

// Looked through in this order: those with a subresource come before the plain one.
constexpr std::array routes{
    Route{"GET", service, "", "ListBuckets", list_buckets},
    Route{"GET", bucket, "location", "GetBucketLocation", get_bucket_location},
    Route{"GET", bucket, "versioning", "GetBucketVersioning", get_bucket_versioning},
    Route{"PUT", bucket, "versioning", "PutBucketVersioning", put_bucket_versioning},
    Route{"GET", bucket, "encryption", "GetBucketEncryption", get_bucket_encryption},
    Route{"PUT", bucket, "encryption", "PutBucketEncryption", put_bucket_encryption},
    Route{"GET", bucket, "uploads", "ListMultipartUploads", list_multipart_uploads},
    Route{"GET", bucket, "versions", "ListObjectVersions", list_object_versions},
    Route{"GET", bucket, "list-type", "ListObjectsV2", list_objects},
    Route{"GET", bucket, "", "ListObjects", list_objects},
    Route{"POST", bucket, "delete", "DeleteObjects", delete_objects},
    Route{"HEAD", bucket, "", "HeadBucket", head_bucket},
    Route{"PUT", bucket, "", "CreateBucket", create_bucket},
    Route{"DELETE", bucket, "", "DeleteBucket", delete_bucket},
    Route{"POST", object, "uploads", "CreateMultipartUpload", create_multipart_upload},
    Route{"POST", object, "uploadId", "CompleteMultipartUpload", complete_multipart_upload},
    Route{"PUT", object, "uploadId", "UploadPart", upload_part},
    Route{"DELETE", object, "uploadId", "AbortMultipartUpload", abort_multipart_upload},
    Route{"GET", object, "uploadId", "ListParts", list_parts},
    Route{"GET", object, "tagging", "GetObjectTagging", get_object_tagging},
    Route{"PUT", object, "tagging", "PutObjectTagging", put_object_tagging},
    Route{"DELETE", object, "tagging", "DeleteObjectTagging", delete_object_tagging},
    Route{"PUT", object, copy_source, "CopyObject", copy_object},
    Route{"PUT", object, "", "PutObject", put_object},
    Route{"GET", object, "", "GetObject", get_object},
    Route{"HEAD", object, "", "HeadObject", get_object},
    Route{"DELETE", object, "", "DeleteObject", delete_object},
};

// Subresources of S3 that the sandbox does not have. Without this list ?acl would read the object.
constexpr std::array absent_subresources{"accelerate",        "acl",          "analytics",
                                         "attributes",        "cors",         "inventory",
                                         "legal-hold",        "lifecycle",    "logging",
                                         "metrics",           "notification", "object-lock",
                                         "ownershipControls", "policy",       "policyStatus",
                                         "publicAccessBlock", "replication",  "requestPayment",
                                         "restore",           "retention",    "select",
                                         "torrent",           "website"};

void refuse_absent_features(const Call& call) {
  for (const auto& [name, value] : call.query) {
    if (std::find(absent_subresources.begin(), absent_subresources.end(), name) !=
        absent_subresources.end()) {
      throw Fault(501, "NotImplemented", fmt::format("the sandbox has no ?{}", name));
    }
  }
}

struct Place {
  std::string bucket{};
  std::string key{};
};

// path style: /bucket/key, where the key is everything after the bucket, empty segments included.
Place place_of(std::string_view path) {
  path.remove_prefix(path.starts_with('/') ? 1 : 0);
  const auto slash = path.find('/');
  const auto decoded = [](std::string_view raw) {
    auto plain = text::find_percent_decoded(raw);
    if (!plain) throw Fault(400, "InvalidURI", "Couldn't parse the specified URI.");
    return *std::move(plain);
  };
  Place place{.bucket = decoded(path.substr(0, slash))};
  if (slash != std::string_view::npos) place.key = decoded(path.substr(slash + 1));
  if (place.key.size() > 1024) throw Fault(400, "KeyTooLongError", "Your key is too long");
  return place;
}

const Route* find_route(const Request& request, const Pairs& query, const Place& place) {
  const auto of = place.bucket.empty() ? service : place.key.empty() ? bucket : object;
  const auto asks_for = [&request, &query](std::string_view subresource) {
    const auto& pairs = subresource == copy_source ? request.headers : query;
    return subresource.empty() || find_value(pairs, subresource) != nullptr;
  };
  const auto found = std::find_if(routes.begin(), routes.end(), [&](const Route& route) {
    return route.method == request.method && route.of == of && asks_for(route.subresource);
  });
  return found == routes.end() ? nullptr : &*found;
}

// One endpoint stands for those of all regions, so that the signature tells which one a request was
// meant for. The endpoint of the sandbox's own region sends the client on to the bucket's; any
// other answers what a regional endpoint says to a signature of another region.
void require_region(const Call& call, const std::string& region) {
  if (call.signed_region == region) return;
  if (call.signed_region == call.owner.region) {
    throw Fault(301, "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified "
                "endpoint. Please send all future requests to this endpoint.",
                {{"Endpoint", fmt::format("{}.s3.{}.amazonaws.com", call.bucket, region)},
                 {"Bucket", call.bucket}},
                {{"x-amz-bucket-region", region}});
  }
  throw Fault(400, "AuthorizationHeaderMalformed",
              fmt::format("The authorization header is malformed; the region '{}' is wrong; "
                          "expecting '{}'",
                          call.signed_region, region),
              {{"Region", region}}, {{"x-amz-bucket-region", region}});
}

void require_bucket(const Call& call) {
  const auto settings = call.store.find_bucket(call.bucket);
  if (!settings) {
    throw Fault(404, "NoSuchBucket", "The specified bucket does not exist",
                {{"BucketName", call.bucket}});
  }
  require_region(call, settings->region);
  const auto expected = call.header("x-amz-expected-bucket-owner");
  if (!expected.empty() && expected != call.owner.account) {
    throw Fault(403, "AccessDenied", "Access Denied");
  }
}

}  // namespace

std::string in_quotes(std::string_view etag) { return fmt::format("\"{}\"", etag); }

std::string without_quotes(std::string_view etag) {
  if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"')) {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

Answer xml_answer(const xml::Element& document) {
  Answer answer;
  answer.headers = {{"Content-Type", "application/xml"}};
  answer.body = xml::write_document(document);
  return answer;
}

void refuse_document() {
  throw Fault(400, "MalformedXML",
              "The XML you provided was not well-formed or did not validate against our published "
              "schema");
}

xml::Element document_of(const Call& call) {
  const auto body = read_all(call.body, largest_document);
  verified_checksums(call.request.headers, body);
  try {
    return xml::parse(body);
  } catch (const base::Error&) {
    refuse_document();
  }
}

std::string operation_of(const Request& request) {
  try {
    const auto* route = find_route(request, decode_query(request.query), place_of(request.path));
    return route == nullptr ? "" : std::string(route->name);
  } catch (const Fault&) {
    return "";
  }
}

Answer Api::answer(const Request& request, Body& body, std::string_view region) {
  auto place = place_of(request.path);
  const Call call{.request = request,
                  .body = body,
                  .signed_region = region,
                  .query = decode_query(request.query),
                  .bucket = std::move(place.bucket),
                  .key = std::move(place.key),
                  .store = store_,
                  .uploads = uploads_,
                  .owner = owner_};
  refuse_absent_features(call);
  const auto* route = find_route(request, call.query, {call.bucket, call.key});
  if (route == nullptr) {
    throw Fault(405, "MethodNotAllowed",
                "The specified method is not allowed against this resource.");
  }
  if (route->of != service && route->operation != create_bucket) require_bucket(call);
  auto answer = route->operation(call);
  // S3 reads a body before it answers, wanted or not: only then its signature was verified.
  read_all(body, largest_document);
  return answer;
}

}  // namespace sandbox::s3
