// SPDX-License-Identifier: Apache-2.0
#include "oci/uploads.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/error.hpp"
#include "memory_registry.hpp"
#include "oci/digest.hpp"
#include "oci/registry.hpp"
#include "support/error_of.hpp"
#include "support/fake_clock.hpp"
#include "support/scripted_server.hpp"
#include "timing/timestamp.hpp"

namespace {

struct Client {
  support::FakeClock clock;
  http::Client http{clock, {}};
};

oci::Descriptor described(const std::string& bytes) {
  return {.media_type = "", .digest = oci::digest_of(bytes), .size = bytes.size()};
}

std::string patterned(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>('a' + i * 7 % 23);
  return bytes;
}

const std::string small = "a config";
const std::string large = patterned(3'000'000);

void upload(MemoryRegistry& server, const std::string& bytes) {
  Client client;
  oci::Registry registry(client.http, server.name());
  registry.upload_blob("shop", described(bytes), http::body_of(bytes));
  CHECK(server.blobs["shop@" + described(bytes).digest] == bytes);
}

}  // namespace

TEST_CASE("a small blob goes with the POST where the registry takes it so") {
  MemoryRegistry server;
  server.takes_single_post = true;
  upload(server, small);
  CHECK(server.methods() == "POST ");
}

TEST_CASE("a registry that wants the body by PUT gets no body with a POST again") {
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  registry.upload_blob("shop", described(small), http::body_of(small));
  registry.upload_blob("shop", described("other"), http::body_of("other"));
  CHECK(server.methods() == "POST PUT POST PUT ");
  CHECK(server.server.requests()[0].body == small);
  CHECK(server.server.requests()[2].body.empty());
}

TEST_CASE("an empty blob is a blob") {
  MemoryRegistry server;
  upload(server, "");
}

TEST_CASE("a broken upload goes on where the registry kept it, and no byte is sent twice") {
  MemoryRegistry server;
  server.resumes = true;
  server.drops = 2;
  server.dropped_after = 1'000'000;
  upload(server, large);
  // The whole breaks, then its continuation; the second continuation ends it.
  CHECK(server.methods() == "POST PUT HEAD GET PATCH GET PATCH PUT ");
  CHECK(server.server.requests()[4].header("content-range") == "1000000-2999999");
  CHECK(server.server.requests()[6].header("content-range") == "2000000-2999999");
  CHECK(server.body_bytes() == large.size());
}

TEST_CASE("a broken upload that the registry dropped begins anew") {
  MemoryRegistry server;
  server.drops = 1;
  server.dropped_after = 1'000'000;
  upload(server, large);
  CHECK(server.methods() == "POST PUT HEAD GET POST PUT ");
}

TEST_CASE("what a registry spoils by continuing it is sent whole") {
  MemoryRegistry server;
  server.resumes = true;
  server.spoils_resumed = true;
  server.drops = 1;
  server.dropped_after = 1'000'000;
  upload(server, large);
  CHECK(server.methods() == "POST PUT HEAD GET PATCH PUT DELETE POST PUT ");
}

TEST_CASE("however often an upload breaks, a bounded number of bytes is sent") {
  MemoryRegistry server;
  server.drops = 1'000;
  server.dropped_after = 2'900'000;
  Client client;
  oci::Registry registry(client.http, server.name());
  const auto error = support::error_of(
      [&] { registry.upload_blob("shop", described(large), http::body_of(large)); });
  CHECK(error.kind() == base::Kind::unavailable);
  CHECK(error.message().starts_with("push layer " + oci::short_digest(described(large).digest) +
                                    " to " + server.name() + "/shop: "));
  CHECK(error.hint() == "a rerun is safe; what was pushed is not sent again");
  CHECK(server.body_bytes() < 5 * large.size());
}

TEST_CASE("a body too large for a proxy goes in chunks, and later ones do at once") {
  MemoryRegistry server;
  server.body_limit = 1U << 20U;
  Client client;
  oci::Registry registry(client.http, server.name());
  registry.upload_blob("shop", described(large), http::body_of(large));
  CHECK(server.blobs["shop@" + described(large).digest] == large);
  CHECK(server.methods() == "POST PUT DELETE POST PATCH PATCH PATCH PUT ");

  const std::string other = patterned(2'000'000);
  registry.upload_blob("shop", described(other), http::body_of(other));
  CHECK(server.count("PUT") == 3);
  CHECK(server.count("PATCH") == 5);
}

TEST_CASE("chunks are no smaller than the registry asks for") {
  MemoryRegistry server;
  server.body_limit = 2'900'000;
  server.least_chunk = 2'000'000;
  upload(server, large);
  CHECK(server.methods() == "POST PUT DELETE POST PATCH PATCH PUT ");
  CHECK(server.server.requests()[4].header("content-range") == "0-1999999");
}

TEST_CASE("a chunk that breaks goes on from where the registry is") {
  MemoryRegistry server;
  server.resumes = true;
  server.body_limit = 1U << 20U;
  Client client;
  oci::Registry registry(client.http, server.name());
  registry.upload_blob("shop", described(patterned(1'500'000)),
                       http::body_of(patterned(1'500'000)));
  server.drops = 1;
  server.dropped_after = 500'000;
  registry.upload_blob("shop", described(large), http::body_of(large));
  CHECK(server.blobs["shop@" + described(large).digest] == large);
}

TEST_CASE("a limit that leaves no room for a chunk is told as what it is") {
  MemoryRegistry server;
  server.body_limit = 1'000;
  Client client;
  oci::Registry registry(client.http, server.name());
  const auto error = support::error_of(
      [&] { registry.upload_blob("shop", described(large), http::body_of(large)); });
  CHECK(error.kind() == base::Kind::refused);
  CHECK(error.message().ends_with("/shop: 413"));
}

TEST_CASE("a token that ends between the two halves of an upload is replaced") {
  MemoryRegistry server;
  server.token = "the-token-1";
  server.token_after_post = "the-token-2";
  upload(server, large);
  CHECK(server.methods() == "POST GET POST PUT GET PUT ");
}

TEST_CASE("an answer that comes before the body is read ends the sending") {
  const std::string location = "/v2/shop/blobs/uploads/1";
  using After = support::Step::After;
  auto too_large = support::answer(413);
  too_large.before_body = true;
  too_large.after = After::silence;
  const auto patched = [&](const std::string& range) {
    return support::answer(202, {}, {{"Location", location}, {"Range", range}});
  };
  support::ScriptedServer server(
      {support::answer(202, {}, {{"Location", location}}), too_large, support::answer(204),
       support::answer(202, {}, {{"Location", location}}), patched("0-31999999"),
       patched("0-39999999"), support::answer(201)});
  Client client;
  const std::string address = "127.0.0.1:" + std::to_string(server.port());
  oci::Registry registry(client.http, address);
  const std::string huge(40'000'000, 'x');
  registry.upload_blob("shop", described(huge), http::body_of(huge));
  std::string methods;
  for (const auto& request : server.requests()) methods += request.method + ' ';
  CHECK(methods == "POST PUT DELETE POST PATCH PATCH PUT ");
}

TEST_CASE("a full registry is told at once, since trying again changes nothing") {
  MemoryRegistry server;
  server.is_full = true;
  Client client;
  oci::Registry registry(client.http, server.name());
  const auto error = support::error_of(
      [&] { registry.upload_blob("shop", described(large), http::body_of(large)); });
  CHECK(error.kind() == base::Kind::refused);
  CHECK(error.message().ends_with(
      "/shop: 500 unknown: unknown error: write data: no space left on device"));
  CHECK(error.hint() == "free space at the registry, or raise the quota of this repository");
  CHECK(server.count("PUT") == 1);
}

TEST_CASE("whether a push is allowed can be learned first, and the upload that opens is used") {
  MemoryRegistry server;
  Client client;
  oci::Registry registry(client.http, server.name());
  registry.check_push("shop");
  registry.upload_blob("shop", described(large), http::body_of(large));
  CHECK(server.methods() == "POST PUT ");

  server.basic = "Basic nobody";
  CHECK(support::error_of([&] { registry.check_push("shop"); }).message() ==
        "push to " + server.name() + "/shop: 401");
}

TEST_CASE("an upload that is open is used for a small blob too, though the POST would take it") {
  MemoryRegistry server;
  server.takes_single_post = true;
  Client client;
  oci::Registry registry(client.http, server.name());
  registry.check_push("shop");
  registry.upload_blob("shop", described(small), http::body_of(small));
  CHECK(server.methods() == "POST PUT ");
}

TEST_CASE("Retry-After holds for bodies too, in seconds and as a date") {
  for (const bool as_date : {false, true}) {
    MemoryRegistry server;
    Client client;
    server.throttles = 1;
    server.retry_after =
        as_date ? timing::http_date(client.clock.now() + std::chrono::seconds(120)) : "120";
    oci::Registry registry(client.http, server.name());
    registry.upload_blob("shop", described(large), http::body_of(large));
    CHECK(client.clock.slept() >= std::chrono::seconds(119));
    CHECK(client.clock.slept() < std::chrono::seconds(150));
  }
}

TEST_CASE("a registry that asks for more patience than there is ends the push, saying when") {
  MemoryRegistry server;
  server.throttles = 1'000;
  server.retry_after = "3600";
  Client client;
  oci::Registry registry(client.http, server.name(),
                         {.limits = {.max_wait = std::chrono::minutes(10)}});
  const auto error = support::error_of(
      [&] { registry.upload_blob("shop", described(large), http::body_of(large)); });
  CHECK(error.kind() == base::Kind::unavailable);
  CHECK(error.message().ends_with("/shop: 429 toomanyrequests: slow down"));
  CHECK(error.hint() ==
        "the registry limits requests; run again after 2025-06-15T16:06:40Z (in 1h00m)");
  CHECK(server.count("PUT") == 1);

  // The others of this registry learn it without asking.
  const auto next = support::error_of(
      [&] { static_cast<void>(registry.has_blob("shop", described(small).digest)); });
  CHECK(next.kind() == base::Kind::unavailable);
  CHECK(server.count("HEAD") == 0);
}

TEST_CASE("what the registry warns of is sent with every answer and changes nothing") {
  MemoryRegistry server;
  server.warning = "this registry moves on Friday";
  upload(server, small);
}
