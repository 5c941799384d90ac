// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/s3/operations.hpp"
#include "sandbox/server/fault.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace sandbox::s3 {
namespace {

Fault no_such_key(const Call& call, const std::optional<ObjectVersion>& marker) {
  const auto version = call.parameter("versionId");
  if (!version.empty() && !marker) {
    return {404,
            "NoSuchVersion",
            "The specified version does not exist.",
            {{"Key", call.key}, {"VersionId", std::string(version)}}};
  }
  Pairs headers;
  if (marker) {
    headers = {{"x-amz-delete-marker", "true"}, {"x-amz-version-id", marker->version}};
  }
  return {404, "NoSuchKey", "The specified key does not exist.", {{"Key", call.key}}, headers};
}

bool names_etag(std::string_view header, std::string_view etag) {
  const auto pieces = text::split(header, ',');
  return std::any_of(pieces.begin(), pieces.end(), [etag](std::string_view piece) {
    const auto name = text::trim(piece);
    return name == "*" || without_quotes(name) == etag;
  });
}

}  // namespace

ObjectVersion require_object(const Call& call) {
  auto entry = call.store.find_entry(call.bucket, call.key, call.parameter("versionId"));
  if (!entry) throw no_such_key(call, entry);
  if (entry->delete_marker && call.has_parameter("versionId")) {
    throw Fault(405, "MethodNotAllowed",
                "The specified method is not allowed against this resource.", {},
                {{"x-amz-delete-marker", "true"}, {"Allow", "DELETE"}});
  }
  if (entry->delete_marker) throw no_such_key(call, entry);
  return *std::move(entry);
}

// RFC 9110, 13.2.2: the ETag conditions come before the dates.
std::optional<Answer> failed_condition(const Call& call, const ObjectVersion& object) {
  const auto modified = std::chrono::floor<std::chrono::seconds>(object.modified);
  if (const auto match = call.header("if-match"); !match.empty()) {
    if (!names_etag(match, object.etag)) refuse_precondition(call);
  } else if (const auto since = timing::find_http_date(call.header("if-unmodified-since"))) {
    if (modified > *since) refuse_precondition(call);
  }
  const Answer not_modified{.status = 304, .headers = {{"ETag", in_quotes(object.etag)}}};
  if (const auto match = call.header("if-none-match"); !match.empty()) {
    if (names_etag(match, object.etag)) return not_modified;
  } else if (const auto since = timing::find_http_date(call.header("if-modified-since"))) {
    if (modified <= *since) return not_modified;
  }
  return std::nullopt;
}

Precondition precondition_of(const Call& call) {
  const auto none_match = call.header("if-none-match");
  if (!none_match.empty() && none_match != "*") {
    throw Fault(501, "NotImplemented",
                "A header you provided implies functionality that is not implemented",
                {{"Header", "If-None-Match"}});
  }
  return {.absent = !none_match.empty(), .etag = without_quotes(call.header("if-match"))};
}

void refuse_precondition(const Call& call) {
  throw Fault(412, "PreconditionFailed",
              "At least one of the pre-conditions you specified did not hold",
              {{"Condition", call.header("if-match").empty() ? "If-None-Match" : "If-Match"}});
}

ConditionalWrite::ConditionalWrite(const Call& call)
    : call_(call), precondition_(precondition_of(call)) {
  if (!precondition_.any() || call.store.begin_conditional_write(call.bucket, call.key)) return;
  throw Fault(
      409, "ConditionalRequestConflict",
      "The conditional request cannot succeed due to a conflicting operation against this "
      "resource.",
      {{"Condition", precondition_.absent ? "If-None-Match" : "If-Match"}, {"Key", call.key}});
}

ConditionalWrite::~ConditionalWrite() {
  if (precondition_.any()) call_.store.end_conditional_write(call_.bucket, call_.key);
}

ObjectVersion ConditionalWrite::store(ObjectVersion object) const {
  auto stored = call_.store.put_if(precondition_, call_.bucket, std::move(object));
  if (stored) return *std::move(stored);
  if (!precondition_.etag.empty() && !call_.store.find(call_.bucket, call_.key)) {
    throw Fault(404, "NoSuchKey", "The specified key does not exist.", {{"Key", call_.key}});
  }
  refuse_precondition(call_);
}

}  // namespace sandbox::s3
