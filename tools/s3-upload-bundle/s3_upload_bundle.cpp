// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/s3_upload_bundle.hpp"

#include <fmt/core.h>

#include <utility>

#include "archives/zip_writer.hpp"
#include "aws/caller.hpp"
#include "aws/s3.hpp"
#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "http/client.hpp"
#include "logging/log.hpp"
#include "process/environment.hpp"
#include "release/record.hpp"
#include "s3-upload-bundle/bundle.hpp"
#include "s3-upload-bundle/release_env.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"
#include "text/human.hpp"
#include "text/split.hpp"

namespace s3_upload_bundle {
namespace {

constexpr std::uint64_t large_bundle = 100ULL << 20U;

// The packed bundle and what identifies it.
struct Archive {
  std::string bytes;
  crypto::Sha256Digest sha256{};
  std::string sha256_hex{};
};

Archive pack(const Bundle& bundle) {
  Archive archive{.bytes = archives::zip_bytes(bundle.entries)};
  archive.sha256 = crypto::sha256(archive.bytes);
  archive.sha256_hex = text::hex(archive.sha256);
  return archive;
}

// Does the service say that these are our bytes? Its SHA-256 settles it; the ETag is an MD5 only of
// a single PUT without KMS, so it can confirm and never deny. Absent: it does not say.
std::optional<bool> holds(const aws::StoredObject& stored, const Archive& archive) {
  if (stored.size != archive.bytes.size()) return false;
  if (!stored.checksum_sha256.empty()) {
    return stored.checksum_sha256 == text::base64(archive.sha256);
  }
  if (stored.etag == text::hex(crypto::md5(archive.bytes))) return true;
  return std::nullopt;
}

// What is at the content's key already, when it is certain to be the content.
std::optional<aws::StoredObject> find_stored(aws::S3& s3, const aws::ObjectName& name,
                                             const Archive& archive) {
  const auto answer = s3.head_object(name);
  if (const auto* failure = std::get_if<aws::Failure>(&answer)) {
    // A 403 may mean "not there" to who may not list the bucket; the PUT will tell.
    if (failure->status < 500 && failure->status != 429) return std::nullopt;
    throw aws::error_of(*failure, fmt::format("look for {}", name.uri()));
  }
  const auto& stored = std::get<aws::StoredObject>(answer);
  const auto same = holds(stored, archive);
  if (same && !*same) {
    throw base::Error(base::Kind::conflict,
                      fmt::format("look for {}: there is an object of {} with other content, ours "
                                  "has {}",
                                  name.uri(), text::human_size(stored.size),
                                  text::human_size(archive.bytes.size())),
                      "keys are made from the content, so somebody else wrote it: remove it or use "
                      "another prefix");
  }
  return same ? std::optional(stored) : std::nullopt;
}

void verify(aws::S3& s3, const aws::ObjectName& name, const aws::StoredObject& put,
            const Archive& archive) {
  const auto answer = s3.head_object(name);
  const auto what = fmt::format("verify {}", name.uri());
  if (const auto* failure = std::get_if<aws::Failure>(&answer)) {
    if (failure->status == 403) {
      logging::warning("{}: not allowed to read it back (s3:GetObject); S3 checked the SHA-256",
                       what);
      return;
    }
    if (failure->status == 404) {
      throw base::Error(base::Kind::integrity,
                        fmt::format("{}: it was accepted and is not there", what));
    }
    throw aws::error_of(*failure, what);
  }
  const auto& stored = std::get<aws::StoredObject>(answer);
  const bool same_version = put.version.empty() || stored.version == put.version;
  if (stored.etag == put.etag && same_version && holds(stored, archive).value_or(true)) return;
  throw base::Error(base::Kind::integrity,
                    fmt::format("{}: sent {} bytes, ETag {}; found {} bytes, ETag {}, version {}",
                                what, archive.bytes.size(), put.etag, stored.size, stored.etag,
                                stored.version.empty() ? "none" : stored.version),
                    "somebody else may write to this key; run it again");
}

struct Uploaded {
  aws::ObjectName name;
  aws::StoredObject object;
  bool sent = false;
};

Uploaded put_unless_there(aws::S3& s3, aws::ObjectName name, const Archive& archive) {
  if (auto stored = find_stored(s3, name, archive)) {
    name.version = stored->version;
    logging::info("{} is there already, nothing sent", name.uri());
    return {.name = std::move(name), .object = std::move(*stored)};
  }
  const auto put = s3.put_object({.name = name,
                                  .body = http::body_of(archive.bytes),
                                  .sha256 = archive.sha256,
                                  .content_type = "application/zip"});
  name.version = put.version;
  verify(s3, name, put, archive);
  logging::info("put {} ({})", name.uri(), text::human_size(archive.bytes.size()));
  return {.name = std::move(name), .object = put, .sent = true};
}

json::Value section_of(const Uploaded& uploaded, const Archive& archive) {
  auto section = json::object({{"bucket", uploaded.name.bucket},
                               {"key", uploaded.name.key},
                               {"version_id", uploaded.object.version},
                               {"etag", uploaded.object.etag},
                               {"size", archive.bytes.size()},
                               {"sha256", archive.sha256_hex}});
  if (uploaded.object.version.empty()) section.set("version_id", json::Value());
  return section;
}

std::string_view kind_letter(const archives::ZipInput& entry) {
  switch (entry.kind) {
    case archives::ZipKind::directory:
      return "dir ";
    case archives::ZipKind::symlink:
      return "link";
    case archives::ZipKind::regular:
      break;
  }
  return entry.executable ? "exec" : "file";
}

cli::Result plan(const Bundle& bundle, const Archive& archive, const aws::ObjectName& name) {
  std::string lines;
  json::Array entries;
  for (const auto& entry : bundle.entries) {
    lines += fmt::format("{} {}\n", kind_letter(entry), entry.path);
    entries.push_back(
        json::object({{"kind", text::trim(kind_letter(entry))}, {"path", entry.path}}));
  }
  lines += fmt::format("would put {} bytes, sha256 {}, to {}", archive.bytes.size(),
                       archive.sha256_hex, name.uri());
  return {.text = std::move(lines),
          .json = json::object({{"dry_run", true},
                                {"uri", name.uri()},
                                {"bucket", name.bucket},
                                {"key", name.key},
                                {"size", archive.bytes.size()},
                                {"sha256", archive.sha256_hex},
                                {"entries", std::move(entries)}})};
}

}  // namespace

cli::Result upload(const UploadOptions& options, const cli::Context& context) {
  const auto environment = process::own_environment();
  const auto record = release::Record::open(context.release, release::stamp_of(environment));
  const auto bundle = read_bundle(options.source, release_env(facts_of(record)));
  for (const auto& path : bundle.left_out) logging::debug("left out {}", path);

  const auto archive = pack(bundle);
  logging::info("packed {}: {} entries, {}", options.source.string(), bundle.entries.size(),
                text::human_size(archive.bytes.size()));
  if (archive.bytes.size() > large_bundle) {
    logging::warning("a bundle of {}: every instance loads and keeps five of them",
                     text::human_size(archive.bytes.size()));
  }
  const aws::ObjectName name{.bucket = options.to.bucket,
                             .key = key_for(options.to, archive.sha256_hex)};
  if (context.dry_run) return plan(bundle, archive, name);

  const auto session = aws::open_session(options.aws, environment, context.clock, context.stop);
  http::Client client(context.clock, context.stop, aws::client_options(session));
  aws::Caller caller(client, session);
  aws::S3 s3(caller);
  const auto uploaded = put_unless_there(s3, name, archive);
  if (uploaded.object.version.empty()) {
    logging::warning(
        "bucket {} keeps no versions: a deployment cannot be pinned to these bytes; "
        "try: aws s3api put-bucket-versioning --bucket {} "
        "--versioning-configuration Status=Enabled",
        name.bucket, name.bucket);
  }

  auto section = section_of(uploaded, archive);
  record.extend("bundle", section);
  auto result = json::object({{"uri", uploaded.name.uri()}, {"uploaded", uploaded.sent}});
  for (const auto& member : *section.find_object()) result.set(member.name, member.value);
  return {.text = uploaded.name.uri(), .json = std::move(result)};
}

}  // namespace s3_upload_bundle
