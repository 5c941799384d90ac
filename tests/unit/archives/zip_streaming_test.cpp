// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <fstream>
#include <random>
#include <string>

#include "archives/little_endian.hpp"
#include "archives/zip_reader.hpp"
#include "archives/zip_writer.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "process/child.hpp"

namespace {

// Text and noise over several chunks.
std::string large_content(std::size_t size) {
  std::minstd_rand random(3);
  std::string content;
  while (content.size() < size / 2)
    content += "key-" + std::to_string(random() % 999) + ": value\n";
  while (content.size() < size) content += static_cast<char>(random());
  content.resize(size);
  return content;
}

void check_with_unzip(const std::filesystem::path& zip) {
  const auto tested = process::capture({.argv = {"unzip", "-tqq", zip.string()}});
  CHECK(tested.exit.ok());
  CHECK(tested.out + tested.err == "");
}

}  // namespace

TEST_CASE("a file that is streamed into a zip gives the bytes of one that was in memory") {
  const file::TempDir folder("zip-test");
  for (const std::size_t size : {std::size_t{0}, std::size_t{1} << 20U, (std::size_t{1} << 20U) + 1,
                                 std::size_t{9'500'000}}) {
    CAPTURE(size);
    const auto content = large_content(size);
    file::write_atomically(folder.path() / "content", content);
    const std::vector<archives::ZipInput> streamed{
        {.path = "a", .content = "first"},
        {.path = "big", .executable = true, .file = folder.path() / "content"},
        {.path = "c", .content = "last"}};
    auto in_memory = streamed;
    in_memory[1].file.clear();
    in_memory[1].content = content;
    for (const auto packing : {archives::ZipPacking::deflate, archives::ZipPacking::store}) {
      const auto zip = folder.path() / "a.zip";
      archives::zip_to_file(streamed, zip, packing);
      CHECK(file::read(zip, 64U << 20U) == archives::zip_bytes(in_memory, packing));
      check_with_unzip(zip);
      const archives::ZipReader reader(zip);
      CHECK(reader.read(*reader.find("big"), size) == content);
    }
  }
}

TEST_CASE("a zip without a way back holds a large file in memory, for the same bytes") {
  const file::TempDir folder("zip-test");
  const auto content = large_content(3'000'000);
  file::write_atomically(folder.path() / "content", content);
  std::string bytes;
  archives::ZipWriter writer(
      [&bytes](std::span<const std::byte> more) {
        bytes.append(reinterpret_cast<const char*>(more.data()), more.size());
      },
      archives::ZipPacking::deflate);
  writer.add({.path = "big", .file = folder.path() / "content"});
  writer.finish();
  CHECK(bytes == archives::zip_bytes({{.path = "big", .content = content}}));
}

TEST_CASE("a zip says the time that it is given, in UTC and within what it can say") {
  struct Case {
    std::int64_t seconds;
    std::uint32_t dos;  // date in the upper half
  };
  for (const Case each :
       {Case{archives::first_zip_time, 0x00210000}, Case{0, 0x00210000}, Case{-5, 0x00210000},
        // 2023-11-14T22:13:20Z
        Case{1'700'000'000,
             (43U << 25U) | (11U << 21U) | (14U << 16U) | (22U << 11U) | (13U << 5U) | 10U},
        // 2107-12-31T23:59:58Z
        Case{9'000'000'000,
             (127U << 25U) | (12U << 21U) | (31U << 16U) | (23U << 11U) | (59U << 5U) | 29U}}) {
    CAPTURE(each.seconds);
    const auto zip = archives::zip_bytes({{.path = "a", .content = "x"}},
                                         archives::ZipSettings{.mtime = each.seconds});
    CHECK(archives::little_endian<std::uint32_t>(zip, 10) == each.dos);
  }
}

// Twenty seconds of CPU, most of them unzip's: archives_tests -ns -tc='*4 GiB*' runs it.
TEST_CASE("a sparse file of more than 4 GiB goes through zip64 and is accepted by unzip" *
          doctest::skip()) {
  const file::TempDir folder("zip-test");
  const auto big = folder.path() / "big";
  constexpr std::uint64_t size = (4ULL << 30U) + 12'345;
  {
    std::ofstream created(big);
    created << "begin";
  }
  std::filesystem::resize_file(big, size);
  const auto zip = folder.path() / "a.zip";
  archives::zip_to_file({{.path = "big", .file = big}, {.path = "z", .content = "after"}}, zip);
  const archives::ZipReader reader(zip);
  CHECK(reader.find("big")->size == size);
  check_with_unzip(zip);
}
