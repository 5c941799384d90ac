// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <vector>

#include "sandbox/s3/operations.hpp"
#include "sandbox/s3/page.hpp"
#include "sandbox/server/fault.hpp"
#include "text/base64.hpp"
#include "timing/timestamp.hpp"

namespace sandbox::s3 {
namespace {

// The three listings of objects differ in how they name the place to go on from.
enum class Kind { objects, objects_v2, versions };

struct Listing {
  std::string prefix{};
  std::string delimiter{};
  std::string after{};          // keys and common prefixes up to and with this one are left out
  std::string after_version{};  // of the key `after`: this one and newer ones are left out
  std::uint64_t most = 0;
};

Listing read_listing(const Call& call, Kind kind) {
  Listing listing;
  listing.prefix = call.parameter("prefix");
  listing.delimiter = call.parameter("delimiter");
  listing.most = page_size(call, "max-keys");
  if (kind == Kind::objects) listing.after = call.parameter("marker");
  if (kind == Kind::versions) {
    listing.after = call.parameter("key-marker");
    listing.after_version = call.parameter("version-id-marker");
  }
  if (kind == Kind::objects_v2) {
    listing.after = call.parameter("start-after");
    const auto token = call.parameter("continuation-token");
    if (token.empty()) return listing;
    const auto after = text::find_bytes_of_base64(token, text::Base64::url);
    if (!after) {
      throw Fault(400, "InvalidArgument", "The continuation token provided is incorrect");
    }
    listing.after = *after;
  }
  return listing;
}

struct Page {
  std::vector<const ObjectVersion*> entries{};
  std::vector<std::string> prefixes{};
  std::string last{};
  std::string last_version{};
  bool truncated = false;
  std::uint64_t count() const { return entries.size() + prefixes.size(); }
};

// Keys that hold the delimiter after the prefix fold into one common prefix, which counts as one.
Page page_of(const std::vector<ObjectVersion>& objects, const Listing& listing) {
  Page page;
  std::set<std::string> folded;
  bool passed_version = false;
  for (const auto& object : objects) {
    const auto name = folded_name(object.key, listing.prefix, listing.delimiter);
    const bool is_rest_of_key = name == listing.after && passed_version;
    if (name == listing.after && object.version == listing.after_version) passed_version = true;
    if ((name <= listing.after && !is_rest_of_key) || folded.contains(name)) continue;
    if (page.count() == listing.most) {
      page.truncated = listing.most > 0;
      break;
    }
    if (name == object.key) {
      page.entries.push_back(&object);
    } else {
      folded.insert(name);
      page.prefixes.push_back(name);
    }
    page.last = name;
    page.last_version = object.version;
  }
  return page;
}

xml::Element owner_of(const Call& call) {
  return xml::node("Owner", {xml::leaf("ID", call.owner.account)});
}

xml::Element contents_of(const Call& call, const ObjectVersion& object, Kind kind) {
  auto element = xml::node("Contents", {xml::leaf("Key", Encoding(call).shown(object.key)),
                                        xml::leaf("LastModified", timing::rfc3339(object.modified)),
                                        xml::leaf("ETag", in_quotes(object.etag)),
                                        xml::leaf("Size", static_cast<long long>(object.size())),
                                        xml::leaf("StorageClass", object.storage_class)});
  if (kind == Kind::objects || call.parameter("fetch-owner") == "true") {
    element.children.push_back(owner_of(call));
  }
  return element;
}

xml::Element version_of(const Call& call, const ObjectVersion& object) {
  auto element = xml::node(
      object.delete_marker ? "DeleteMarker" : "Version",
      {xml::leaf("Key", Encoding(call).shown(object.key)), xml::leaf("VersionId", object.version),
       xml::leaf("IsLatest", object.newest ? "true" : "false"),
       xml::leaf("LastModified", timing::rfc3339(object.modified)), owner_of(call)});
  if (object.delete_marker) return element;
  element.children.push_back(xml::leaf("ETag", in_quotes(object.etag)));
  element.children.push_back(xml::leaf("Size", static_cast<long long>(object.size())));
  element.children.push_back(xml::leaf("StorageClass", object.storage_class));
  return element;
}

// The request's own place to begin, and the one to go on from.
void append_markers(const Call& call, const Page& page, Kind kind, xml::Element& result) {
  const Encoding encoding(call);
  auto& children = result.children;
  const auto echo = [&](std::string_view parameter, std::string_view element, bool is_name) {
    const auto value = call.parameter(parameter);
    if (value.empty()) return;
    children.push_back(xml::leaf(element, is_name ? encoding.shown(value) : std::string(value)));
  };
  if (kind == Kind::objects) {
    echo("marker", "Marker", true);
    if (page.truncated) children.push_back(xml::leaf("NextMarker", encoding.shown(page.last)));
  } else if (kind == Kind::objects_v2) {
    echo("continuation-token", "ContinuationToken", false);
    echo("start-after", "StartAfter", true);
    children.push_back(xml::leaf("KeyCount", static_cast<long long>(page.count())));
    if (page.truncated) {
      children.push_back(
          xml::leaf("NextContinuationToken", text::base64(page.last, text::Base64::url)));
    }
  } else {
    echo("key-marker", "KeyMarker", true);
    echo("version-id-marker", "VersionIdMarker", false);
    if (page.truncated) {
      children.push_back(xml::leaf("NextKeyMarker", encoding.shown(page.last)));
      children.push_back(xml::leaf("NextVersionIdMarker", page.last_version));
    }
  }
}

Answer answer_listing(const Call& call, const std::vector<ObjectVersion>& objects, Kind kind) {
  const auto listing = read_listing(call, kind);
  const auto page = page_of(objects, listing);
  const Encoding encoding(call);
  auto result = xml::node(
      kind == Kind::versions ? "ListVersionsResult" : "ListBucketResult",
      {xml::leaf("Name", call.bucket), xml::leaf("Prefix", encoding.shown(listing.prefix)),
       xml::leaf("MaxKeys", static_cast<long long>(listing.most)),
       xml::leaf("IsTruncated", page.truncated ? "true" : "false")},
      s3_namespace);
  auto& children = result.children;
  if (!listing.delimiter.empty()) {
    children.push_back(xml::leaf("Delimiter", encoding.shown(listing.delimiter)));
  }
  if (encoding.encodes()) children.push_back(xml::leaf("EncodingType", "url"));
  append_markers(call, page, kind, result);
  for (const auto* object : page.entries) {
    children.push_back(kind == Kind::versions ? version_of(call, *object)
                                              : contents_of(call, *object, kind));
  }
  for (const auto& prefix : page.prefixes) {
    children.push_back(xml::node("CommonPrefixes", {xml::leaf("Prefix", encoding.shown(prefix))}));
  }
  return xml_answer(result);
}

}  // namespace

Answer list_objects(const Call& call) {
  const auto type = call.parameter("list-type");
  if (!type.empty() && type != "2") throw Fault(400, "InvalidArgument", "list-type must be 2");
  return answer_listing(call, call.store.list(call.bucket, call.parameter("prefix")),
                        type.empty() ? Kind::objects : Kind::objects_v2);
}

Answer list_object_versions(const Call& call) {
  return answer_listing(call, call.store.list_versions(call.bucket, call.parameter("prefix")),
                        Kind::versions);
}

}  // namespace sandbox::s3
