// SPDX-License-Identifier: Apache-2.0
#include "file/steady_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "base/error.hpp"
#include "file/scratch_file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

namespace {

std::string read_all(const file::SteadyFile& file) {
  std::string content;
  file.read([&content](std::span<const std::byte> bytes) {
    content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  return content;
}

void append(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::app) << text;
}

}  // namespace

TEST_CASE("a file that stays as it is is read whole") {
  const file::TempDir folder("steady");
  const auto path = folder.path() / "a";
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{3} << 20U}) {
    file::write_atomically(path, std::string(size, 'x'));
    const file::SteadyFile steady(path);
    CHECK(steady.size() == size);
    CHECK(read_all(steady) == std::string(size, 'x'));
  }
}

TEST_CASE("a file that changes after it was opened is refused by name") {
  const file::TempDir folder("steady");
  const auto path = folder.path() / "a";
  const auto refused = [&](auto change) {
    file::write_atomically(path, "12345");
    const file::SteadyFile steady(path);
    change();
    return support::error_of([&] { read_all(steady); });
  };

  const auto grown = refused([&] { append(path, "6"); });
  CHECK(grown.kind() == base::Kind::integrity);
  CHECK(grown.message() == "read " + path.string() + ": it changed while it was read");
  CHECK(refused([&] { std::filesystem::resize_file(path, 3); }).kind() == base::Kind::integrity);
}

TEST_CASE("a file that was replaced is read as it was when it was opened") {
  const file::TempDir folder("steady");
  const auto path = folder.path() / "a";
  file::write_atomically(path, "before");
  const file::SteadyFile steady(path);
  file::write_atomically(path, "after");
  CHECK(read_all(steady) == "before");
}

TEST_CASE("what has become a link or a FIFO is refused") {
  const file::TempDir folder("steady");
  std::filesystem::create_symlink("/etc/hostname", folder.path() / "link");
  REQUIRE(::mkfifo((folder.path() / "pipe").c_str(), 0600) == 0);
  for (const auto* name : {"link", "pipe"}) {
    CAPTURE(name);
    CHECK(support::error_of([&] { file::SteadyFile steady(folder.path() / name); }).kind() ==
          base::Kind::integrity);
  }
}

TEST_CASE("a scratch file has no name and takes back what was written") {
  const file::TempDir folder("scratch");
  file::ScratchFile scratch(folder.path());
  const std::string text = "hello world";
  scratch.append(std::as_bytes(std::span(text)));
  scratch.overwrite(6, std::as_bytes(std::span(text).first(5)));

  std::string content(11, '\0');
  REQUIRE(::pread(scratch.descriptor().get(), content.data(), content.size(), 0) == 11);
  CHECK(content == "hello hello");
  CHECK(scratch.size() == 11);
  CHECK(std::filesystem::is_empty(folder.path()));
}
