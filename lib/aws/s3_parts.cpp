// SPDX-License-Identifier: Apache-2.0
#include "aws/s3_parts.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <utility>

#include "crypto/crc64nvme.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"

namespace aws {
namespace {

// What the sending threads share.
struct Sending {
  explicit Sending(int count) : stored(static_cast<std::size_t>(count)) {}

  std::vector<StoredPart> stored;
  std::atomic<int> next{1};
  std::atomic<bool> over{false};
  std::mutex mutex;
  std::optional<Failure> refused;
  std::exception_ptr thrown;

  StoredPart& part(int number) { return stored.at(static_cast<std::size_t>(number - 1)); }

  void refuse(Failure failure) {
    const std::lock_guard lock(mutex);
    if (!over.exchange(true)) refused = std::move(failure);
  }

  void fail(std::exception_ptr error) {
    const std::lock_guard lock(mutex);
    if (!over.exchange(true)) thrown = std::move(error);
  }
};

void send_some(const PartsJob& job, Parts& parts, Meter& meter, Sending& sending) {
  const bool hashed = job.s3->signs_parts() || job.upload.check != PartCheck::crc64nvme;
  while (!sending.over) {
    const int number = sending.next++;
    if (number > parts.count()) return;
    if (sending.part(number).number == number) continue;  // kept
    const auto& digest = parts.digest(number, hashed);
    const NewPart part{
        .number = number,
        .body = meter.counted(parts.content().body, parts.offset(number), parts.size(number)),
        .crc64nvme = digest.crc64nvme,
        .sha256_hex = digest.sha256_hex};
    auto answer = job.s3->upload_part(job.upload, part);
    if (auto* failure = std::get_if<Failure>(&answer)) return sending.refuse(std::move(*failure));
    sending.part(number) = std::get<StoredPart>(std::move(answer));
  }
}

}  // namespace

http::Body Meter::counted(const http::Body& body, std::uint64_t offset, std::uint64_t size) {
  const auto told = std::make_shared<std::uint64_t>(0);
  return {size, [this, body, offset, size, told](std::uint64_t at, std::span<char> buffer) {
            const auto left = size - std::min(at, size);
            const auto count =
                body.read(offset + at, buffer.first(std::min<std::uint64_t>(buffer.size(), left)));
            add(at + count - *told);  // wraps to a subtraction when sent again
            *told = at + count;
            return count;
          }};
}

Parts::Parts(const UploadContent& content, std::uint64_t part_size)
    : content_(&content),
      part_size_(part_size),
      digests_((content.body.size + part_size - 1) / part_size) {
  if (content.part_size != part_size || content.parts.size() != digests_.size()) return;
  std::copy(content.parts.begin(), content.parts.end(), digests_.begin());
}

std::uint64_t Parts::offset(int number) const {
  return static_cast<std::uint64_t>(number - 1) * part_size_;
}

std::uint64_t Parts::size(int number) const {
  return std::min(part_size_, content_->body.size - offset(number));
}

const PartDigest& Parts::digest(int number, bool with_sha256) {
  auto& digest = digests_.at(static_cast<std::size_t>(number - 1));
  if (!digest || (with_sha256 && digest->sha256_hex.empty())) {
    digest = digest_of(content_->body, offset(number), size(number), with_sha256);
  }
  return *digest;
}

std::vector<PartDigest> Parts::known() {
  std::vector<PartDigest> all;
  for (int number = 1; number <= count(); ++number) all.push_back(digest(number, false));
  return all;
}

std::uint64_t Parts::crc64nvme() {
  std::uint64_t whole = 0;
  for (int number = 1; number <= count(); ++number) {
    whole = crypto::crc64nvme_joined(whole, digest(number, false).crc64nvme, size(number));
  }
  return whole;
}

bool is_ours(const StoredPart& stored, Parts& parts) {
  const int number = stored.number;
  if (number < 1 || number > parts.count() || stored.size != parts.size(number)) return false;
  if (!stored.checksum_crc64nvme.empty()) {
    return stored.checksum_crc64nvme == checksum_text(parts.digest(number, false).crc64nvme);
  }
  if (stored.checksum_sha256.empty()) return false;
  const auto bytes = text::find_bytes_of_hex(parts.digest(number, true).sha256_hex);
  return bytes && stored.checksum_sha256 == text::base64(*bytes);
}

Answer<std::vector<StoredPart>> send_parts(const PartsJob& job, Parts& parts, Meter& meter) {
  Sending sending(parts.count());
  for (const auto& kept : job.kept) {
    sending.part(kept.number) = kept;
    meter.add(kept.size);
  }
  const auto work = [&] {
    try {
      send_some(job, parts, meter, sending);
    } catch (...) {
      sending.fail(std::current_exception());  // thrown again by the thread that waits
    }
  };
  {
    const int missing = parts.count() - static_cast<int>(job.kept.size());
    std::vector<std::jthread> others;
    for (int i = 1; i < std::min(job.parallel, missing); ++i) others.emplace_back(work);
    work();
  }
  if (sending.thrown) std::rethrow_exception(sending.thrown);
  if (sending.refused) return *std::move(sending.refused);
  return std::move(sending.stored);
}

}  // namespace aws
