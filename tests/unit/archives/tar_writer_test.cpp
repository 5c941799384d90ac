// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "archives/tar_writer.hpp"
#include "base/error.hpp"

namespace {

using archives::TarKind;

struct Tar {
  std::string bytes;
  archives::TarWriter writer{[this](std::span<const std::byte> chunk) {
    bytes.append(reinterpret_cast<const char*>(chunk.data()), chunk.size());
  }};
};

std::string field(const std::string& tar, std::size_t block, std::size_t at, std::size_t size) {
  return tar.substr(block * 512 + at, size);
}

}  // namespace

TEST_CASE("a tar header holds what ustar asks for and no owner names") {
  Tar tar;
  tar.writer.add({.path = "app/start.sh", .mode = 0755, .uid = 1000, .gid = 10}, "echo\n");
  tar.writer.finish();

  CHECK(tar.bytes.size() == 4 * 512);
  CHECK(field(tar.bytes, 0, 0, 13) == std::string("app/start.sh\0", 13));
  CHECK(field(tar.bytes, 0, 100, 8) == std::string("0000755\0", 8));
  CHECK(field(tar.bytes, 0, 108, 8) == std::string("0001750\0", 8));
  CHECK(field(tar.bytes, 0, 116, 8) == std::string("0000012\0", 8));
  CHECK(field(tar.bytes, 0, 124, 12) == std::string("00000000005\0", 12));
  CHECK(field(tar.bytes, 0, 136, 12) == std::string("02263523000\0", 12));
  CHECK(field(tar.bytes, 0, 156, 1) == "0");
  CHECK(field(tar.bytes, 0, 257, 8) == std::string("ustar\00000", 8));
  CHECK(field(tar.bytes, 0, 265, 64) == std::string(64, '\0'));
  CHECK(field(tar.bytes, 1, 0, 5) == "echo\n");
  CHECK(tar.bytes.substr(2 * 512) == std::string(1024, '\0'));

  unsigned sum = 0;
  for (std::size_t i = 0; i < 512; ++i) {
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(tar.bytes[i]);
  }
  CHECK(std::stoul(field(tar.bytes, 0, 148, 6), nullptr, 8) == sum);
}

TEST_CASE("a directory's name ends in a slash, a symlink has its target and no content") {
  Tar tar;
  tar.writer.add({.path = "app", .kind = TarKind::directory, .mode = 0755});
  tar.writer.add({.path = "lib", .kind = TarKind::symlink, .mode = 0777, .link_target = "usr/lib"});
  tar.writer.finish();
  CHECK(field(tar.bytes, 0, 0, 5) == std::string("app/\0", 5));
  CHECK(field(tar.bytes, 0, 156, 1) == "5");
  CHECK(field(tar.bytes, 1, 156, 9) == std::string("2usr/lib\0", 9));
}

TEST_CASE("a PAX header comes only for names beyond ustar") {
  struct Case {
    std::string path;
    std::string record;  // empty: none
  };
  const std::string long_name(101, 'n');
  for (const Case& c :
       {Case{std::string(100, 'n'), ""}, Case{long_name, "111 path=" + long_name + "\n"},
        Case{"caf\xc3\xa9", "14 path=caf\xc3\xa9\n"}}) {
    CAPTURE(c.path);
    Tar tar;
    tar.writer.add({.path = c.path}, "");
    if (c.record.empty()) {
      CHECK(field(tar.bytes, 0, 156, 1) == "0");
    } else {
      CHECK(field(tar.bytes, 0, 156, 1) == "x");
      CHECK(field(tar.bytes, 1, 0, c.record.size()) == c.record);
      CHECK(field(tar.bytes, 2, 156, 1) == "0");
    }
  }
}

TEST_CASE("content shorter or longer than the entry's size is a bug that does not pass") {
  Tar tar;
  tar.writer.begin({.path = "a", .size = 3});
  CHECK_THROWS_AS(tar.writer.write(archives::bytes_of("four")), base::Error);
  CHECK_THROWS_AS(tar.writer.finish(), base::Error);
}
