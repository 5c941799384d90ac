// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/store.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

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

  std::optional<ObjectVersion> put_if(const sandbox::s3::Precondition& precondition,
                                      const std::string& bytes) {
    sandbox::s3::BlobWriter writer(store.folder());
    writer.write(bytes);
    ObjectVersion object{.key = "k", .etag = "etag of " + bytes};
    object.blobs = {writer.finish()};
    return store.put_if(precondition, "bundles", std::move(object));
  }

  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(store.folder()),
                      std::filesystem::directory_iterator()));
  }
};

std::string bytes_of(const ObjectVersion& object) {
  std::string bytes;
  for (const auto& blob : object.blobs) bytes += file::read(blob->path());
  return bytes;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a stored version has its bytes on disk and the MD5 as its ETag") {
  const auto object = put("a/b.zip", "hello");
  CHECK(object.etag == "5d41402abc4b2a76b9719d911017c592");
  CHECK(object.size() == 5);
  CHECK(bytes_of(object) == "hello");
  CHECK(object.modified == clock.now());
}

TEST_CASE_FIXTURE(Fixture, "the newest version is found, older ones by their id") {
  const auto first = put("k", "1");
  const auto second = put("k", "2");
  CHECK(first.version != second.version);
  CHECK(store.find("bundles", "k")->version == second.version);
  CHECK(bytes_of(*store.find("bundles", "k", first.version)) == "1");
  CHECK_FALSE(store.find("bundles", "k", "unknown"));
  CHECK_FALSE(store.find("bundles", "other"));
  CHECK_FALSE(store.find("other", "k"));
}

TEST_CASE_FIXTURE(Fixture, "deleting a key leaves its versions, deleting a version removes it") {
  const auto first = put("k", "1").version;
  const auto marker = store.remove("bundles", "k");
  CHECK(marker.delete_marker);
  CHECK_FALSE(store.find("bundles", "k"));
  CHECK(store.find_entry("bundles", "k")->delete_marker);
  CHECK(store.find("bundles", "k", first));

  CHECK(store.remove("bundles", "k", marker.version).delete_marker);
  CHECK(store.find("bundles", "k")->version == first);

  auto reader = store.find("bundles", "k");
  store.remove("bundles", "k", first);
  CHECK_FALSE(store.find_entry("bundles", "k"));
  CHECK(bytes_of(*reader) == "1");  // who reads it reads it to its end
  reader.reset();
  CHECK(files() == 0);
}

TEST_CASE_FIXTURE(Fixture,
                  "a conditional write happens when its condition holds and leaves nothing else") {
  const auto object = put_if({.absent = true}, "1");
  REQUIRE(object);
  CHECK_FALSE(put_if({.absent = true}, "2"));
  CHECK_FALSE(put_if({.etag = "other"}, "2"));
  CHECK(put_if({.etag = object->etag}, "3"));
  store.remove("bundles", "k");
  CHECK(put_if({.absent = true}, "4"));
  CHECK(files() == 3);
}

TEST_CASE_FIXTURE(Fixture, "one conditional write of a key runs at a time") {
  CHECK(store.begin_conditional_write("bundles", "k"));
  CHECK_FALSE(store.begin_conditional_write("bundles", "k"));
  CHECK(store.begin_conditional_write("bundles", "other"));
  store.end_conditional_write("bundles", "k");
  CHECK(store.begin_conditional_write("bundles", "k"));
}

TEST_CASE_FIXTURE(Fixture, "a bucket without versioning holds one version of a key, called null") {
  store.create_bucket("plain", {.versioning = sandbox::s3::Versioning::never});
  CHECK(store.put("plain", {.key = "k"}, "1").version == "null");
  CHECK(store.put("plain", {.key = "k"}, "2").version == "null");
  CHECK(store.list_versions("plain", "").size() == 1);
  CHECK(files() == 1);
  const auto removal = store.remove("plain", "k");
  CHECK(removal.version.empty());
  CHECK_FALSE(removal.delete_marker);
  CHECK_FALSE(store.find_entry("plain", "k"));
  CHECK(files() == 0);
}

TEST_CASE_FIXTURE(Fixture, "suspended versioning replaces the null version and keeps the others") {
  const auto first = put("k", "1").version;
  store.set_versioning("bundles", sandbox::s3::Versioning::suspended);
  CHECK(put("k", "2").version == "null");
  CHECK(put("k", "3").version == "null");
  CHECK(store.list_versions("bundles", "k").size() == 2);
  CHECK(bytes_of(*store.find("bundles", "k", first)) == "1");

  const auto removal = store.remove("bundles", "k");
  CHECK(removal.delete_marker);
  CHECK(removal.version == "null");
  CHECK_FALSE(store.find("bundles", "k", "null"));
  CHECK(store.list_versions("bundles", "k").size() == 2);

  store.set_versioning("bundles", sandbox::s3::Versioning::enabled);
  CHECK(put("k", "4").version != "null");
  CHECK(store.list_versions("bundles", "k").size() == 3);
  CHECK(store.list_versions("bundles", "k").front().newest);
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
