// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/send.hpp"

#include <fmt/core.h>

#include <utility>
#include <variant>

#include "aws/caller.hpp"
#include "base/error.hpp"
#include "http/client.hpp"
#include "logging/log.hpp"
#include "logging/progress.hpp"
#include "text/hex.hpp"
#include "text/human.hpp"

namespace s3_upload_bundle {
namespace {

std::string versioning_command(const std::string& bucket) {
  return fmt::format(
      "aws s3api put-bucket-versioning --bucket {} "
      "--versioning-configuration Status=Enabled",
      bucket);
}

void require_versioning(aws::S3& s3, const std::string& bucket) {
  const auto answer = s3.is_versioned(bucket);
  if (const auto* failure = std::get_if<aws::Failure>(&answer)) {
    throw aws::error_of(*failure, fmt::format("GetBucketVersioning s3://{}", bucket));
  }
  if (std::get<bool>(answer)) return;
  throw base::Error(base::Kind::integrity,
                    fmt::format("check bucket {}: it keeps no versions, and --require-versioning "
                                "was given",
                                bucket),
                    versioning_command(bucket));
}

// New content under a fixed key is harmless only where the old one stays as a version: deployments
// are pinned to versions, and a rollback needs the old one.
aws::Existing existing_at(aws::S3& s3, const aws::ObjectName& name, KeyKind kind) {
  if (kind == KeyKind::content_addressed) return aws::Existing::refuse_other;
  const auto there = s3.head_object(name);
  if (const auto* stored = std::get_if<aws::StoredObject>(&there)) {
    return stored->version.empty() ? aws::Existing::refuse_other : aws::Existing::replace;
  }
  // 403 also stands for "may not be read": then only the bucket can tell.
  if (std::get<aws::Failure>(there).status != 403) return aws::Existing::refuse_other;
  const auto versioned = s3.is_versioned(name.bucket);
  const auto* yes = std::get_if<bool>(&versioned);
  return yes != nullptr && *yes ? aws::Existing::replace : aws::Existing::refuse_other;
}

void warn_without_version(const aws::Uploaded& uploaded) {
  if (!uploaded.object.version.empty()) return;
  logging::warning(
      "bucket {} keeps no versions: a deployment cannot be pinned to these bytes; try: {}",
      uploaded.name.bucket, versioning_command(uploaded.name.bucket));
}

// What was asked for and the object at hand does not have: it is an earlier run's.
void warn_of_difference(const aws::Uploaded& uploaded, const aws::ObjectSettings& wanted) {
  if (uploaded.sent && !uploaded.verified) {
    logging::warning("{} was not read back: these keys may not (s3:GetObject)",
                     uploaded.name.uri());
  }
  if (uploaded.sent || wanted.encryption.empty()) return;
  if (uploaded.object.encryption == wanted.encryption) return;
  logging::warning("{} was there with encryption {}, not {}; remove it to have it sent anew",
                   uploaded.name.uri(),
                   uploaded.object.encryption.empty() ? "none" : uploaded.object.encryption,
                   wanted.encryption);
}

void tell(const Sent& sent) {
  const auto& uploaded = sent.uploaded;
  if (!uploaded.sent) {
    logging::info("{} is there already, nothing sent", uploaded.name.uri());
    return;
  }
  const auto parts =
      uploaded.parts == 0 ? std::string() : fmt::format(", {} parts", uploaded.parts);
  const auto resumed = uploaded.resumed == 0
                           ? std::string()
                           : fmt::format(", {} of an earlier run", uploaded.resumed);
  logging::info("put {} ({}{}{}, {})", uploaded.name.uri(), text::human_size(sent.size), parts,
                resumed, text::human_duration(sent.time));
}

}  // namespace

Sent send(Archive& archive, const Target& target, const SendOptions& options,
          const cli::Context& context) {
  const auto begun = context.clock.steady_now();
  const auto session =
      aws::open_session(options.aws, process::own_environment(), context.clock, context.stop);
  http::Client client(context.clock, context.stop, aws::client_options(session));
  aws::Caller caller(client, session);
  aws::S3 s3(caller, {.expected_owner = options.expected_owner});
  if (options.versioning == Versioning::required) require_versioning(s3, target.bucket);

  auto content = archive.content(&s3, options.part_size, context.stop);
  Sent sent{.sha256_hex = text::hex(content.sha256), .type = archive.type, .size = archive.size};
  aws::UploadRequest request{.name = {.bucket = target.bucket, .key = target.key(sent.sha256_hex)},
                             .content = std::move(content),
                             .settings = options.settings,
                             .part_size = options.part_size,
                             .parallel = options.parallel};
  request.settings.content_type = content_type_of(archive.type);
  request.existing = existing_at(s3, request.name, target.kind);
  {
    logging::Progress progress(context.clock, "upload", archive.size);
    request.progress = [&progress](std::uint64_t bytes) { progress.update(bytes); };
    sent.uploaded = aws::upload(s3, request);
  }
  sent.requests = client.requests_sent();
  sent.time =
      std::chrono::duration_cast<std::chrono::milliseconds>(context.clock.steady_now() - begun);
  tell(sent);
  warn_without_version(sent.uploaded);
  warn_of_difference(sent.uploaded, request.settings);
  return sent;
}

json::Value section_of(const Sent& sent) {
  const auto& object = sent.uploaded.object;
  auto section = json::object({{"bucket", sent.uploaded.name.bucket},
                               {"key", sent.uploaded.name.key},
                               {"version_id", object.version},
                               {"etag", object.etag},
                               {"size", sent.size},
                               {"sha256", sent.sha256_hex},
                               {"type", sent.type}});
  if (object.version.empty()) section.set("version_id", json::Value());
  return section;
}

json::Value result_of(const Sent& sent) {
  const auto& uploaded = sent.uploaded;
  auto result = json::object({{"uri", uploaded.name.uri()}});
  const auto section = section_of(sent);
  for (const auto& member : *section.find_object()) result.set(member.name, member.value);
  // As the service has them: base64, of the whole object.
  auto checksum = json::object({});
  if (!uploaded.object.checksum_crc64nvme.empty()) {
    checksum.set("crc64nvme", uploaded.object.checksum_crc64nvme);
  }
  if (!uploaded.object.checksum_sha256.empty()) {
    checksum.set("sha256", uploaded.object.checksum_sha256);
  }
  result.set("checksum", std::move(checksum));
  result.set("uploaded", uploaded.sent);
  result.set("parts", uploaded.parts);
  result.set("resumed", uploaded.resumed);
  result.set("requests", sent.requests);
  result.set("seconds", static_cast<double>(sent.time.count()) / 1000.0);
  return result;
}

}  // namespace s3_upload_bundle
