// SPDX-License-Identifier: Apache-2.0
#include "archives/gzip.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "process/child.hpp"

namespace {

std::string compressed(std::string_view input, std::size_t step) {
  std::string output;
  archives::GzipWriter gzip([&output](std::span<const std::byte> bytes) {
    output.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  for (std::size_t at = 0; at < input.size(); at += step) {
    gzip.write(archives::bytes_of(input.substr(at, step)));
  }
  gzip.finish();
  return output;
}

// Text, then noise, then text again, over several chunks.
std::string mixed(std::size_t size) {
  std::minstd_rand random(7);
  std::string text;
  while (text.size() < size / 3)
    text += "public class Shop" + std::to_string(random() % 1000) + " ";
  while (text.size() < size * 2 / 3) text += static_cast<char>(random());
  while (text.size() < size) text += "private final Basket basket;\n";
  text.resize(size);
  return text;
}

}  // namespace

TEST_CASE("gunzip gives back what was compressed") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1} << 20U,
                                 (std::size_t{1} << 20U) + 1, std::size_t{5'000'000}}) {
    CAPTURE(size);
    const file::TempDir folder("gzip-test");
    const std::string input = mixed(size);
    file::write_atomically(folder.path() / "input", input);
    file::write_atomically(folder.path() / "output.gz", compressed(input, 10'000));

    const auto unpacked =
        process::capture({.argv = {"gunzip", "-k", (folder.path() / "output.gz").string()}});
    CHECK(unpacked.err == "");
    CHECK(unpacked.exit.ok());
    CHECK(file::read(folder.path() / "output") == input);
  }
}

TEST_CASE("how the input arrives does not change a gzip stream") {
  const std::string input = mixed(3'500'000);
  const std::string whole = compressed(input, input.size());
  CHECK(compressed(input, 1) == whole);
  CHECK(compressed(input, 777'777) == whole);
}

TEST_CASE("a gzip header has no name and no time") {
  CHECK(compressed("x", 1).substr(0, 10) == std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10));
}
