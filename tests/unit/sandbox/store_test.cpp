// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/store.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/fake_clock.hpp"

using sandbox::s3::ObjectVersion;
using sandbox::s3::Store;

namespace {

struct Fixture {
  file::TempDir folder{"store"};
  support::FakeClock clock;
  Store store{folder.path() / "s3", clock};

  Fixture() { store.create_bucket("bundles"); }

  ObjectVersion put(const std::string& key, const std::string& bytes) {
    return store.put("bundles", {.key = key}, bytes);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a stored version has its bytes on disk and the MD5 as its ETag") {
  const auto object = put("a/b.zip", "hello");
  CHECK(object.etag == "5d41402abc4b2a76b9719d911017c592");
  CHECK(object.size == 5);
  CHECK(file::read(object.file) == "hello");
  CHECK(object.modified == clock.now());
}

TEST_CASE_FIXTURE(Fixture, "the newest version is found, older ones by their id") {
  const auto first = put("k", "1");
  const auto second = put("k", "2");
  CHECK(first.version != second.version);
  CHECK(store.find("bundles", "k")->version == second.version);
  CHECK(file::read(store.find("bundles", "k", first.version)->file) == "1");
  CHECK_FALSE(store.find("bundles", "k", "unknown"));
  CHECK_FALSE(store.find("bundles", "other"));
  CHECK_FALSE(store.find("other", "k"));
}

TEST_CASE_FIXTURE(Fixture, "deleting a key leaves its versions, deleting a version removes it") {
  const auto object = put("k", "1");
  const auto marker = store.remove("bundles", "k");
  CHECK(marker.delete_marker);
  CHECK_FALSE(store.find("bundles", "k"));
  CHECK(store.find_entry("bundles", "k")->delete_marker);
  CHECK(store.find("bundles", "k", object.version));

  CHECK(store.remove("bundles", "k", marker.version).delete_marker);
  CHECK(store.find("bundles", "k")->version == object.version);

  store.remove("bundles", "k", object.version);
  CHECK_FALSE(store.find_entry("bundles", "k"));
  CHECK_FALSE(std::filesystem::exists(object.file));
}

TEST_CASE_FIXTURE(Fixture,
                  "a conditional write happens when its condition holds and leaves nothing else") {
  const auto object = store.put_if({.absent = true}, "bundles", {.key = "k"}, "1");
  REQUIRE(object);
  CHECK_FALSE(store.put_if({.absent = true}, "bundles", {.key = "k"}, "2"));
  CHECK_FALSE(store.put_if({.etag = "other"}, "bundles", {.key = "k"}, "2"));
  CHECK(store.put_if({.etag = object->etag}, "bundles", {.key = "k"}, "3"));
  store.remove("bundles", "k");
  CHECK(store.put_if({.absent = true}, "bundles", {.key = "k"}, "4"));

  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "s3" / "bundles")) {
    files += entry.is_regular_file() ? 1U : 0U;
  }
  CHECK(files == 3);
}

TEST_CASE_FIXTURE(Fixture, "a listing has the live keys under a prefix in order") {
  for (const auto* key : {"b/2", "a", "b/1", "c", "b/3"}) put(key, "x");
  store.remove("bundles", "b/2");
  std::string keys;
  for (const auto& object : store.list("bundles", "b/")) keys += object.key + " ";
  CHECK(keys == "b/1 b/3 ");
  CHECK(store.list("bundles", "zzz").empty());
}

TEST_CASE_FIXTURE(Fixture, "a bucket must exist and have a name that S3 takes") {
  CHECK_THROWS_AS(store.put("absent", {.key = "k"}, "x"), base::Error);
  for (const auto* name : {"ab", "Upper", "-dash", "under_score", "../up", ".uploads"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(store.create_bucket(name), base::Error);
  }
  CHECK(store.has_bucket("bundles"));
  CHECK(store.buckets().size() == 1);
}
