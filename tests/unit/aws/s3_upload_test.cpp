// SPDX-License-Identifier: Apache-2.0
#include "aws/s3_upload.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "crypto/crc64nvme.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_s3.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"

namespace {

using aws::Existing;
using aws::Uploaded;
using aws::UploadRequest;
using support::call_of;
using support::error_of;
using support::FakeS3;
using support::ServedAnswer;
using support::ServedRequest;

constexpr std::size_t mebibyte = 1U << 20U;

// A client of the fake bucket.
struct Client {
  explicit Client(const FakeS3& fake, timing::Clock& clock, aws::S3Options options = {})
      : session{.region = "eu-central-1",
                .credentials = aws::store_of({.access_key = "AKID", .secret_key = "secret"}, clock),
                .overrides = {.s3 = http::parse_url("http://" + fake.authority())}},
        client(clock, stop.get_token(), aws::client_options(session)),
        caller(client, session),
        s3(caller, std::move(options)) {}

  std::stop_source stop{};
  aws::Session session;
  http::Client client;
  aws::Caller caller;
  aws::S3 s3;
};

struct Bucket {
  explicit Bucket(FakeS3::Mishaps mishaps = {}, aws::S3Options options = {})
      : fake(std::move(mishaps)), client(fake, clock, std::move(options)) {}

  Uploaded upload(const UploadRequest& request) { return aws::upload(client.s3, request); }

  support::FakeClock clock;
  FakeS3 fake;
  Client client;
};

std::string bytes_of_size(std::size_t size, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    const auto value = random();
    for (std::size_t j = 0; j < 8; ++j) bytes[i + j] = static_cast<char>(value >> (8 * j));
  }
  return bytes;
}

UploadRequest request_of(std::string bytes) {
  return {.name = {.bucket = "bundles", .key = "shop/a b+c.zip"},
          .content = aws::content_of_bytes(std::move(bytes)),
          .settings = {.content_type = "application/zip"}};
}

const UploadRequest& large() {
  static const auto request = request_of(bytes_of_size(17 * mebibyte));
  return request;
}

FakeS3::Part part_of(std::string_view bytes) {
  const auto crc = crypto::crc64nvme(bytes);
  return {.size = bytes.size(),
          .etag = text::hex(crypto::md5(bytes)),
          .crc = crc,
          .checksums = {{"x-amz-checksum-crc64nvme", aws::checksum_text(crc)}}};
}

// What a killed run leaves: the parts of `numbers`, of 8 MiB each.
FakeS3::Upload unfinished(const std::string& bytes, const std::vector<int>& numbers,
                          const std::string& initiated) {
  FakeS3::Upload upload{.key = "shop/a b+c.zip", .algorithm = "CRC64NVME", .initiated = initiated};
  for (const int number : numbers) {
    const auto offset = static_cast<std::size_t>(number - 1) * 8 * mebibyte;
    upload.parts[number] = part_of(std::string_view(bytes).substr(offset, 8 * mebibyte));
  }
  return upload;
}

ServedAnswer refusal(int status, const std::string& code) {
  return {.status = status, .body = "<Error><Code>" + code + "</Code></Error>"};
}

// Answers the first `times` of such calls with this.
auto first_calls(const std::string& call, int times, ServedAnswer answer) {
  const auto left = std::make_shared<int>(times);
  return [=](const ServedRequest& request) -> std::optional<ServedAnswer> {
    if (call_of(request) != call || *left == 0) return std::nullopt;
    --*left;
    return answer;
  };
}

auto first_lost(const std::string& call) {
  const auto left = std::make_shared<int>(1);
  return [=](const ServedRequest& request) { return call_of(request) == call && (*left)-- == 1; };
}

const FakeS3::Object& only_object(const std::map<std::string, std::vector<FakeS3::Object>>& all) {
  REQUIRE(all.size() == 1);
  REQUIRE(all.begin()->second.size() == 1);
  return all.begin()->second.front();
}

using Calls = std::vector<std::string>;

}  // namespace

TEST_CASE("a small object is one PUT and one HEAD, with all that was asked for it") {
  Bucket bucket({}, {.expected_owner = "123456789012"});
  auto request = request_of("hello");
  request.settings = {.content_type = "application/zip",
                      .encryption = "aws:kms",
                      .kms_key_id = "alias/bundles",
                      .storage_class = "STANDARD_IA",
                      .tags = {{"team", "shop & co"}, {"stage", "a=b"}}};

  const auto uploaded = bucket.upload(request);

  CHECK(bucket.fake.calls() == Calls{"PUT", "HEAD"});
  CHECK(uploaded.sent);
  CHECK(uploaded.verified);
  CHECK(uploaded.parts == 0);
  CHECK(uploaded.name.version == "v1");
  CHECK(uploaded.object.etag == text::hex(crypto::md5("hello")));
  CHECK(uploaded.object.checksum_sha256 == text::base64(crypto::sha256("hello")));
  CHECK(uploaded.object.encryption == "aws:kms");
  const auto put = bucket.fake.requests().front();
  CHECK(put.path == "/bundles/shop/a%20b%2Bc.zip");
  CHECK(put.header("if-none-match") == "*");
  CHECK(put.header("x-amz-server-side-encryption-aws-kms-key-id") == "alias/bundles");
  CHECK(put.header("x-amz-server-side-encryption-bucket-key-enabled") == "true");
  CHECK(put.header("x-amz-storage-class") == "STANDARD_IA");
  CHECK(put.header("x-amz-tagging") == "team=shop%20%26%20co&stage=a%3Db");
  CHECK(put.header("x-amz-meta-sha256") == crypto::sha256_hex("hello"));
  for (const auto& sent : bucket.fake.requests()) {
    CHECK(sent.header("x-amz-expected-bucket-owner") == "123456789012");
    CHECK(sent.header("x-amz-trailer").empty());
  }
}

TEST_CASE("the same content is not stored a second time, and its version is the first one's") {
  Bucket bucket;
  const auto first = bucket.upload(request_of("hello"));
  const auto second = bucket.upload(request_of("hello"));

  CHECK(first.sent);
  CHECK_FALSE(second.sent);
  CHECK(second.name.version == first.name.version);
  CHECK(only_object(bucket.fake.objects()).size == 5);
}

TEST_CASE("above a megabyte the second run asks first and sends nothing") {
  Bucket bucket;
  const auto request = request_of(bytes_of_size(2 * mebibyte));
  bucket.upload(request);
  const auto before = bucket.fake.requests().size();

  CHECK_FALSE(bucket.upload(request).sent);
  CHECK(bucket.fake.requests().size() == before + 1);
  CHECK(bucket.fake.calls().back() == "HEAD");
}

TEST_CASE("other content at the key is a conflict and stays") {
  for (const std::size_t size : {std::size_t{6}, 2 * mebibyte, 17 * mebibyte}) {
    Bucket bucket;
    bucket.upload(request_of("hello"));
    const auto error = error_of([&] { bucket.upload(request_of(bytes_of_size(size))); });
    CHECK(error.kind() == base::Kind::conflict);
    CHECK(
        error.message().find("put s3://bundles/shop/a b+c.zip: there is an object already, of 5 B "
                             "with other content") == 0);
    CHECK(only_object(bucket.fake.objects()).size == 5);
    CHECK(bucket.fake.uploads().empty());
  }
}

TEST_CASE("a key that may be replaced gets a second version, unless the content is the same") {
  Bucket bucket;
  auto request = request_of("hello");
  request.existing = Existing::replace;
  bucket.upload(request);
  CHECK_FALSE(bucket.upload(request).sent);
  auto other = request_of("world");
  other.existing = Existing::replace;

  CHECK(bucket.upload(other).name.version == "v2");
  CHECK(bucket.fake.objects().begin()->second.size() == 2);
}

TEST_CASE("a PUT whose answer was lost has stored the object, and counts as sent") {
  Bucket bucket({.lost = first_lost("PUT")});

  const auto uploaded = bucket.upload(request_of("hello"));

  CHECK(uploaded.sent);
  CHECK(uploaded.name.version == "v1");
  CHECK(bucket.fake.calls() == Calls{"PUT", "PUT", "HEAD"});
}

TEST_CASE("a conflicting write under way is waited for") {
  Bucket bucket({.instead = first_calls("PUT", 2, refusal(409, "ConditionalRequestConflict"))});

  CHECK(bucket.upload(request_of("hello")).sent);
  CHECK(bucket.fake.calls() == Calls{"PUT", "PUT", "PUT", "HEAD"});
}

TEST_CASE("a server that knows no conditions is asked what is there instead") {
  Bucket bucket({.knows_conditions = false});

  CHECK(bucket.upload(request_of("hello")).sent);
  CHECK(bucket.fake.calls() == Calls{"PUT", "HEAD", "PUT", "HEAD"});
  CHECK_FALSE(bucket.upload(request_of("hello")).sent);
}

TEST_CASE("whoever may not read the object is told that it was not verified") {
  Bucket bucket({.instead = first_calls("HEAD", 1, {.status = 403})});

  const auto uploaded = bucket.upload(request_of("hello"));

  CHECK(uploaded.sent);
  CHECK_FALSE(uploaded.verified);
  CHECK(uploaded.name.version == "v1");
}

TEST_CASE("what S3 refuses is told with operation and key") {
  Bucket bucket({.instead = first_calls("PUT", 9, refusal(403, "AccessDenied"))});
  const auto error = error_of([&] { bucket.upload(request_of("hello")); });
  CHECK(error.kind() == base::Kind::refused);
  CHECK(error.message().find("PutObject s3://bundles/shop/a b+c.zip: AccessDenied") == 0);
}

TEST_CASE("a stored object that is not what was sent is refused by its version") {
  Bucket bucket(
      {.instead = first_calls(
           "HEAD", 1,
           {.headers = {{"ETag", "\"other\""}, {"x-amz-version-id", "v9"}}, .body = "x"})});
  const auto error = error_of([&] { bucket.upload(request_of("hello")); });
  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message().find("verify s3://bundles/shop/a b+c.zip?versionId=v1: sent 5 bytes") == 0);
  CHECK(error.message().find("version v9") != std::string::npos);
}

TEST_CASE("a bucket without versions gives none") {
  Bucket bucket({.keeps_versions = false});
  CHECK(bucket.upload(request_of("hello")).name.version.empty());
}

TEST_CASE("a large object goes in parts and has one checksum over all of them") {
  Bucket bucket;
  std::atomic<std::uint64_t> most{0};
  auto request = large();
  request.progress = [&](std::uint64_t sent) {
    auto before = most.load();
    while (sent > before && !most.compare_exchange_weak(before, sent)) {
    }
  };

  const auto uploaded = bucket.upload(request);

  CHECK(uploaded.sent);
  CHECK(uploaded.verified);
  CHECK(uploaded.parts == 3);
  CHECK(uploaded.resumed == 0);
  CHECK(most == 17 * mebibyte);
  CHECK(bucket.fake.count("PUT part") == 3);
  CHECK(bucket.fake.uploads().empty());
  const auto objects = bucket.fake.objects();
  const auto& object = only_object(objects);
  CHECK(object.size == 17 * mebibyte);
  CHECK(object.headers.at("x-amz-checksum-crc64nvme") ==
        aws::checksum_text(crypto::crc64nvme(bytes_of_size(17 * mebibyte))));
  CHECK(object.headers.at("content-type") == "application/zip");
  for (const auto& sent : bucket.fake.requests()) {
    if (call_of(sent) == "POST uploads") {
      CHECK(sent.header("x-amz-checksum-type") == "FULL_OBJECT");
      CHECK(sent.header("if-none-match").empty());
    }
    if (call_of(sent) == "POST complete") CHECK(sent.header("if-none-match") == "*");
  }
}

TEST_CASE("a large object that is there costs one request") {
  Bucket bucket;
  bucket.upload(large());
  const auto before = bucket.fake.requests().size();

  CHECK_FALSE(bucket.upload(large()).sent);
  CHECK(bucket.fake.requests().size() == before + 1);
}

TEST_CASE("a Complete whose answer was lost is found out by looking") {
  Bucket bucket({.lost = first_lost("POST complete")});

  const auto uploaded = bucket.upload(large());

  CHECK(uploaded.sent);
  CHECK(uploaded.parts == 3);
  CHECK(uploaded.name.version == "v2");
  CHECK(bucket.fake.count("POST complete") == 2);
  CHECK(bucket.fake.uploads().empty());
}

TEST_CASE("a Complete that never answers is found out by looking, too") {
  Bucket bucket(
      {.lost = [](const ServedRequest& request) { return call_of(request) == "POST complete"; }});
  CHECK(bucket.upload(large()).sent);
}

TEST_CASE("an error in a 200 is an error, and the upload is aborted") {
  Bucket bucket(
      {.instead = first_calls(
           "POST complete", 99,
           {.body = "\n<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>"})});
  const auto error = error_of([&] { bucket.upload(large()); });
  CHECK(error.kind() == base::Kind::unavailable);
  CHECK(error.message().find("CompleteMultipartUpload") != std::string::npos);
  CHECK(bucket.fake.objects().empty());
  CHECK(bucket.fake.uploads().empty());
}

TEST_CASE("a refused part ends the upload, and nothing is left of it") {
  Bucket bucket({.instead = first_calls("PUT part", 1, refusal(403, "AccessDenied"))});
  const auto error = error_of([&] { bucket.upload(large()); });
  CHECK(error.kind() == base::Kind::refused);
  CHECK(error.message().find("UploadPart s3://bundles/shop/a b+c.zip: AccessDenied") == 0);
  CHECK(bucket.fake.uploads().empty());
}

TEST_CASE("a part that fails for a moment is sent again") {
  Bucket bucket({.instead = first_calls("PUT part", 2, refusal(503, "SlowDown"))});
  CHECK(bucket.upload(large()).sent);
  CHECK(bucket.fake.count("PUT part") == 5);
}

TEST_CASE("an upload that vanished is started over once") {
  Bucket bucket({.instead = first_calls("PUT part", 1, refusal(404, "NoSuchUpload"))});
  CHECK(bucket.upload(large()).sent);
  CHECK(bucket.fake.count("POST uploads") == 2);
}

TEST_CASE("a conflict at the end starts the upload over") {
  Bucket bucket(
      {.instead = first_calls("POST complete", 1, refusal(409, "ConditionalRequestConflict"))});
  CHECK(bucket.upload(large()).sent);
  CHECK(bucket.fake.count("POST uploads") == 2);
  CHECK(bucket.fake.uploads().empty());
}

TEST_CASE("who was first with the same content has done the work") {
  // Another run completes while this one is at its parts.
  std::unique_ptr<Bucket> bucket;
  support::FakeClock clock;
  bool done = false;
  bucket = std::make_unique<Bucket>(
      FakeS3::Mishaps{.instead = [&](const ServedRequest& request) -> std::optional<ServedAnswer> {
        if (call_of(request) == "POST complete" && !done) {
          done = true;
          const auto& bytes = large().content;
          bucket->fake.put(
              "shop/a b+c.zip",
              FakeS3::Object{.size = bytes.body.size,
                             .etag = "theirs-3",
                             .version = "v7",
                             .headers = {{"x-amz-checksum-sha256", text::base64(bytes.sha256)}}});
        }
        return std::nullopt;
      }});
  const auto uploaded = bucket->upload(large());
  CHECK_FALSE(uploaded.sent);
  CHECK(uploaded.name.version == "v7");
  CHECK(bucket->fake.uploads().empty());
}

TEST_CASE("a server without these checksums gets signed parts and the digest as metadata") {
  Bucket bucket({.keeps_checksums = false});

  CHECK(bucket.upload(large()).sent);

  CHECK(bucket.fake.count("POST uploads") == 3);
  CHECK_FALSE(bucket.upload(large()).sent);
  for (const auto& sent : bucket.fake.requests()) {
    CHECK(sent.header("x-amz-content-sha256") != "UNSIGNED-PAYLOAD");
  }
}

TEST_CASE("an abort that fails is told, with what is left and how to end it") {
  Bucket bucket({.instead = [](const ServedRequest& request) -> std::optional<ServedAnswer> {
    if (request.method == "DELETE") return refusal(403, "AccessDenied");
    if (call_of(request) == "PUT part") return refusal(400, "EntityTooLarge");
    return std::nullopt;
  }});
  const auto error = error_of([&] { bucket.upload(large()); });
  CHECK(error.message().find("UploadPart") == 0);
  CHECK(error.message().find("its unfinished upload upload-1 could not be aborted: "
                             "AbortMultipartUpload s3://bundles/shop/a b+c.zip: AccessDenied") !=
        std::string::npos);
  CHECK(error.hint().find("--upload-id upload-1") != std::string::npos);
}

TEST_CASE("a part that lands after the abort is aborted as well") {
  std::unique_ptr<Bucket> bucket;
  int aborts = 0;
  bucket = std::make_unique<Bucket>(
      FakeS3::Mishaps{.instead = [&](const ServedRequest& request) -> std::optional<ServedAnswer> {
        if (call_of(request) == "PUT part") return refusal(400, "EntityTooLarge");
        // The first abort comes too early: the upload is still there afterwards.
        if (request.method == "DELETE" && ++aborts == 1) return ServedAnswer{.status = 204};
        return std::nullopt;
      }});
  error_of([&] { bucket->upload(large()); });
  CHECK(aborts == 2);
  CHECK(bucket->fake.uploads().empty());
}

TEST_CASE("a stop aborts the upload over a connection that the stop does not end") {
  timing::SystemClock clock;
  std::stop_source* stop = nullptr;
  std::atomic<int> parts{0};
  FakeS3 fake({.instead = [&](const ServedRequest& request) -> std::optional<ServedAnswer> {
    if (call_of(request) == "PUT part" && ++parts == 2) stop->request_stop();
    return std::nullopt;
  }});
  Client client(fake, clock);
  stop = &client.stop;

  const auto error = error_of([&] { aws::upload(client.s3, large()); });

  CHECK(error.kind() == base::Kind::unavailable);
  CHECK(fake.objects().empty());
  CHECK(fake.uploads().empty());
}

TEST_CASE("a stop while the upload is being created leaves none behind") {
  timing::SystemClock clock;
  std::stop_source* stop = nullptr;
  FakeS3 fake({.instead = [&](const ServedRequest& request) -> std::optional<ServedAnswer> {
    if (call_of(request) == "POST uploads") stop->request_stop();
    return std::nullopt;
  }});
  Client client(fake, clock);
  stop = &client.stop;

  error_of([&] { aws::upload(client.s3, large()); });

  CHECK(fake.count("POST uploads") == 1);
  CHECK(fake.uploads().empty());
}

TEST_CASE("what a killed run has sent is not sent again") {
  Bucket bucket;
  const auto bytes = bytes_of_size(65 * mebibyte);  // nine parts
  bucket.fake.put("old", unfinished(bytes, {1, 2, 9}, "2026-01-01T00:00:00Z"));
  bucket.fake.put("new", unfinished(bytes, {1, 2, 3, 4, 5, 6, 7, 8}, "2026-01-02T00:00:00Z"));
  bucket.fake.put("newest",
                  unfinished(bytes_of_size(65 * mebibyte, 2), {1, 2, 3}, "2026-01-03T00:00:00Z"));
  FakeS3::Upload neighbour{.key = "shop/a b+c.zip.sha256", .initiated = "2026-01-04T00:00:00Z"};
  bucket.fake.put("neighbour", neighbour);

  const auto uploaded = bucket.upload(request_of(bytes));

  CHECK(uploaded.parts == 9);
  CHECK(uploaded.resumed == 8);
  CHECK(bucket.fake.count("PUT part") == 1);
  CHECK(bucket.fake.count("POST uploads") == 0);
  CHECK(only_object(bucket.fake.objects()).headers.at("x-amz-checksum-crc64nvme") ==
        aws::checksum_text(crypto::crc64nvme(bytes)));
  // Nothing else can become of the others: the key has its content.
  CHECK(bucket.fake.uploads().size() == 1);
  CHECK(bucket.fake.uploads().contains("neighbour"));
}

TEST_CASE("a part that differs from ours is sent again in its place") {
  Bucket bucket;
  const auto bytes = bytes_of_size(64 * mebibyte);
  auto left = unfinished(bytes, {1, 2, 3}, "2026-01-01T00:00:00Z");
  left.parts[2] = part_of(bytes_of_size(8 * mebibyte, 3));
  left.parts[3] = part_of(bytes.substr(16 * mebibyte, 5 * mebibyte));
  bucket.fake.put("left", left);

  const auto uploaded = bucket.upload(request_of(bytes));

  CHECK(uploaded.resumed == 1);
  CHECK(bucket.fake.count("PUT part") == 7);
  CHECK(only_object(bucket.fake.objects()).headers.at("x-amz-checksum-crc64nvme") ==
        aws::checksum_text(crypto::crc64nvme(bytes)));
}

TEST_CASE("whoever may not list uploads begins a new one") {
  Bucket bucket({.instead = first_calls("GET uploads", 1, refusal(403, "AccessDenied"))});
  CHECK(bucket.upload(request_of(bytes_of_size(64 * mebibyte))).sent);
}

TEST_CASE("a file that changes while it is sent does not become an object") {
  const file::TempDir folder("upload-test");
  const auto path = folder.path() / "bundle.zip";
  file::write_atomically(path, bytes_of_size(17 * mebibyte));
  std::atomic<int> parts{0};
  Bucket bucket({.instead = [&](const ServedRequest& request) -> std::optional<ServedAnswer> {
    if (call_of(request) == "PUT part" && ++parts == 1) {
      const file::UniqueFd other(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
      CHECK(::pwrite(other.get(), "changed", 7, 17 * mebibyte - 7) == 7);
    }
    return std::nullopt;
  }});
  const auto descriptor = file::open_for_reading(path);
  auto request = request_of("");
  request.content = aws::hashed_content_of_file(bucket.client.s3, descriptor);

  const auto error = error_of([&] { bucket.upload(request); });

  CHECK(bucket.fake.objects().empty());
  CHECK(bucket.fake.uploads().empty());
  // Either S3 finds that a part is not what was signed, or the last look at the file does.
  CHECK((error.kind() == base::Kind::integrity || error.kind() == base::Kind::refused));
}
