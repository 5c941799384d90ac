// SPDX-License-Identifier: Apache-2.0
#include "crypto/sha256.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "file/file.hpp"
#include "text/hex.hpp"
#include "text/split.hpp"

namespace {

// The fields of each line of a file of published vectors.
std::vector<std::vector<std::string>> vectors(const std::string& name) {
  const auto content = file::read(std::filesystem::path(STAGECRAFT_TEST_DATA) / "crypto" / name);
  std::vector<std::vector<std::string>> rows;
  for (const auto line : text::lines(content)) {
    if (line.starts_with('#')) continue;
    rows.emplace_back();
    for (const auto field : text::split(line, ' ')) rows.back().emplace_back(field);
  }
  return rows;
}

std::string bytes_of_hex(const std::string& digits) {
  const auto bytes = text::find_bytes_of_hex(digits).value();
  return std::string(crypto::as_text(bytes));
}

}  // namespace

TEST_CASE("SHA-256 of the FIPS 180-4 messages") {
  const auto rows = vectors("sha256_fips_180_4.txt");
  REQUIRE(rows.size() == 5);
  for (const auto& row : rows) {
    std::string message;
    for (std::uint64_t i = 0; row[1] != "-" && i < text::find_number(row[0]); ++i)
      message += row[1];
    CAPTURE(row[1]);
    CHECK(crypto::sha256_hex(message) == row[2]);
    CHECK(text::hex(crypto::sha256(message)) == row[2]);
  }
}

TEST_CASE("HMAC-SHA-256 of the RFC 4231 cases") {
  const auto rows = vectors("hmac_sha256_rfc_4231.txt");
  REQUIRE(rows.size() == 6);
  for (const auto& row : rows) {
    CAPTURE(row[1]);
    CHECK(text::hex(crypto::hmac_sha256(bytes_of_hex(row[0]), bytes_of_hex(row[1]))) == row[2]);
  }
}

TEST_CASE("an empty key and an empty message have a code too") {
  CHECK(text::hex(crypto::hmac_sha256({}, {})) ==
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("a stream hashes like its whole, wherever it is cut") {
  const std::string message(1'000, 'x');
  const auto whole = crypto::sha256_hex(message);
  for (const std::size_t cut : {0U, 1U, 63U, 64U, 65U, 999U, 1'000U}) {
    CAPTURE(cut);
    crypto::Sha256 hash;
    hash.update(std::string_view(message).substr(0, cut));
    auto moved = std::move(hash);
    moved.update(std::as_bytes(std::span(message).subspan(cut)));
    CHECK(moved.finish_hex() == whole);
  }
}

TEST_CASE("MD5 of the RFC 1321 section A.5 messages") {
  struct Case {
    std::string_view message;
    std::string_view digest;
  };
  constexpr Case cases[] = {
      {"", "d41d8cd98f00b204e9800998ecf8427e"},
      {"abc", "900150983cd24fb0d6963f7d28e17f72"},
      {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
  };
  for (const auto& c : cases) CHECK(text::hex(crypto::md5(c.message)) == c.digest);
}

TEST_CASE("constant-time comparison tells equal from different") {
  CHECK(crypto::equal_in_constant_time("", ""));
  CHECK(crypto::equal_in_constant_time("abc", "abc"));
  CHECK_FALSE(crypto::equal_in_constant_time("abc", "abd"));
  CHECK_FALSE(crypto::equal_in_constant_time("abc", "ab"));
}

TEST_CASE("random hex has two digits a byte and does not repeat") {
  const auto one = crypto::random_hex(16);
  CHECK(one.size() == 32);
  CHECK(text::is_lower_hex(one));
  CHECK(one != crypto::random_hex(16));
  CHECK(crypto::random_hex(0).empty());
}
