// SPDX-License-Identifier: Apache-2.0
#include "file/new_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <span>
#include <string>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "file/write_all.hpp"
#include "support/error_of.hpp"

namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace

TEST_CASE("a new file keeps what was written, at its place, once it is renamed") {
  const file::TempDir folder("new-file-test");
  {
    file::NewFile made(folder.path() / "part");
    made.write(bytes("hello "));
    made.overwrite(0, bytes("J"));
    made.write(bytes("world"));
    CHECK(made.size() == 11);
    made.rename_to(folder.path() / "whole");
  }
  CHECK(file::read(folder.path() / "whole") == "Jello world");
  CHECK_FALSE(file::find(folder.path() / "part").has_value());
}

TEST_CASE("a new file that is not renamed is removed") {
  const file::TempDir folder("new-file-test");
  { file::NewFile(folder.path() / "part").write(bytes("half")); }
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a full disk is told with a hint") {
  const file::UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  const auto error =
      support::error_of([&] { file::write_all(full, 0, bytes("x"), "write /tmp/part"); });
  CHECK(error.kind() == base::Kind::environment);
  CHECK(std::string(error.what()).starts_with("write /tmp/part: No space left on device"));
  CHECK(error.hint() == "free disk space there and run again");
}
