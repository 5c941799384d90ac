// SPDX-License-Identifier: Apache-2.0
#include "aws/s3_parts.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

#include "base/error.hpp"
#include "crypto/crc64nvme.hpp"
#include "parallel/parallel.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"

namespace aws {
namespace {

Answer<StoredPart> send_part(const PartsJob& job, Parts& parts, Meter& meter, int number) {
  const bool hashed = job.s3->signs_parts() || job.upload.check != PartCheck::crc64nvme;
  const auto& digest = parts.digest(number, hashed);
  return job.s3->upload_part(
      job.upload,
      {.number = number,
       .body = meter.counted(parts.content().body, parts.offset(number), parts.size(number)),
       .crc64nvme = digest.crc64nvme,
       .sha256_hex = digest.sha256_hex});
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
  std::vector<StoredPart> stored(static_cast<std::size_t>(parts.count()));
  for (const auto& kept : job.kept) {
    stored.at(static_cast<std::size_t>(kept.number - 1)) = kept;
    meter.add(kept.size);
  }
  std::vector<int> missing;
  for (int number = 1; number <= parts.count(); ++number) {
    if (stored.at(static_cast<std::size_t>(number - 1)).number == 0) missing.push_back(number);
  }
  std::mutex mutex;
  std::optional<Failure> refused;
  const auto is_refused = [&] {
    const std::lock_guard lock(mutex);
    return refused.has_value();
  };
  try {
    parallel::for_each(missing.size(), static_cast<unsigned>(job.parallel), [&](std::size_t index) {
      if (is_refused()) return;
      const int number = missing.at(index);
      auto answer = send_part(job, parts, meter, number);
      const std::lock_guard lock(mutex);
      if (auto* part = std::get_if<StoredPart>(&answer)) {
        stored.at(static_cast<std::size_t>(number - 1)) = std::move(*part);
      } else if (!refused) {
        refused = std::get<Failure>(std::move(answer));
      }
    });
  } catch (const base::Error&) {
    if (!refused) throw;
  }
  if (refused) return *std::move(refused);
  return stored;
}

}  // namespace aws
