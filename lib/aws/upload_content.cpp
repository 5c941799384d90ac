// SPDX-License-Identifier: Apache-2.0
#include "aws/upload_content.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <span>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "crypto/crc64nvme.hpp"
#include "file/file.hpp"
#include "file/read_at.hpp"
#include "text/hex.hpp"

namespace aws {
namespace {

constexpr std::size_t piece = 256U << 10U;  // stays in the second-level cache between read and hash

using Use = std::function<void(std::string_view)>;

void read_through(const http::Body& body, std::uint64_t offset, std::uint64_t size,
                  const Use& use) {
  std::vector<char> buffer(std::min<std::uint64_t>(piece, size));
  const auto end = offset + size;
  while (offset < end) {
    const auto wanted = std::min<std::uint64_t>(buffer.size(), end - offset);
    const auto count = body.read(offset, std::span(buffer).first(wanted));
    if (count == 0) {
      throw base::Error(base::Kind::integrity,
                        fmt::format("read the upload's source: it ended after {} bytes", offset));
    }
    use({buffer.data(), count});
    offset += count;
  }
}

http::Body body_of(const file::UniqueFd& file, std::uint64_t size) {
  return {size, [&file](std::uint64_t offset, std::span<char> buffer) {
            return file::read_at(file, offset, buffer, "read the upload's source");
          }};
}

std::function<void()> unchanged_since(const file::UniqueFd& file, const file::Snapshot& before) {
  return [&file, before] {
    if (file::snapshot(file) == before) return;
    throw base::Error(base::Kind::integrity,
                      "the file changed after it was hashed, its upload was given up",
                      "make sure that nothing writes to it, and run it again");
  };
}

void end_when_stopped(const std::stop_token& stop) {
  if (stop.stop_requested()) {
    throw base::Error(base::Kind::unavailable, "hash the upload's source: interrupted");
  }
}

}  // namespace

PartDigest digest_of(const http::Body& body, std::uint64_t offset, std::uint64_t size,
                     bool with_sha256) {
  crypto::Crc64Nvme crc;
  crypto::Sha256 sha256;
  read_through(body, offset, size, [&](std::string_view bytes) {
    crc.update(bytes);
    if (with_sha256) sha256.update(bytes);
  });
  return {.crc64nvme = crc.value(),
          .sha256_hex = with_sha256 ? sha256.finish_hex() : std::string()};
}

UploadContent content_of_bytes(std::string bytes) {
  const auto sha256 = crypto::sha256(bytes);
  return {.body = http::body_of(std::move(bytes)), .sha256 = sha256};
}

UploadContent content_of_file(const file::UniqueFd& file, const crypto::Sha256Digest& sha256) {
  const auto before = file::snapshot(file);
  return {.body = body_of(file, before.size),
          .sha256 = sha256,
          .check_unchanged = unchanged_since(file, before)};
}

UploadContent hashed_content(const file::UniqueFd& file, const PartPlan& plan,
                             std::stop_token stop) {
  auto content = content_of_file(file, {});
  const auto size = content.body.size;
  std::exception_ptr failed;
  std::jthread parts;
  if (plan.part_size > 0 && size > 0) {
    content.part_size = plan.part_size;
    parts = std::jthread([&](const std::stop_token& given_up) {
      try {
        for (std::uint64_t at = 0; at < size && !given_up.stop_requested(); at += plan.part_size) {
          end_when_stopped(stop);
          content.parts.push_back(
              digest_of(content.body, at, std::min(plan.part_size, size - at), plan.sha256));
        }
      } catch (...) {
        failed = std::current_exception();  // rethrown by the thread that waits
      }
    });
  }
  crypto::Sha256 whole;
  read_through(content.body, 0, size, [&](std::string_view bytes) {
    end_when_stopped(stop);
    whole.update(bytes);
  });
  content.sha256 = whole.finish();
  if (parts.joinable()) parts.join();
  if (failed) std::rethrow_exception(failed);
  content.check_unchanged();
  return content;
}

}  // namespace aws
