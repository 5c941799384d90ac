// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <vector>

#include "base/error.hpp"
#include "sandbox/s3/operations.hpp"
#include "sandbox/server/fault.hpp"
#include "sandbox/server/xml.hpp"
#include "text/base64.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace sandbox::s3 {
namespace {

constexpr std::uint64_t most_keys = 1000;

Answer xml_answer(const xml::Element& document) {
  Answer answer;
  answer.headers = {{"Content-Type", "application/xml"}};
  answer.body = xml::write_document(document);
  return answer;
}

xml::Element body_of(const Call& call) {
  try {
    return xml::parse(call.request.body);
  } catch (const base::Error&) {
    throw Fault(400, "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our "
                "published schema");
  }
}

struct Listing {
  std::string prefix;
  std::string delimiter;
  std::string after;  // keys and common prefixes up to and with this one are left out
  std::uint64_t most = most_keys;
  bool encode = false;  // encoding-type=url

  std::string shown(std::string_view key) const {
    return encode ? text::percent_encode(key, text::Slash::keep) : std::string(key);
  }
};

Listing read_listing(const Call& call) {
  Listing listing;
  listing.prefix = call.parameter("prefix");
  listing.delimiter = call.parameter("delimiter");
  listing.after = call.parameter("start-after");
  listing.encode = call.parameter("encoding-type") == "url";
  if (const auto token = call.parameter("continuation-token"); !token.empty()) {
    const auto after = text::find_bytes_of_base64(token, text::Base64::url);
    if (!after) {
      throw Fault(400, "InvalidArgument", "The continuation token provided is incorrect");
    }
    listing.after = *after;
  }
  if (const auto most = call.parameter("max-keys"); !most.empty()) {
    const auto number = text::find_number(most);
    if (!number) throw Fault(400, "InvalidArgument", "max-keys is not a number");
    listing.most = std::min(most_keys, *number);
  }
  return listing;
}

xml::Element contents_of(const ObjectVersion& object, const Listing& listing) {
  return xml::node("Contents", {xml::leaf("Key", listing.shown(object.key)),
                                xml::leaf("LastModified", timing::rfc3339(object.modified)),
                                xml::leaf("ETag", in_quotes(object.etag)),
                                xml::leaf("Size", static_cast<long long>(object.size)),
                                xml::leaf("StorageClass", "STANDARD")});
}

struct Page {
  std::vector<xml::Element> entries{};
  std::vector<xml::Element> prefixes{};
  std::string last{};
  bool truncated = false;
  std::uint64_t count() const { return entries.size() + prefixes.size(); }
};

// Keys that hold the delimiter after the prefix fold into one common prefix, which counts as one.
Page page_of(const std::vector<ObjectVersion>& objects, const Listing& listing) {
  Page page;
  std::set<std::string> folded;
  for (const auto& object : objects) {
    const auto cut = listing.delimiter.empty()
                         ? std::string::npos
                         : object.key.find(listing.delimiter, listing.prefix.size());
    const auto name = cut == std::string::npos
                          ? object.key
                          : object.key.substr(0, cut + listing.delimiter.size());
    if (name <= listing.after || folded.contains(name)) continue;
    if (page.count() == listing.most) {
      page.truncated = listing.most > 0;
      break;
    }
    if (cut == std::string::npos) {
      page.entries.push_back(contents_of(object, listing));
    } else {
      folded.insert(name);
      page.prefixes.push_back(
          xml::node("CommonPrefixes", {xml::leaf("Prefix", listing.shown(name))}));
    }
    page.last = name;
  }
  return page;
}

}  // namespace

Answer list_buckets(const Call& call) {
  auto buckets = xml::node("Buckets");
  for (const auto& [name, created] : call.store.buckets()) {
    buckets.children.push_back(xml::node(
        "Bucket", {xml::leaf("Name", name), xml::leaf("CreationDate", timing::rfc3339(created))}));
  }
  return xml_answer(
      xml::node("ListAllMyBucketsResult",
                {xml::node("Owner", {xml::leaf("ID", call.owner.account)}), std::move(buckets)},
                s3_namespace));
}

Answer create_bucket(const Call& call) {
  if (!is_bucket_name(call.bucket)) {
    throw Fault(400, "InvalidBucketName", "The specified bucket is not valid.",
                {{"BucketName", call.bucket}});
  }
  std::string region = "us-east-1";
  if (!call.request.body.empty()) {
    const auto document = body_of(call);
    const auto constraint = document.text_of("LocationConstraint");
    if (!constraint.empty()) region = constraint;
  }
  if (region != call.owner.region) {
    throw Fault(400, "IllegalLocationConstraintException",
                "The " + region +
                    " location constraint is incompatible for the region specific "
                    "endpoint this request was sent to.");
  }
  // A bucket of one's own may be made again in us-east-1, where this answers 200; nowhere else.
  if (call.store.has_bucket(call.bucket) && region != "us-east-1") {
    throw Fault(409, "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own "
                "it.");
  }
  call.store.create_bucket(call.bucket);
  Answer answer;
  answer.headers = {{"Location", "/" + call.bucket}};
  return answer;
}

Answer head_bucket(const Call& call) {
  Answer answer;
  answer.headers = {{"x-amz-bucket-region", call.owner.region}};
  return answer;
}

Answer get_bucket_location(const Call& call) {
  auto location =
      xml::leaf("LocationConstraint", call.owner.region == "us-east-1" ? "" : call.owner.region);
  location.xmlns = s3_namespace;
  return xml_answer(location);
}

Answer get_bucket_versioning(const Call&) {
  return xml_answer(
      xml::node("VersioningConfiguration", {xml::leaf("Status", "Enabled")}, s3_namespace));
}

Answer put_bucket_versioning(const Call& call) {
  if (body_of(call).text_of("Status") != "Enabled") {
    throw Fault(501, "NotImplemented", "the sandbox's buckets are always versioned");
  }
  return {};
}

Answer list_objects(const Call& call) {
  if (call.parameter("list-type") != "2") {
    throw Fault(400, "InvalidArgument", "list-type must be 2");
  }
  const auto listing = read_listing(call);
  auto page = page_of(call.store.list(call.bucket, listing.prefix), listing);
  auto result =
      xml::node("ListBucketResult",
                {xml::leaf("Name", call.bucket), xml::leaf("Prefix", listing.shown(listing.prefix)),
                 xml::leaf("KeyCount", static_cast<long long>(page.count())),
                 xml::leaf("MaxKeys", static_cast<long long>(listing.most)),
                 xml::leaf("IsTruncated", page.truncated ? "true" : "false")},
                s3_namespace);
  auto& children = result.children;
  if (!listing.delimiter.empty()) {
    children.push_back(xml::leaf("Delimiter", listing.shown(listing.delimiter)));
  }
  if (listing.encode) children.push_back(xml::leaf("EncodingType", "url"));
  for (const auto* name : {"continuation-token", "start-after"}) {
    const bool is_token = std::string_view(name) == "continuation-token";
    if (const auto value = call.parameter(name); !value.empty()) {
      children.push_back(xml::leaf(is_token ? "ContinuationToken" : "StartAfter",
                                   is_token ? std::string(value) : listing.shown(value)));
    }
  }
  if (page.truncated) {
    children.push_back(
        xml::leaf("NextContinuationToken", text::base64(page.last, text::Base64::url)));
  }
  std::move(page.entries.begin(), page.entries.end(), std::back_inserter(children));
  std::move(page.prefixes.begin(), page.prefixes.end(), std::back_inserter(children));
  return xml_answer(result);
}

}  // namespace sandbox::s3
