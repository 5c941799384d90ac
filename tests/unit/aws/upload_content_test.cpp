// SPDX-License-Identifier: Apache-2.0
#include "aws/upload_content.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "aws/s3_upload.hpp"
#include "crypto/crc64nvme.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"
#include "text/hex.hpp"

namespace {

constexpr std::uint64_t mebibyte = 1ULL << 20U;

}  // namespace

TEST_CASE("parts are of the wanted size, within what S3 takes") {
  struct Case {
    std::uint64_t size;
    std::uint64_t wanted;
    std::uint64_t part;
  };
  constexpr std::uint64_t tebibyte = 1ULL << 40U;
  for (const auto& each :
       {Case{17 * mebibyte, 0, 8 * mebibyte}, Case{17 * mebibyte, 1, 5 * mebibyte},
        Case{17 * mebibyte, 6 * mebibyte, 6 * mebibyte},
        Case{tebibyte, 0, (tebibyte + 9'999) / 10'000},
        Case{17 * mebibyte, tebibyte, 5ULL << 30U}}) {
    const auto part = aws::part_size_for(each.size, each.wanted);
    CHECK(part == each.part);
    CHECK((each.size + part - 1) / part <= 10'000);
  }
}

TEST_CASE("a file's digests are those of its bytes, whole and by part") {
  const file::TempDir folder("content-test");
  const auto path = folder.path() / "file";
  std::string bytes(700'000, 'x');
  for (std::size_t i = 0; i < bytes.size(); i += 97) bytes[i] = static_cast<char>(i);
  file::write_atomically(path, bytes);
  const auto descriptor = file::open_for_reading(path);

  const auto content = aws::hashed_content(descriptor, {.part_size = 300'000, .sha256 = true}, {});

  CHECK(content.body.size == bytes.size());
  CHECK(content.sha256 == crypto::sha256(bytes));
  REQUIRE(content.parts.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto part = bytes.substr(i * 300'000, 300'000);
    CHECK(content.parts[i].crc64nvme == crypto::crc64nvme(part));
    CHECK(content.parts[i].sha256_hex == crypto::sha256_hex(part));
  }
  content.check_unchanged();

  std::ofstream(path, std::ios::app) << "more";
  CHECK(support::error_of([&] { content.check_unchanged(); }).kind() == base::Kind::integrity);
}

TEST_CASE("a file that is cut while it is read is no source") {
  const http::Body body{.size = 10, .read = [](std::uint64_t offset, std::span<char> buffer) {
                          return offset == 0 ? std::min<std::size_t>(4, buffer.size()) : 0;
                        }};
  const auto error = support::error_of([&] { aws::digest_of(body, 0, 10, true); });
  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message() == "read the upload's source: it ended after 4 bytes");
}

TEST_CASE("a stop ends the hashing of a file") {
  const file::TempDir folder("content-test");
  file::write_atomically(folder.path() / "file", "bytes");
  const auto descriptor = file::open_for_reading(folder.path() / "file");
  std::stop_source stop;
  stop.request_stop();
  CHECK(support::error_of([&] {
          aws::hashed_content(descriptor, {.part_size = 2, .sha256 = false}, stop.get_token());
        }).kind() == base::Kind::unavailable);
}
