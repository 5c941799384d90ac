// SPDX-License-Identifier: Apache-2.0
//
// CompleteMultipartUpload: the parts that the client names become the object, as they are. No byte
// is read again: the whole's checksum comes from those of the parts.
#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "crypto/sha256.hpp"
#include "sandbox/s3/checksum.hpp"
#include "sandbox/s3/multipart.hpp"
#include "sandbox/server/fault.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"
#include "text/split.hpp"

namespace sandbox::s3 {
namespace {

constexpr std::uint64_t smallest_part = 5U << 20U;  // of all but the last

struct NamedPart {
  int number = 0;
  std::string etag{};
  Pairs checksums{};  // as header names
};

std::vector<NamedPart> named_parts(const xml::Element& document) {
  std::vector<NamedPart> result;
  for (const auto& element : document.children) {
    if (element.name != "Part") continue;
    NamedPart part;
    part.number = static_cast<int>(text::find_number(element.text_of("PartNumber")).value_or(0));
    part.etag = without_quotes(element.text_of("ETag"));
    for (const auto& child : element.children) {
      constexpr std::string_view prefix = "Checksum";
      if (!child.name.starts_with(prefix)) continue;
      part.checksums.emplace_back(
          fmt::format("{}{}", checksum_prefix,
                      text::lower(std::string_view(child.name).substr(prefix.size()))),
          text::trim(child.text));
    }
    result.push_back(std::move(part));
  }
  if (result.empty()) refuse_document();
  return result;
}

const Part& matching_part(const Parts& parts, const NamedPart& named) {
  const auto found = parts.find(named.number);
  const auto agrees = [&found](const auto& checksum) {
    const auto* stored = find_value(found->second.checksums, checksum.first);
    return stored != nullptr && *stored == checksum.second;
  };
  if (found == parts.end() || found->second.etag != named.etag ||
      !std::all_of(named.checksums.begin(), named.checksums.end(), agrees)) {
    throw Fault(400, "InvalidPart",
                "One or more of the specified parts could not be found. The part may not have been "
                "uploaded, or the specified entity tag may not match the part's entity tag.",
                {{"PartNumber", std::to_string(named.number)}, {"ETag", named.etag}});
  }
  return found->second;
}

void require_part_checksum(const Upload& upload, const NamedPart& named) {
  const auto& algorithm = upload.checksum_algorithm;
  if (algorithm.empty() || upload.checksum_type != "COMPOSITE") return;
  if (find_value(named.checksums, fmt::format("{}{}", checksum_prefix, algorithm)) != nullptr) {
    return;
  }
  throw Fault(400, "InvalidRequest",
              fmt::format("The upload was created using a {0} checksum. The complete request must "
                          "include the checksum for each part. It was missing for part {1} in the "
                          "request.",
                          algorithm, named.number));
}

std::vector<Part> chosen_parts(const Call& call, const Upload& upload,
                               const std::vector<NamedPart>& named) {
  const auto parts = call.uploads.parts(upload.id);
  std::vector<Part> result;
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (i > 0 && named[i].number <= named[i - 1].number) {
      throw Fault(400, "InvalidPartOrder",
                  "The list of parts was not in ascending order. Parts must be ordered by part "
                  "number.");
    }
    require_part_checksum(upload, named[i]);
    const auto& part = matching_part(parts, named[i]);
    if (i + 1 < named.size() && part.size() < smallest_part) {
      throw Fault(400, "EntityTooSmall",
                  "Your proposed upload is smaller than the minimum allowed size",
                  {{"ProposedSize", std::to_string(part.size())},
                   {"MinSizeAllowed", std::to_string(smallest_part)},
                   {"PartNumber", std::to_string(part.number)},
                   {"ETag", part.etag}});
    }
    result.push_back(part);
  }
  return result;
}

// md5 of the parts' md5s, "-" and their number.
std::string multipart_etag(const std::vector<Part>& parts) {
  std::string digests;
  for (const auto& part : parts) {
    const auto digest = text::find_bytes_of_hex(part.etag);
    if (digest) digests += crypto::as_text(*digest);
  }
  return fmt::format("{}-{}", text::hex(crypto::md5(digests)), parts.size());
}

// The object's checksum: over its bytes (FULL_OBJECT), or over the parts' checksums (COMPOSITE).
std::optional<std::string> object_checksum(const Upload& upload, const std::vector<Part>& parts) {
  const auto& algorithm = upload.checksum_algorithm;
  if (algorithm.empty()) return std::nullopt;
  std::vector<PartChecksum> checksums;
  std::string digests;
  for (const auto& part : parts) {
    const auto value = value_of(part.checksums, fmt::format("{}{}", checksum_prefix, algorithm));
    checksums.push_back({.value = std::string(value), .size = part.size()});
    digests += text::find_bytes_of_base64(value).value_or("");
  }
  if (upload.checksum_type == "FULL_OBJECT") return joined_checksum(algorithm, checksums);
  const auto whole = checksum(algorithm, digests);
  return whole ? std::optional(fmt::format("{}-{}", *whole, parts.size())) : std::nullopt;
}

// What the client says about the whole, where it says anything.
void check_whole(const Call& call, const Upload& upload, std::uint64_t size,
                 const std::optional<std::string>& computed) {
  const auto said = call.header("x-amz-mp-object-size");
  if (!said.empty() && text::find_number(said) != size) {
    throw Fault(400, "InvalidRequest",
                fmt::format("The provided 'x-amz-mp-object-size' header value {} does not match "
                            "what was computed: {}",
                            said, size));
  }
  const auto type = call.header("x-amz-checksum-type");
  if (!type.empty() && !upload.checksum_type.empty() && type != upload.checksum_type) {
    throw Fault(400, "InvalidRequest",
                fmt::format("The upload was created using the {} checksum mode. The complete "
                            "request must use the same checksum mode.",
                            upload.checksum_type));
  }
  const auto& algorithm = upload.checksum_algorithm;
  const auto given = call.header(fmt::format("{}{}", checksum_prefix, algorithm));
  if (algorithm.empty() || given.empty() || !computed) return;
  // Of a composite one S3 takes the value with and without its "-N".
  if (given != *computed && given != computed->substr(0, computed->find('-'))) {
    throw Fault(
        400, "BadDigest",
        fmt::format("The {} you specified did not match the calculated checksum.", algorithm));
  }
}

// The header's checksum is that of the object to be, not of this document.
xml::Element part_document(const Call& call) {
  const auto body = read_all(call.body, 4U << 20U);
  try {
    return xml::parse(body);
  } catch (const base::Error&) {
    refuse_document();
  }
}

}  // namespace

Answer complete_multipart_upload(const Call& call) {
  auto upload = require_upload(call);
  const ConditionalWrite write(call);
  const auto parts = chosen_parts(call, upload, named_parts(part_document(call)));
  const auto whole = object_checksum(upload, parts);
  auto object = std::move(upload.object);
  object.etag = multipart_etag(parts);
  for (const auto& part : parts) object.blobs.push_back(part.blob);
  check_whole(call, upload, object.size(), whole);
  if (whole) {
    object.headers.emplace(fmt::format("{}{}", checksum_prefix, upload.checksum_algorithm), *whole);
    object.headers.emplace("x-amz-checksum-type", upload.checksum_type);
  }
  const auto stored = write.store(std::move(object));
  call.uploads.end(upload.id);
  auto result = xml::node(
      "CompleteMultipartUploadResult",
      {xml::leaf("Location", "/" + call.bucket + "/" + call.key), xml::leaf("Bucket", call.bucket),
       xml::leaf("Key", call.key), xml::leaf("ETag", in_quotes(stored.etag))},
      s3_namespace);
  if (whole) {
    result.children.push_back(xml::leaf(checksum_element(upload.checksum_algorithm), *whole));
    result.children.push_back(xml::leaf("ChecksumType", upload.checksum_type));
  }
  auto answer = xml_answer(result);
  if (keeps_versions(call)) answer.headers.emplace_back("x-amz-version-id", stored.version);
  const auto encryption = shown(stored.encryption);
  answer.headers.insert(answer.headers.end(), encryption.begin(), encryption.end());
  return answer;
}

}  // namespace sandbox::s3
