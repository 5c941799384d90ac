// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/release_env.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "process/child.hpp"
#include "support/error_of.hpp"

namespace {

const std::string digest = "sha256:" + std::string(64, '1');

release::Record record_with(const file::TempDir& folder, const std::string& image) {
  const auto path = folder.path() / "release.json";
  file::write_atomically(path, R"({"schema":1,"source":{"commit":")" + std::string(40, 'a') +
                                   R"(","version":"1.1.0"},"jar":{})" + image + "}");
  return release::Record::open(path, {});
}

}  // namespace

TEST_CASE("release.env names the image by digest, the version and the commit") {
  const file::TempDir folder("release-env");
  const auto record =
      record_with(folder, R"(,"image":{"ref":"r/app:1.1.0","repository":"r/app","digest":")" +
                              digest + R"("})");

  CHECK(s3_upload_bundle::release_env(s3_upload_bundle::facts_of(record)) ==
        "IMAGE=r/app@" + digest + "\nIMAGE_DIGEST=" + digest +
            "\nVERSION=1.1.0\nCOMMIT=" + std::string(40, 'a') + "\n");
}

TEST_CASE("a record without an image is a call out of order") {
  const file::TempDir folder("release-env");
  const auto record = record_with(folder, "");

  const auto error = support::error_of([&] { s3_upload_bundle::facts_of(record); });
  CHECK(error.kind() == base::Kind::usage);
  CHECK(error.hint() == "run docker-push first");
}

TEST_CASE("an image without a digest is refused") {
  const file::TempDir folder("release-env");
  const auto record = record_with(folder, R"(,"image":{"repository":"r/app","digest":"latest"})");

  CHECK(support::error_of([&] { s3_upload_bundle::facts_of(record); }).kind() ==
        base::Kind::integrity);
}

TEST_CASE("a shell reads back every value as it was") {
  const file::TempDir folder("release-env");
  const std::string version = "1.0 (it's $HOME; `x`)";
  const auto path = folder.path() / "release.env";
  file::write_atomically(
      path,
      s3_upload_bundle::release_env(
          {.repository = "host:5000/app", .digest = digest, .version = version, .commit = "c"}));

  const auto read = process::capture(
      {.argv = {"sh", "-c", ". \"$0\"; printf '%s|%s' \"$IMAGE\" \"$VERSION\"", path.string()}});

  CHECK(read.out == "host:5000/app@" + digest + "|" + version);
}

TEST_CASE("a line break in a value is refused") {
  CHECK(support::error_of([] {
          s3_upload_bundle::release_env(
              {.repository = "r", .digest = "d", .version = "1\n2", .commit = "c"});
        }).kind() == base::Kind::integrity);
}
