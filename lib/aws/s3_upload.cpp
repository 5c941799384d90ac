// SPDX-License-Identifier: Apache-2.0
#include "aws/s3_upload.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "aws/s3_existing.hpp"
#include "aws/s3_multipart_upload.hpp"
#include "aws/s3_parts.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "logging/log.hpp"
#include "text/hex.hpp"

namespace aws {
namespace {

constexpr std::uint64_t mebibyte = 1ULL << 20U;
constexpr std::uint64_t largest_single_put = 16 * mebibyte;
// Below this, sending everything costs about the round trip that asking first would.
constexpr std::uint64_t sent_unasked = mebibyte;

constexpr std::uint64_t usual_part = 8 * mebibyte;
constexpr std::uint64_t smallest_part = 5 * mebibyte;  // S3's limit, of all but the last
constexpr std::uint64_t largest_part = 5ULL << 30U;    // S3's limit
constexpr std::uint64_t most_parts = 10'000;           // S3's limit

constexpr int most_conflicts = 4;
constexpr std::chrono::milliseconds after_conflict{200};

Uploaded put_whole(S3& s3, const UploadRequest& request) {
  Meter meter(request.progress);
  NewObject object{.name = request.name,
                   .body = meter.counted(request.content.body, 0, request.content.body.size),
                   .sha256 = request.content.sha256,
                   .settings = request.settings,
                   .condition = condition_of(request)};
  auto& client = s3.caller().client();
  for (int round = 1;; ++round) {
    const auto sent_before = client.requests_sent();
    auto answer = s3.put_object(object);
    if (const auto* stored = std::get_if<StoredObject>(&answer)) {
      return verified(s3, request, *stored);
    }
    const auto& failure = std::get<Failure>(answer);
    if (failure.status == 412) {
      // After a lost answer the second attempt meets what the first has stored.
      const bool ours = client.requests_sent() - sent_before > 1;
      return require_equal(s3, request, ours ? Origin::sent_now : Origin::found);
    }
    if (failure.code == "ConditionalRequestConflict" && round < most_conflicts) {
      logging::debug("another write to {} is under way, try again", request.name.uri());
      if (client.clock().sleep_for(after_conflict * round, client.stop_token())) continue;
    }
    if (failure.status == 501 && object.condition == Condition::if_absent) {
      logging::debug("the server knows no If-None-Match; asking instead");
      if (auto there = find_equal(s3, request)) return *std::move(there);
      object.condition = Condition::none;
      continue;
    }
    if (request.content.check_unchanged) request.content.check_unchanged();
    throw refusal("PutObject", request.name, failure);
  }
}

}  // namespace

std::uint64_t part_size_for(std::uint64_t size, std::uint64_t wanted) {
  const auto least = (size + most_parts - 1) / most_parts;
  const auto part = std::max(wanted == 0 ? usual_part : wanted, least);
  return std::clamp(part, smallest_part, largest_part);
}

UploadContent hashed_content_of_file(const S3& s3, const file::UniqueFd& file,
                                     std::uint64_t part_size) {
  const auto size = file::snapshot(file).size;
  PartPlan plan;
  if (size > largest_single_put) {
    plan = {.part_size = part_size_for(size, part_size), .sha256 = s3.signs_parts()};
  }
  return hashed_content(file, plan, s3.caller().client().stop_token());
}

Uploaded upload(S3& s3, const UploadRequest& request) {
  auto told = request;
  told.settings.sha256_hex = text::hex(request.content.sha256);
  const auto size = request.content.body.size;
  const bool ask_first = request.existing == Existing::replace || size > sent_unasked;
  if (ask_first) {
    if (auto there = find_equal(s3, told)) return *std::move(there);
  }
  if (size <= largest_single_put) return put_whole(s3, told);
  return upload_in_parts(s3, told);
}

}  // namespace aws
