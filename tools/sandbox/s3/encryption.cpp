// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/encryption.hpp"

#include <fmt/core.h>

#include <string_view>

#include "sandbox/server/fault.hpp"

namespace sandbox::s3 {
namespace {

constexpr std::string_view header = "x-amz-server-side-encryption";

std::string key_arn(std::string_view id, const KeyPlace& place) {
  if (id.starts_with("arn:")) return std::string(id);
  const bool is_alias = id.starts_with("alias/");
  return fmt::format("arn:aws:kms:{}:{}:{}{}", place.region, place.account, is_alias ? "" : "key/",
                     id.empty() ? "aws-s3-managed" : id);
}

void refuse_denied(const std::string& key, const KeyPlace& place) {
  if (!key.ends_with("/denied")) return;
  throw Fault(403, "AccessDenied",
              fmt::format("User: arn:aws:iam::{}:user/stagecraft is not authorized to perform: "
                          "kms:GenerateDataKey on resource: {} because no identity-based policy "
                          "allows the kms:GenerateDataKey action",
                          place.account, key));
}

}  // namespace

Encryption requested_encryption(const Pairs& headers, const Encryption& otherwise,
                                const KeyPlace& place) {
  const auto option = [&headers](std::string_view suffix) {
    return std::string(value_of(headers, fmt::format("{}{}", header, suffix)));
  };
  if (!option("-customer-algorithm").empty()) {
    throw Fault(501, "NotImplemented", "the sandbox has no keys of customers (SSE-C)");
  }
  Encryption result = otherwise;
  const auto algorithm = option("");
  const auto key = option("-aws-kms-key-id");
  if (!algorithm.empty()) {
    result = {.algorithm = algorithm};
    if (algorithm != "AES256" && algorithm != "aws:kms" && algorithm != "aws:kms:dsse") {
      throw Fault(400, "InvalidArgument", "The encryption method specified is not supported",
                  {{"ArgumentName", std::string(header)}, {"ArgumentValue", algorithm}});
    }
  }
  if (!key.empty() && (algorithm.empty() || !result.is_kms())) {
    throw Fault(400, "InvalidArgument",
                "Server Side Encryption with AWS KMS managed key requires HTTP header "
                "x-amz-server-side-encryption : aws:kms",
                {{"ArgumentName", std::string(header)}});
  }
  if (!result.is_kms()) return result;
  if (!algorithm.empty()) {
    result.key_id = key;
    result.context = option("-context");
    result.bucket_key = option("-bucket-key-enabled") == "true";
  }
  result.key_id = key_arn(result.key_id, place);
  refuse_denied(result.key_id, place);
  return result;
}

Pairs shown(const Encryption& encryption) {
  Pairs result{{std::string(header), encryption.algorithm}};
  if (!encryption.key_id.empty()) {
    result.emplace_back("x-amz-server-side-encryption-aws-kms-key-id", encryption.key_id);
  }
  if (encryption.bucket_key) {
    result.emplace_back("x-amz-server-side-encryption-bucket-key-enabled", "true");
  }
  return result;
}

}  // namespace sandbox::s3
