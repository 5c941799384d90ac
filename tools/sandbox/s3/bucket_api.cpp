// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "sandbox/s3/operations.hpp"
#include "sandbox/server/fault.hpp"
#include "timing/timestamp.hpp"

namespace sandbox::s3 {
namespace {

constexpr std::string_view first_region = "us-east-1";
constexpr std::uint64_t largest_configuration = 64U << 10U;

// us-east-1 has no location constraint, and its endpoint makes buckets anywhere; the others make
// their own only, and want it said.
std::string region_for(const Call& call, std::string_view constraint) {
  const bool is_region = std::all_of(constraint.begin(), constraint.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!is_region || constraint == first_region) {
    throw Fault(400, "InvalidLocationConstraint", "The specified location-constraint is not valid",
                {{"LocationConstraint", std::string(constraint)}});
  }
  if (call.signed_region != first_region && constraint != call.signed_region) {
    throw Fault(400, "IllegalLocationConstraintException",
                fmt::format("The {} location constraint is incompatible for the region specific "
                            "endpoint this request was sent to.",
                            constraint.empty() ? "unspecified" : constraint));
  }
  return std::string(constraint.empty() ? first_region : constraint);
}

std::string constraint_in(const Call& call) {
  const auto body = read_all(call.body, largest_configuration);
  if (body.empty()) return "";
  try {
    return std::string(xml::parse(body).text_of("LocationConstraint"));
  } catch (const base::Error&) {
    refuse_document();
  }
}

std::string_view name_of(Versioning versioning) {
  return versioning == Versioning::enabled ? "Enabled" : "Suspended";
}

BucketSettings settings_of(const Call& call) {
  return call.store.find_bucket(call.bucket).value_or(BucketSettings());
}

}  // namespace

Answer list_buckets(const Call& call) {
  auto buckets = xml::node("Buckets");
  for (const auto& [name, settings] : call.store.buckets()) {
    buckets.children.push_back(xml::node(
        "Bucket",
        {xml::leaf("Name", name), xml::leaf("CreationDate", timing::rfc3339(settings.created)),
         xml::leaf("BucketRegion", settings.region)}));
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
  const auto region = region_for(call, constraint_in(call));
  // A bucket of one's own may be made again in us-east-1, where this answers 200; nowhere else.
  const auto existing = call.store.find_bucket(call.bucket);
  if (existing && (region != first_region || existing->region != region)) {
    throw Fault(409, "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own "
                "it.",
                {{"BucketName", call.bucket}});
  }
  if (!existing) {
    call.store.create_bucket(call.bucket, {.region = region, .versioning = Versioning::never});
  }
  Answer answer;
  answer.headers = {{"Location", "/" + call.bucket}};
  return answer;
}

Answer delete_bucket(const Call& call) {
  if (call.store.remove_bucket(call.bucket) == BucketRemoval::not_empty) {
    throw Fault(409, "BucketNotEmpty", "The bucket you tried to delete is not empty",
                {{"BucketName", call.bucket}});
  }
  return {.status = 204};
}

Answer head_bucket(const Call& call) {
  Answer answer;
  answer.headers = {{"x-amz-bucket-region", settings_of(call).region}};
  return answer;
}

Answer get_bucket_location(const Call& call) {
  const auto region = settings_of(call).region;
  auto location = xml::leaf("LocationConstraint", region == first_region ? "" : region);
  location.xmlns = s3_namespace;
  return xml_answer(location);
}

Answer get_bucket_versioning(const Call& call) {
  auto document = xml::node("VersioningConfiguration", {}, s3_namespace);
  const auto versioning = settings_of(call).versioning;
  if (versioning != Versioning::never) {
    document.children.push_back(xml::leaf("Status", name_of(versioning)));
  }
  return xml_answer(document);
}

Answer put_bucket_versioning(const Call& call) {
  const auto document = document_of(call);
  const auto status = document.text_of("Status");
  for (const auto versioning : {Versioning::enabled, Versioning::suspended}) {
    if (status != name_of(versioning)) continue;
    call.store.set_versioning(call.bucket, versioning);
    return {};
  }
  throw Fault(400, "IllegalVersioningConfigurationException",
              "The Versioning element must be specified");
}

Answer get_bucket_encryption(const Call& call) {
  const auto settings = settings_of(call).encryption;
  auto by_default = xml::node("ApplyServerSideEncryptionByDefault",
                              {xml::leaf("SSEAlgorithm", settings.algorithm)});
  if (!settings.key_id.empty()) {
    by_default.children.push_back(xml::leaf("KMSMasterKeyID", settings.key_id));
  }
  return xml_answer(xml::node(
      "ServerSideEncryptionConfiguration",
      {xml::node("Rule", {std::move(by_default),
                          xml::leaf("BucketKeyEnabled", settings.bucket_key ? "true" : "false")})},
      s3_namespace));
}

Answer put_bucket_encryption(const Call& call) {
  const auto document = document_of(call);
  const auto* rule = document.find("Rule");
  const auto* by_default =
      rule == nullptr ? nullptr : rule->find("ApplyServerSideEncryptionByDefault");
  if (by_default == nullptr) refuse_document();
  const std::string algorithm(by_default->text_of("SSEAlgorithm"));
  if (algorithm != "AES256" && algorithm != "aws:kms" && algorithm != "aws:kms:dsse") {
    refuse_document();
  }
  call.store.set_encryption(call.bucket,
                            {.algorithm = algorithm,
                             .key_id = std::string(by_default->text_of("KMSMasterKeyID")),
                             .bucket_key = rule->text_of("BucketKeyEnabled") == "true"});
  return {};
}

}  // namespace sandbox::s3
