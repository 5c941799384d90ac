// SPDX-License-Identifier: Apache-2.0
#include "archives/gunzip.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "archives/gzip.hpp"

namespace {

void append(std::string& text, std::span<const std::byte> bytes) {
  text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::string member(std::string_view content) {
  std::string bytes;
  archives::GzipWriter gzip([&bytes](std::span<const std::byte> piece) { append(bytes, piece); });
  gzip.write(archives::bytes_of(content));
  gzip.finish();
  return bytes;
}

struct Outcome {
  bool sound = true;
  bool whole = false;
  std::string content{};
};

Outcome gunzip(std::string_view bytes, std::size_t step) {
  Outcome outcome;
  archives::Gunzip gunzip(
      [&outcome](std::span<const std::byte> piece) { append(outcome.content, piece); });
  for (std::size_t at = 0; at < bytes.size() && outcome.sound; at += step) {
    outcome.sound = gunzip.feed(archives::bytes_of(bytes.substr(at, step)));
  }
  outcome.whole = gunzip.is_whole();
  return outcome;
}

}  // namespace

TEST_CASE("a gzip stream of several members is inflated, however its bytes arrive") {
  const std::string content = std::string(700'000, 'a') + "end";
  const std::string bytes = member(content) + member("") + member("second");
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    const auto outcome = gunzip(bytes, step);
    CHECK(outcome.sound);
    CHECK(outcome.whole);
    CHECK(outcome.content == content + "second");
  }
}

TEST_CASE("a gzip stream that is cut off is not whole, and a damaged one is told") {
  const std::string bytes = member("content");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto outcome = gunzip(std::string_view(bytes).substr(0, size), 1000);
    CHECK(outcome.sound);
    CHECK_FALSE(outcome.whole);
  }
  std::string damaged = bytes;
  damaged[bytes.size() - 6] = static_cast<char>(damaged[bytes.size() - 6] ^ 1);
  CHECK_FALSE(gunzip(damaged, 1000).sound);
  CHECK_FALSE(gunzip("no gzip at all", 1000).sound);
  CHECK_FALSE(gunzip(bytes + "garbage", 1000).sound);
}
