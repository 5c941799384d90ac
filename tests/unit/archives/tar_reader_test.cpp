// SPDX-License-Identifier: Apache-2.0
#include "archives/tar_reader.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "archives/gzip.hpp"
#include "archives/zip_writer.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "process/child.hpp"
#include "support/error_of.hpp"
#include "support/tools.hpp"

namespace {

namespace fs = std::filesystem;
using archives::ArchiveType;
using archives::TarEntry;
using archives::TarKind;

struct Read {
  std::vector<TarEntry> entries;
  std::map<std::string, std::string> contents;
};

Read read(const fs::path& path, const archives::TarLimits& limits = {}) {
  Read result;
  archives::read_tar(
      path,
      [&result](const TarEntry& entry) -> archives::Sink {
        result.entries.push_back(entry);
        if (entry.kind != TarKind::regular) return {};
        auto& content = result.contents[entry.path];
        return [&content](std::span<const std::byte> bytes) {
          content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        };
      },
      limits);
  return result;
}

const TarEntry* find(const Read& tar, const std::string& path) {
  for (const auto& entry : tar.entries) {
    if (entry.path == path) return &entry;
  }
  return nullptr;
}

std::string tar_of(const std::vector<std::pair<TarEntry, std::string>>& entries) {
  std::string bytes;
  archives::TarWriter tar([&bytes](std::span<const std::byte> more) {
    bytes.append(reinterpret_cast<const char*>(more.data()), more.size());
  });
  for (const auto& [entry, content] : entries) tar.add(entry, content);
  tar.finish();
  return bytes;
}

std::string gzipped(const std::string& input) {
  std::string bytes;
  archives::GzipWriter gzip([&bytes](std::span<const std::byte> more) {
    bytes.append(reinterpret_cast<const char*>(more.data()), more.size());
  });
  gzip.write(archives::bytes_of(input));
  gzip.finish();
  return bytes;
}

fs::path write(const file::TempDir& folder, const std::string& bytes) {
  const auto path = folder.path() / "a.tar";
  file::write_atomically(path, bytes);
  return path;
}

// Sets the header's checksum anew after a byte of it was changed.
void seal(std::string& tar, std::size_t at = 0) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < 512; ++i) {
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(tar[at + i]);
  }
  std::string digits = "000000";
  for (std::size_t i = 0; i < 6; ++i)
    digits[5 - i] = static_cast<char>('0' + ((sum >> (3 * i)) & 7U));
  tar.replace(at + 148, 8, digits + std::string("\0 ", 2));
}

}  // namespace

TEST_CASE("a tar by each format of GNU tar is read, plain and gzipped") {
  const file::TempDir folder("tar-test");
  const auto tree = folder.path() / "tree";
  const std::string long_name = std::string(120, 'd') + "/" + std::string(110, 'f');
  support::write_file(tree / "appspec.yml", "version: 0.0\n");
  support::write_file(tree / "scripts/start.sh", "#!/bin/sh\n", 0755);
  support::write_file(tree / "caf\xc3\xa9", "x");
  support::write_file(tree / long_name, "long");
  fs::create_directory(tree / "empty");
  fs::create_symlink("scripts/start.sh", tree / "current");
  fs::create_hard_link(tree / "appspec.yml", tree / "second.yml");
  for (const std::string format : {"gnu", "pax", "posix"}) {
    for (const std::string flags : {"-cf", "-czf"}) {
      CAPTURE(format);
      CAPTURE(flags);
      const auto path = folder.path() / (format + flags);
      REQUIRE(process::capture({.argv = {"tar", "--format=" + format, "--sort=name", flags,
                                         path.string(), "-C", tree.string(), "."}})
                  .exit.ok());
      CHECK(archives::archive_type(path) == (flags == "-cf" ? ArchiveType::tar : ArchiveType::tgz));
      const auto tar = read(path);
      CHECK(tar.contents.at("appspec.yml") == "version: 0.0\n");
      CHECK(tar.contents.at(long_name) == "long");
      CHECK(tar.contents.at("caf\xc3\xa9") == "x");
      CHECK(find(tar, "scripts/start.sh")->mode == 0755);
      CHECK(find(tar, "empty")->kind == TarKind::directory);
      CHECK(find(tar, "current")->kind == TarKind::symlink);
      CHECK(find(tar, "current")->link_target == "scripts/start.sh");
      CHECK(find(tar, "second.yml")->link_target == "appspec.yml");
      CHECK(find(tar, "") == nullptr);
      CHECK(find(tar, ".") == nullptr);
    }
  }
}

TEST_CASE("a gzip stream of several members is read as one") {
  const file::TempDir folder("tar-test");
  const auto tar = tar_of({{{.path = "a"}, "1"}, {{.path = "b"}, std::string(600'000, 'x')}});
  const auto path = write(
      folder, gzipped(tar.substr(0, 700)) + gzipped(tar.substr(700)) + std::string(512, '\0'));
  CHECK(read(path).contents.at("b").size() == 600'000);
}

TEST_CASE("a broken or hostile tar is refused with the reason") {
  const auto good = tar_of({{{.path = "aa"}, "content"}, {{.path = "bb"}, "more"}});
  const auto changed = [&good](auto change) {
    auto bytes = good;
    change(bytes);
    seal(bytes);
    return bytes;
  };
  struct Case {
    std::string bytes;
    std::string why;
  };
  const std::vector<Case> cases{
      {good.substr(0, 300), "it ends within an entry's header"},
      {good.substr(0, 515), "it ends within an entry"},
      {"x" + good.substr(1), "wrong checksum"},
      {changed([](std::string& b) { b.replace(0, 2, ".."); }), "\"..\" component"},
      {changed([](std::string& b) { b.replace(0, 2, "/a"); }), "is absolute"},
      {changed([](std::string& b) { b[156] = '3'; }), "neither file, folder nor link"},
      {changed([](std::string& b) { b[124] = 'x'; }), "size is no number"},
      {changed([](std::string& b) { b.replace(124, 12, std::string(12, '\xff')); }),
       "size is no number"},
      {changed([](std::string& b) { b[156] = 'x'; }), "a PAX header is broken"},
      {gzipped(good).substr(0, 60), "its gzip stream ends early"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.why);
    const file::TempDir folder("tar-test");
    const auto path = write(folder, each.bytes);
    const auto error = support::error_of([&] { read(path); });
    CHECK(error.kind() == base::Kind::integrity);
    CHECK(error.message().starts_with("read " + path.string() + ": "));
    CHECK(error.message().find(each.why) != std::string::npos);
  }
}

TEST_CASE("limits on a tar's entries and unpacked size hold") {
  const file::TempDir folder("tar-test");
  const auto path = write(
      folder, gzipped(tar_of({{{.path = "a"}, std::string(5'000'000, 'x')}, {{.path = "b"}, ""}})));
  CHECK_THROWS_AS(read(path, {.entries = 1}), base::Error);
  CHECK_THROWS_AS(read(path, {.total_bytes = 1'000'000}), base::Error);
  CHECK_NOTHROW(read(path, {.entries = 2}));
}

TEST_CASE("an archive's type is what is in it, whatever its name says") {
  const file::TempDir folder("tar-test");
  const auto tar = tar_of({{{.path = "a"}, "1"}});
  struct Case {
    std::string bytes;
    ArchiveType type;
  };
  const std::vector<Case> cases{
      {archives::zip_bytes({{.path = "a", .content = "x"}}), ArchiveType::zip},
      {archives::zip_bytes({}), ArchiveType::zip},
      {tar, ArchiveType::tar},
      {gzipped(tar), ArchiveType::tgz},
      {gzipped("no tar"), ArchiveType::unknown},
      {"\x1f\x8b, but no gzip", ArchiveType::unknown},
      {"PK, but no zip", ArchiveType::unknown},
      {"", ArchiveType::unknown},
      {std::string(1024, '\0'), ArchiveType::unknown},
  };
  for (const auto& each : cases) {
    CAPTURE(each.bytes.size());
    CHECK(archives::archive_type(write(folder, each.bytes)) == each.type);
  }
}
