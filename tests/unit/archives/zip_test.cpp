// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "archives/little_endian.hpp"
#include "archives/zip_reader.hpp"
#include "archives/zip_writer.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

namespace {

using archives::ZipInput;
using archives::ZipKind;

std::filesystem::path write(const file::TempDir& folder, std::string_view bytes) {
  const auto path = folder.path() / "a.zip";
  file::write_atomically(path, bytes);
  return path;
}

std::string content_of(const archives::ZipReader& zip, std::string_view name) {
  const archives::ZipEntry* entry = zip.find(name);
  REQUIRE(entry != nullptr);
  return zip.read(*entry, 1U << 30U);
}

std::string text_of_many_lines() {
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += "line " + std::to_string(i % 977) + "\n";
  return text;
}

std::vector<ZipInput> bundle() {
  return {{.path = "scripts/start.sh", .executable = true, .content = "#!/bin/sh\n"},
          {.path = "appspec.yml", .content = text_of_many_lines()},
          {.path = "empty", .kind = ZipKind::directory},
          {.path = "current", .kind = ZipKind::symlink, .content = "scripts/start.sh"},
          {.path = "caf\xc3\xa9.txt", .content = ""}};
}

// Where the record of the directory with this name begins.
std::size_t directory_record(const std::string& zip, std::string_view name) {
  for (std::size_t at = zip.find("PK\x01\x02"); at != std::string::npos;
       at = zip.find("PK\x01\x02", at + 1)) {
    if (zip.compare(at + 46, name.size(), name) == 0) return at;
  }
  FAIL("no such record");
  return 0;
}

void replace_everywhere(std::string& bytes, std::string_view from, std::string_view to) {
  REQUIRE(from.size() == to.size());
  for (std::size_t at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at)) {
    bytes.replace(at, to.size(), to);
    at += to.size();
  }
}

}  // namespace

TEST_CASE("a zip is read back as it was written, folders that were only implied included") {
  const file::TempDir folder("zip-test");
  const archives::ZipReader zip(write(folder, archives::zip_bytes(bundle())));

  std::vector<std::string> names;
  for (const auto& entry : zip.entries()) names.push_back(entry.name);
  CHECK(names == std::vector<std::string>{"appspec.yml", "caf\xc3\xa9.txt", "current", "empty/",
                                          "scripts/", "scripts/start.sh"});
  CHECK(content_of(zip, "appspec.yml") == text_of_many_lines());
  CHECK(content_of(zip, "caf\xc3\xa9.txt").empty());
  CHECK(content_of(zip, "current") == "scripts/start.sh");
  CHECK(zip.find("scripts/start.sh")->mode == 0100755);
  CHECK(zip.find("appspec.yml")->mode == 0100644);
  CHECK(zip.find("current")->mode == 0120777);
  CHECK(zip.find("empty/")->mode == 040755);
  CHECK(zip.find("empty") == nullptr);
  CHECK(zip.find("appspec.yml")->method == archives::ZipMethod::deflated);
}

TEST_CASE("the order in which entries are given does not change a zip") {
  auto turned = bundle();
  std::reverse(turned.begin(), turned.end());
  CHECK(archives::zip_bytes(bundle()) == archives::zip_bytes(turned));
}

TEST_CASE("a zip has Unix as its maker, no extra field, no descriptor and the time 1980-01-01") {
  const std::string zip = archives::zip_bytes({{.path = "a", .content = "x"}});

  CHECK(archives::little_endian<std::uint16_t>(zip, 6) == 0x0800);  // flags: UTF-8 and nothing else
  CHECK(archives::little_endian<std::uint16_t>(zip, 10) == 0);
  CHECK(archives::little_endian<std::uint16_t>(zip, 12) == 0x21);
  CHECK(archives::little_endian<std::uint16_t>(zip, 28) == 0);
  const std::size_t record = directory_record(zip, "a");
  CHECK(archives::little_endian<std::uint16_t>(zip, record + 4) == 0x0314);
  CHECK(archives::little_endian<std::uint16_t>(zip, record + 30) == 0);
  CHECK(archives::little_endian<std::uint32_t>(zip, record + 38) == 0100644U << 16U);
}

TEST_CASE("names that a zip must not hold are refused when writing") {
  for (const std::string name : {"", "/a", "a//b", "../a", "a/..", "./a", "a\xff"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(archives::zip_bytes({{.path = name}}), base::Error);
  }
  CHECK_THROWS_AS(archives::zip_bytes({{.path = "a"}, {.path = "a"}}), base::Error);
  CHECK_THROWS_AS(archives::zip_bytes({{.path = "a"}, {.path = "a/b"}}), base::Error);
}

TEST_CASE("a launch script in front of a zip is passed over") {
  const file::TempDir folder("zip-test");
  const archives::ZipReader zip(
      write(folder, "#!/bin/sh\nexec java -jar $0\n" + archives::zip_bytes(bundle())));
  CHECK(content_of(zip, "appspec.yml") == text_of_many_lines());
}

TEST_CASE("a nested zip is read from its range in the outer one") {
  const file::TempDir folder("zip-test");
  const std::string inner = archives::zip_bytes(bundle());
  const archives::ZipReader outer(
      write(folder, archives::zip_bytes({{.path = "lib/in.jar", .content = inner}},
                                        archives::ZipPacking::store)));
  const archives::ZipEntry& nested = *outer.find("lib/in.jar");
  REQUIRE(nested.method == archives::ZipMethod::stored);

  const archives::ZipReader zip(outer, outer.range(nested), "lib/in.jar");
  CHECK(content_of(zip, "appspec.yml") == text_of_many_lines());
}

TEST_CASE("a zip with more entries than 16 bits count is read through its zip64 record") {
  const file::TempDir folder("zip-test");
  std::vector<ZipInput> inputs(66'000);
  for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i].path = "f" + std::to_string(i);
  const archives::ZipReader zip(write(folder, archives::zip_bytes(inputs)));
  CHECK(zip.entries().size() == 66'000);
}

TEST_CASE("a damaged zip is refused with the reason") {
  const std::string good = archives::zip_bytes(
      {{.path = "aa", .content = text_of_many_lines()}, {.path = "bb", .content = "short"}});
  const auto damage = [&good](auto change) {
    std::string bytes = good;
    change(bytes);
    return bytes;
  };
  struct Case {
    std::string bytes;
    std::string why;
  };
  const std::vector<Case> cases{
      {"", "no zip end record"},
      {"PK, but not for long", "no zip end record"},
      {good.substr(0, good.size() - 1), "no zip end record"},
      {damage([](std::string& b) { b.erase(100, 50); }), "its directory lies beyond its end"},
      {damage([](std::string& b) { replace_everywhere(b, "bb", "aa"); }), "aa is in it twice"},
      {damage([](std::string& b) { replace_everywhere(b, "bb", ".."); }),
       "the name \"..\" has a \".\" or \"..\" component"},
      {damage([](std::string& b) { replace_everywhere(b, "bb", "/b"); }),
       "the name \"/b\" is absolute"},
      {damage([](std::string& b) { b[directory_record(b, "bb") + 8] = 1; }), "bb is encrypted"},
      {damage([](std::string& b) { b[directory_record(b, "bb") + 10] = 12; }),
       "bb uses compression method 12"},
      {damage([](std::string& b) { b[directory_record(b, "bb") + 42] = 1; }),
       "overlaps what follows it"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.why);
    const file::TempDir folder("zip-test");
    const auto path = write(folder, c.bytes);
    try {
      const archives::ZipReader zip(path);
      FAIL("accepted");
    } catch (const base::Error& error) {
      CHECK(error.kind() == base::Kind::integrity);
      CHECK(error.message().starts_with("read " + path.string() + ": "));
      CHECK(error.message().find(c.why) != std::string::npos);
    }
  }
}

TEST_CASE("a zip in which a file is also a folder is refused") {
  const file::TempDir folder("zip-test");
  const auto path = folder.path() / "a.zip";
  archives::zip_to_file({{.path = "a/b", .content = "file"}, {.path = "a/c/d", .content = "below"}},
                        path);
  std::string bytes = file::read(path);
  replace_everywhere(bytes, "a/c/d", "a/b/d");
  file::write_atomically(path, bytes);
  const auto error = support::error_of([&path] { archives::ZipReader{path}; });
  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message() == "read " + path.string() + ": a/b is both a file and a folder");
}

TEST_CASE("a flipped bit in an entry's bytes is found when it is read") {
  for (const auto packing : {archives::ZipPacking::deflate, archives::ZipPacking::store}) {
    const file::TempDir folder("zip-test");
    std::string bytes =
        archives::zip_bytes({{.path = "aa", .content = text_of_many_lines()}}, packing);
    bytes[5'000] = static_cast<char>(bytes[5'000] ^ 1);
    const archives::ZipReader zip(write(folder, bytes));
    CHECK_THROWS_AS(static_cast<void>(zip.read(*zip.find("aa"), 1U << 30U)), base::Error);
  }
}

TEST_CASE("an entry that inflates to more than its directory says is refused before it grows") {
  const file::TempDir folder("zip-test");
  std::string bytes = archives::zip_bytes({{.path = "aa", .content = std::string(1U << 24U, 'x')}});
  bytes.replace(directory_record(bytes, "aa") + 24, 4, std::string("\x10\0\0\0", 4));
  const archives::ZipReader zip(write(folder, bytes));
  std::size_t given = 0;
  CHECK_THROWS_AS(
      zip.read(*zip.find("aa"), [&](std::span<const std::byte> b) { given += b.size(); }),
      base::Error);
  CHECK(given <= 16);
}

TEST_CASE("limits on entries and unpacked size hold") {
  const file::TempDir folder("zip-test");
  const auto path = write(folder, archives::zip_bytes(bundle()));
  CHECK_THROWS_AS(archives::ZipReader(path, {.entries = 5}), base::Error);
  CHECK_THROWS_AS(archives::ZipReader(path, {.total_bytes = 1'000}), base::Error);
  CHECK_NOTHROW(archives::ZipReader(path, {.entries = 6}));
}

TEST_CASE("a zip file is whole or absent") {
  const file::TempDir folder("zip-test");
  const auto path = folder.path() / "bundle.zip";
  archives::zip_to_file(bundle(), path);
  CHECK(file::read(path) == archives::zip_bytes(bundle()));

  CHECK_THROWS_AS(archives::zip_to_file({{.path = "a", .file = folder.path() / "absent"}},
                                        folder.path() / "other.zip"),
                  base::Error);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}
