// SPDX-License-Identifier: Apache-2.0
#include "file/read_at.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

namespace {

struct Case {
  const char* what;
  file::Extent extent;
  std::string bytes;
};

}  // namespace

TEST_CASE("an extent is read in pieces, as far as the file goes") {
  const file::TempDir folder("read-at-test");
  std::string content(600'000, 'a');
  content += "the end";
  file::write_atomically(folder.path() / "file", content);
  const auto fd = file::open_for_reading(folder.path() / "file");
  for (const auto& row :
       {Case{"all", {}, content}, Case{"none", {.size = 0}, ""},
        Case{"inner", {.offset = 300'000, .size = 300'003}, content.substr(300'000, 300'003)},
        Case{"beyond", {.offset = 600'004, .size = 100}, "end"},
        Case{"after the end", {.offset = 700'000}, ""}}) {
    CAPTURE(row.what);
    std::string read;
    std::size_t longest = 0;
    const auto count =
        file::read_pieces(fd, row.extent, "read", [&](std::span<const std::byte> piece) {
          longest = std::max(longest, piece.size());
          std::transform(piece.begin(), piece.end(), std::back_inserter(read),
                         [](std::byte byte) { return static_cast<char>(byte); });
        });
    CHECK(read == row.bytes);
    CHECK(count == row.bytes.size());
    CHECK(longest <= 256U << 10U);
  }
}

TEST_CASE("what cannot be read is told by what was being done") {
  const file::UniqueFd folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto error =
      support::error_of([&] { file::read_pieces(folder, {}, "read shop.jar", [](auto) {}); });
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message() == "read shop.jar: Is a directory");
}
