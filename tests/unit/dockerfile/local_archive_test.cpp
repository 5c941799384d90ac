// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/local_archive.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "archives/gzip.hpp"
#include "archives/tar_writer.hpp"
#include "support/error_of.hpp"
#include "unit/dockerfile/build_folder.hpp"

namespace {

using archives::TarKind;
using build_folder::Folder;

std::string tar_of(const std::vector<std::pair<archives::TarEntry, std::string>>& entries) {
  std::string bytes;
  archives::TarWriter writer([&bytes](std::span<const std::byte> chunk) {
    bytes.append(reinterpret_cast<const char*>(chunk.data()), chunk.size());
  });
  for (const auto& [entry, content] : entries) writer.add(entry, content);
  writer.finish();
  return bytes;
}

std::string gzipped(const std::string& bytes) {
  std::string out;
  archives::GzipWriter writer([&out](std::span<const std::byte> chunk) {
    out.append(reinterpret_cast<const char*>(chunk.data()), chunk.size());
  });
  writer.write(archives::bytes_of(bytes));
  writer.finish();
  return out;
}

std::string content(const dockerfile::Entry& entry) {
  return file::read(entry.origin.file).substr(entry.origin.offset, entry.origin.size);
}

std::string sample() {
  return tar_of({{{.path = "d", .kind = TarKind::directory, .mode = 0700, .uid = 5}, ""},
                 {{.path = "d/run", .mode = 0711, .uid = 5, .gid = 6}, "one"},
                 {{.path = "e/deep", .mode = 0600}, "two"},
                 {{.path = "l", .kind = TarKind::symlink, .mode = 0777, .link_target = "d"}, ""}});
}

}  // namespace

TEST_CASE("ADD unpacks a local tar with its modes and owners, plain or gzipped") {
  for (const bool compressed : {false, true}) {
    Folder folder;
    folder.add("rootfs.tar", compressed ? gzipped(sample()) : sample());
    const auto plan = folder.plan("FROM scratch\nADD --chown=9 rootfs.tar /x/\n");
    CHECK(build_folder::listing(plan) ==
          std::vector<std::string>{"x/", "x/d/", "x/d/run", "x/e/", "x/e/deep", "x/l"});
    const auto& files = plan.target().files;
    CHECK(files.at("x").header.uid == 9);
    CHECK(files.at("x").if_absent);
    CHECK(files.at("x/d").header.mode == 0700);
    CHECK_FALSE(files.at("x/d").if_absent);
    CHECK(files.at("x/d/run").header.mode == 0711);
    CHECK(files.at("x/d/run").header.gid == 6);
    CHECK(files.at("x/l").header.link_target == "d");
    CHECK(content(files.at("x/d/run")) == "one");
    CHECK(content(files.at("x/e/deep")) == "two");
  }
}

TEST_CASE("a file out of an archive takes a folder's content away") {
  Folder folder;
  folder.add_all({"d/run", "d-e", "rest/d/run"});
  folder.add("file.tar", tar_of({{{.path = "d"}, "file"}}));
  folder.add("both.tar", tar_of({{{.path = "d/run"}, ""}, {{.path = "d"}, "file"}}));
  for (const char* lines :
       {"COPY d /x/d/\nCOPY d-e /x/\nADD file.tar /x/\n", "COPY d-e /x/\nADD rest file.tar /x/\n",
        "COPY d-e /x/\nADD both.tar /x/\n"}) {
    CAPTURE(lines);
    CHECK(build_folder::listing(folder.plan(std::string("FROM scratch\n") + lines)) ==
          std::vector<std::string>{"x/", "x/d", "x/d-e"});
  }
}

TEST_CASE("folders that an archive only implies keep the owner they have") {
  Folder folder;
  folder.add("rest/e/f");
  folder.add("rootfs.tar", sample());
  folder.add("file/e");
  const auto plan = folder.plan("FROM scratch\nADD --chown=9 rest rootfs.tar /\n");
  CHECK(plan.target().files.at("e").header.uid == 9);
  CHECK(plan.target().files.at("e/deep").header.mode == 0600);
  CHECK_THROWS_AS(folder.plan("FROM scratch\nADD file rootfs.tar /\n"), base::Error);
}

TEST_CASE("COPY, ADD --unpack=false and what is no tar stay files") {
  Folder folder;
  folder.add("rootfs.tar", sample());
  folder.add("text.gz", gzipped("no tar"));
  folder.add("zeros", std::string(4096, '\0'));
  folder.add("empty", "");
  CHECK(build_folder::listing(folder.plan("FROM scratch\nCOPY rootfs.tar /\n")) ==
        std::vector<std::string>{"rootfs.tar"});
  CHECK(build_folder::listing(folder.plan("FROM scratch\nADD --unpack=false rootfs.tar /\n")) ==
        std::vector<std::string>{"rootfs.tar"});
  CHECK(build_folder::listing(folder.plan("FROM scratch\nADD text.gz zeros empty /\n")) ==
        std::vector<std::string>{"empty", "text.gz", "zeros"});
}

TEST_CASE("a broken, hostile or too large archive is refused") {
  Folder folder;
  struct Case {
    std::string bytes;
    std::string reason;
  };
  const std::string whole = sample();
  std::string outside = tar_of({{{.path = "aaaa/x"}, ""}});
  outside.replace(0, 6, "../../");  // the checksum of the header is corrected below
  unsigned sum = 0;
  for (std::size_t i = 0; i < 512; ++i) {
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(outside[i]);
  }
  for (int i = 5; i >= 0; --i, sum /= 8) {
    outside[148 + static_cast<std::size_t>(i)] = static_cast<char>('0' + sum % 8);
  }
  folder.add("bad.tar", outside);
  const auto path = folder.folder.path() / "bad.tar";
  CHECK(support::error_of([&] { dockerfile::find_unpacked(path, {}); }).kind() ==
        base::Kind::integrity);

  folder.add("bad.tar", whole.substr(0, 1024 + 700));
  CHECK_THROWS_AS(dockerfile::find_unpacked(path, {}), base::Error);
  folder.add("bad.tar", whole);
  CHECK_THROWS_AS(dockerfile::find_unpacked(path, {}, {.bytes = 5}), base::Error);
  CHECK_THROWS_AS(dockerfile::find_unpacked(path, {}, {.entries = 3}), base::Error);
  CHECK(dockerfile::find_unpacked(path, {}, {.entries = 4, .bytes = 6}));
}

TEST_CASE("a layer is read for its names alone, but for the accounts") {
  Folder folder;
  folder.add("layer",
             gzipped(tar_of({{{.path = "etc/passwd"}, "root:x:0:0::/:\n"},
                             {{.path = "big", .mode = 0600, .uid = 7, .size = 3}, "abc"}})));
  const auto tree = dockerfile::read_layer(folder.folder.path() / "layer", folder.folder.path(),
                                           dockerfile::Contents::accounts);
  CHECK(tree.at("etc").if_absent);
  CHECK(tree.at("etc/passwd").origin.text == "root:x:0:0::/:\n");
  CHECK(tree.at("big").header.size == 3);
  CHECK(tree.at("big").header.uid == 7);
  CHECK(tree.at("big").origin.file.empty());
}

TEST_CASE("a tar without entries is an empty layer, and no archive for ADD") {
  Folder folder;
  folder.add("empty.tar", std::string(1024, '\0'));
  folder.add("text", "no tar");
  const auto path = folder.folder.path();
  CHECK(dockerfile::read_layer(path / "empty.tar", path, dockerfile::Contents::all).empty());
  CHECK(!dockerfile::find_unpacked(path / "empty.tar", path));
  const auto error = support::error_of(
      [&] { dockerfile::read_layer(path / "text", path, dockerfile::Contents::all); });
  CHECK(error.kind() == base::Kind::integrity);
}
