// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/checksum.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "sandbox/server/fault.hpp"
#include "text/base64.hpp"
#include "text/split.hpp"

namespace sandbox::s3 {
namespace {

constexpr std::array algorithms{"crc32", "crc32c", "crc64nvme", "sha1", "sha256"};

template <typename Word>
std::string big_endian(Word value) {
  std::string result;
  for (std::size_t i = sizeof(Word); i > 0; --i) {
    result += static_cast<char>((value >> (8U * (i - 1))) & 0xFFU);
  }
  return result;
}

template <typename Word>
Word from_big_endian(std::string_view bytes) {
  Word value = 0;
  for (const char c : bytes) {
    value = static_cast<Word>(value << 8U) | static_cast<unsigned char>(c);
  }
  return value;
}

template <typename Word, Word Polynomial>
std::optional<std::string> joined(const std::vector<PartChecksum>& parts) {
  Word whole = 0;
  for (const auto& part : parts) {
    const auto bytes = text::find_bytes_of_base64(part.value);
    if (!bytes || bytes->size() != sizeof(Word)) return std::nullopt;
    whole = joined_crc<Word, Polynomial>(whole, from_big_endian<Word>(*bytes), part.size);
  }
  return text::base64(big_endian(whole));
}

// Headers of that prefix that name a mode instead of a value.
bool is_mode(std::string_view name) {
  return name == "x-amz-checksum-algorithm" || name == "x-amz-checksum-mode" ||
         name == "x-amz-checksum-type";
}

bool is_value(std::string_view name) { return name.starts_with(checksum_prefix) && !is_mode(name); }

std::string checkable(std::string_view header) {
  auto algorithm = text::lower(text::trim(header).substr(checksum_prefix.size()));
  if (!is_checksum_algorithm(algorithm)) {
    throw Fault(501, "NotImplemented", fmt::format("the sandbox cannot check {}", header));
  }
  return algorithm;
}

std::string value_of_stream(Crc<std::uint32_t, crc32_polynomial>& crc) {
  return big_endian(crc.value());
}
std::string value_of_stream(Crc<std::uint32_t, crc32c_polynomial>& crc) {
  return big_endian(crc.value());
}
std::string value_of_stream(crypto::Crc64Nvme& crc) { return big_endian(crc.value()); }
std::string value_of_stream(Digest& digest) { return digest.finish(); }

}  // namespace

bool is_checksum_algorithm(std::string_view algorithm) {
  return std::find(algorithms.begin(), algorithms.end(), algorithm) != algorithms.end();
}

bool is_crc(std::string_view algorithm) { return algorithm.starts_with("crc"); }

Checksum::Checksum(std::string_view algorithm) : algorithm_(algorithm) {
  if (algorithm == "crc32c") stream_.emplace<1>();
  if (algorithm == "crc64nvme") stream_.emplace<2>();
  if (algorithm == "sha1") stream_.emplace<3>(Digest::Algorithm::sha1);
  if (algorithm == "sha256") stream_.emplace<3>(Digest::Algorithm::sha256);
}

void Checksum::update(std::string_view bytes) {
  std::visit([bytes](auto& stream) { stream.update(bytes); }, stream_);
}

std::string Checksum::finish() {
  return text::base64(std::visit([](auto& stream) { return value_of_stream(stream); }, stream_));
}

std::optional<std::string> checksum(std::string_view algorithm, std::string_view bytes) {
  if (!is_checksum_algorithm(algorithm)) return std::nullopt;
  Checksum stream(algorithm);
  stream.update(bytes);
  return stream.finish();
}

std::optional<std::string> joined_checksum(std::string_view algorithm,
                                           const std::vector<PartChecksum>& parts) {
  if (algorithm == "crc32") return joined<std::uint32_t, crc32_polynomial>(parts);
  if (algorithm == "crc32c") return joined<std::uint32_t, crc32c_polynomial>(parts);
  if (algorithm == "crc64nvme") return joined<std::uint64_t, crc64nvme_polynomial>(parts);
  return std::nullopt;
}

std::vector<std::string> given_algorithms(const Pairs& headers) {
  std::vector<std::string> result;
  for (const auto& [name, value] : headers) {
    if (is_value(name)) result.push_back(checkable(name));
    if (name == "x-amz-trailer" && is_value(text::trim(value))) result.push_back(checkable(value));
  }
  return result;
}

void check_given(const Pairs& given, const Pairs& computed) {
  for (const auto& [name, value] : given) {
    if (name == "x-amz-trailer" && is_value(text::trim(value)) &&
        find_value(given, text::lower(text::trim(value))) == nullptr) {
      throw Fault(400, "InvalidRequest", fmt::format("The trailer {} did not come", value));
    }
    if (!is_value(name)) continue;
    if (value_of(computed, name) != value) {
      throw Fault(400, "BadDigest",
                  fmt::format("The {} you specified did not match the calculated checksum.",
                              text::upper(checkable(name))));
    }
  }
}

std::optional<std::string> given_md5(const Pairs& headers) {
  const auto* given = find_value(headers, "content-md5");
  if (given == nullptr) return std::nullopt;
  auto digest = text::find_bytes_of_base64(*given);
  if (!digest || digest->size() != 16) {
    throw Fault(400, "InvalidDigest", "The Content-MD5 you specified was invalid.");
  }
  return digest;
}

void refuse_md5() {
  throw Fault(400, "BadDigest", "The Content-MD5 you specified did not match what we received.");
}

Pairs verified_checksums(const Pairs& headers, std::string_view body) {
  if (const auto expected = given_md5(headers)) {
    Digest md5(Digest::Algorithm::md5);
    md5.update(body);
    if (md5.finish() != *expected) refuse_md5();
  }
  Pairs computed;
  for (const auto& algorithm : given_algorithms(headers)) {
    computed.emplace_back(fmt::format("{}{}", checksum_prefix, algorithm),
                          *checksum(algorithm, body));
  }
  check_given(headers, computed);
  return computed;
}

std::string checksum_element(std::string_view algorithm) {
  return "Checksum" + text::upper(algorithm);
}

}  // namespace sandbox::s3
