// SPDX-License-Identifier: Apache-2.0
//
// A multipart upload is a thing at the service that costs money until somebody completes or aborts
// it, so whoever has its id is answerable for it. Creating and aborting go over a client that a
// signal stops only some seconds later: a Create whose answer nobody reads leaves an upload that
// nobody knows.
#include "aws/s3_multipart_upload.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/late_stop.hpp"
#include "aws/s3_existing.hpp"
#include "aws/s3_parts.hpp"
#include "base/error.hpp"
#include "logging/log.hpp"

namespace aws {
namespace {

constexpr std::uint64_t worth_resuming = 64ULL << 20U;
constexpr std::size_t most_looked_at = 5;  // unfinished uploads of one key
constexpr int most_abort_rounds = 5;
constexpr int most_starts = 4;  // conflict or vanished upload once, two weaker checks

// Jenkins kills what is still there 5 s after its SIGTERM.
constexpr std::chrono::milliseconds cleanup_grace{3'000};
constexpr std::chrono::milliseconds cleanup_attempt{2'500};

// The same S3 over a connection that outlives a stop by cleanup_grace.
struct LateS3 {
  explicit LateS3(const S3& usual)
      : stop(usual.caller().client().clock(), usual.caller().client().stop_token(), cleanup_grace),
        client(usual.caller().client().clock(), stop.token(), options_of(usual)),
        caller(client, usual.caller().session()),
        s3(caller, usual.options()) {}

  static http::ClientOptions options_of(const S3& usual) {
    auto options = client_options(usual.caller().session());
    options.connect_timeout = std::min(options.connect_timeout, cleanup_attempt);
    return options;
  }

  LateStop stop;
  http::Client client;
  Caller caller;
  S3 s3;
};

struct Started {
  MultipartUpload upload{};
  std::vector<StoredPart> kept{};
};

struct Job {
  S3& s3;
  const UploadRequest& request;
  LateS3 late;
  Parts parts;
  Meter meter;
  PartCheck check = PartCheck::crc64nvme;
  bool conditional = true;
  std::vector<FoundUpload> leftover{};  // other unfinished uploads of this key
};

bool is_gone(const Failure& failure) { return failure.code == "NoSuchUpload"; }

// Servers that stand in for S3 refuse the checksums they do not know, each with words of its own.
bool is_unknown_check(const Failure& failure, PartCheck check) {
  if (check == PartCheck::none) return false;
  return failure.status == 501 || failure.code == "NotImplemented" ||
         failure.code == "InvalidRequest" || failure.code == "InvalidArgument";
}

PartCheck weaker(PartCheck check) {
  return check == PartCheck::crc64nvme ? PartCheck::sha256 : PartCheck::none;
}

// Empty when nothing is left of the upload, else why something is. A part that was on its way may
// land after an abort, hence the second look.
std::string why_not_aborted(S3& s3, const MultipartUpload& upload) {
  try {
    for (int round = 0; round < most_abort_rounds; ++round) {
      const auto aborted = s3.abort_upload(upload);
      if (const auto* failure = std::get_if<Failure>(&aborted)) {
        return refusal("AbortMultipartUpload", upload.name, *failure).what();
      }
      if (!std::get<bool>(aborted)) return {};
      // Whoever may abort need not be allowed to list.
      if (std::holds_alternative<Failure>(s3.list_parts(upload))) return {};
    }
    return "its parts stay";
  } catch (const base::Error& error) {
    return error.what();
  }
}

base::Error after_abort(Job& job, const MultipartUpload& upload, const base::Error& error) {
  const auto why = why_not_aborted(job.late.s3, upload);
  if (why.empty()) return error;
  return {error.kind(),
          fmt::format("{}; its unfinished upload {} could not be aborted: {}", error.what(),
                      upload.id, why),
          fmt::format("run it again, which continues or aborts it, or: aws s3api "
                      "abort-multipart-upload --bucket {} --key {} --upload-id {}",
                      upload.name.bucket, upload.name.key, upload.id)};
}

void abort_or_tell(Job& job, const MultipartUpload& upload) {
  const auto why = why_not_aborted(job.late.s3, upload);
  if (!why.empty()) logging::warning("unfinished upload {} is left: {}", upload.id, why);
}

std::optional<PartCheck> check_of(const FoundUpload& found, const std::vector<StoredPart>& parts) {
  const bool untold = found.checksum_algorithm.empty() && !parts.empty();
  if (found.checksum_algorithm == "CRC64NVME" ||
      (untold && !parts.front().checksum_crc64nvme.empty())) {
    return PartCheck::crc64nvme;
  }
  if (found.checksum_algorithm == "SHA256" || (untold && !parts.front().checksum_sha256.empty())) {
    return PartCheck::sha256;
  }
  return std::nullopt;
}

// The newest unfinished upload of this key that has parts of ours. Not being allowed to look is no
// reason to fail.
std::optional<Started> find_resumable(Job& job) {
  const auto answer = job.s3.list_uploads(job.request.name);
  if (const auto* failure = std::get_if<Failure>(&answer)) {
    logging::debug("{}", refusal("ListMultipartUploads", job.request.name, *failure).what());
    return std::nullopt;
  }
  std::optional<Started> chosen;
  const auto& found = std::get<std::vector<FoundUpload>>(answer);
  for (std::size_t i = 0; i < std::min(found.size(), most_looked_at); ++i) {
    MultipartUpload upload{.name = job.request.name, .id = found[i].id};
    Started candidate{.upload = upload};
    if (!chosen) {
      auto listed = job.s3.list_parts(upload);
      if (std::holds_alternative<Failure>(listed)) continue;  // ended meanwhile
      const auto& stored = std::get<std::vector<StoredPart>>(listed);
      const auto check = check_of(found[i], stored);
      std::copy_if(stored.begin(), stored.end(), std::back_inserter(candidate.kept),
                   [&](const StoredPart& part) { return check && is_ours(part, job.parts); });
      if (!candidate.kept.empty()) {
        candidate.upload.check = *check;
        chosen = std::move(candidate);
        continue;
      }
    }
    job.leftover.push_back(found[i]);
  }
  return chosen;
}

Started create(Job& job) {
  while (true) {
    auto answer = job.late.s3.create_upload(job.request.name, job.request.settings, job.check);
    if (auto* upload = std::get_if<MultipartUpload>(&answer)) return {.upload = std::move(*upload)};
    const auto& failure = std::get<Failure>(answer);
    if (!is_unknown_check(failure, job.check)) {
      throw refusal("CreateMultipartUpload", job.request.name, failure);
    }
    logging::debug("the server refuses this checksum ({}), taking a weaker one", failure.code);
    job.check = weaker(job.check);
  }
}

Started start(Job& job, bool first) {
  if (first && job.request.content.body.size >= worth_resuming) {
    if (auto resumed = find_resumable(job)) {
      logging::info("resumed: {} of {} parts were there", resumed->kept.size(), job.parts.count());
      return *std::move(resumed);
    }
  }
  return create(job);
}

// The request with the digests that sending has found out, so that nothing is read once more.
UploadRequest with_digests(Job& job) {
  auto request = job.request;
  request.content.parts = job.parts.known();
  request.content.part_size = job.parts.part_size();
  return request;
}

Uploaded verified_upload(Job& job, const Started& started, const StoredObject& stored) {
  auto uploaded = verified(job.s3, with_digests(job), stored);
  uploaded.parts = job.parts.count();
  uploaded.resumed = static_cast<int>(started.kept.size());
  return uploaded;
}

// After a refusal or silence that may mean that the work is done: is the object there and ours?
std::optional<Uploaded> find_stored(Job& job, const Started& started) {
  auto request = with_digests(job);
  request.existing = Existing::replace;  // what else may be there is no failure here
  auto there = find_equal(job.s3, request);
  if (!there) return std::nullopt;
  there->sent = true;
  there->parts = job.parts.count();
  there->resumed = static_cast<int>(started.kept.size());
  return there;
}

bool is_stopped(const Job& job) { return job.s3.caller().client().stop_token().stop_requested(); }

Answer<StoredObject> complete(Job& job, const Started& started, std::vector<StoredPart> stored) {
  Completion completion{.parts = std::move(stored),
                        .size = job.request.content.body.size,
                        .crc64nvme = job.parts.crc64nvme()};
  if (job.conditional) completion.condition = condition_of(job.request);
  return job.s3.complete_upload(started.upload, completion);
}

// One upload from its start to its end. Absent: start over, with whatever was learnt.
std::optional<Uploaded> attempt(Job& job, const Started& started, bool may_start_over) {
  const PartsJob sending{.s3 = &job.s3,
                         .upload = started.upload,
                         .kept = started.kept,
                         .parallel = job.request.parallel};
  auto sent = send_parts(sending, job.parts, job.meter);
  if (const auto* failure = std::get_if<Failure>(&sent)) {
    if (is_gone(*failure)) {  // another run of the same content may have completed or aborted it
      if (auto there = find_stored(job, started)) return there;
      if (may_start_over) return std::nullopt;
    }
    if (may_start_over && is_unknown_check(*failure, started.upload.check)) {
      job.check = weaker(started.upload.check);
      abort_or_tell(job, started.upload);
      return std::nullopt;
    }
    throw refusal("UploadPart", job.request.name, *failure);
  }
  if (job.request.content.check_unchanged) job.request.content.check_unchanged();

  std::optional<Answer<StoredObject>> answer;
  try {
    answer = complete(job, started, std::get<std::vector<StoredPart>>(std::move(sent)));
  } catch (const base::Error&) {
    if (is_stopped(job)) throw;
    if (auto there = find_stored(job, started)) return there;
    throw;
  }
  if (const auto* stored = std::get_if<StoredObject>(&*answer)) {
    return verified_upload(job, started, *stored);
  }
  const auto& failure = std::get<Failure>(*answer);
  if (is_gone(failure)) {  // the answer to the first Complete may have been lost
    if (auto there = find_stored(job, started)) return there;
    if (may_start_over) return std::nullopt;
  } else if (failure.status == 412) {
    abort_or_tell(job, started.upload);
    return require_equal(job.s3, with_digests(job), Origin::found);
  } else if (may_start_over && failure.code == "ConditionalRequestConflict") {
    abort_or_tell(job, started.upload);
    return std::nullopt;
  } else if (may_start_over && failure.status == 501 && job.conditional) {
    job.conditional = false;
    abort_or_tell(job, started.upload);
    return std::nullopt;
  }
  throw refusal("CompleteMultipartUpload", job.request.name, failure);
}

}  // namespace

Uploaded upload_in_parts(S3& s3, const UploadRequest& request) {
  const auto part_size = part_size_for(request.content.body.size, request.part_size);
  Job job{.s3 = s3,
          .request = request,
          .late = LateS3(s3),
          .parts = Parts(request.content, part_size),
          .meter = Meter(request.progress)};
  for (int number = 1;; ++number) {
    const auto started = start(job, number == 1);
    try {
      job.meter.restart();
      auto uploaded = attempt(job, started, number < most_starts);
      if (!uploaded) continue;
      // Nobody can complete these: the key has this content now.
      if (request.existing == Existing::refuse_other) {
        for (const auto& other : job.leftover) {
          abort_or_tell(job, {.name = request.name, .id = other.id});
        }
      }
      return *std::move(uploaded);
    } catch (const base::Error& error) {
      throw after_abort(job, started.upload, error);
    }
  }
}

}  // namespace aws
