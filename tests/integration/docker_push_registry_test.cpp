// SPDX-License-Identifier: Apache-2.0
// docker-push against registries that want tokens, refuse, redirect, limit and fill up: Debian's
// docker-registry behind a proxy that behaves so.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "http/client.hpp"
#include "support/answering_server.hpp"
#include "support/boot_jar.hpp"
#include "support/fault_proxy.hpp"
#include "support/push_project.hpp"
#include "support/push_rig.hpp"
#include "text/base64.hpp"
#include "text/split.hpp"
#include "timing/clock.hpp"

namespace {

using support::error_line;
using support::Fault;
using support::FaultProxy;
using support::PassingRequest;
using support::PushCall;
using Kind = Fault::Kind;
using Rig = support::PushRig;

constexpr std::uint64_t megabyte = 1'000'000;

Fault answer_of(int status, std::vector<std::pair<std::string, std::string>> headers = {},
                const std::string& body = {}) {
  return {.kind = Kind::answer, .status = status, .headers = std::move(headers), .body = body};
}

std::uint64_t length_of(const PassingRequest& request) {
  return text::find_number(request.header("Content-Length")).value_or(0);
}

PushCall to(const Rig& rig, const FaultProxy& proxy) {
  return {.registry = proxy.authority(),
          .repository = "shop",
          .base = rig.base_of(rig.elsewhere.address())};
}

PushCall logged_in(PushCall call) {
  call.environment["REGISTRY_USERNAME"] = "ci";
  call.environment["REGISTRY_PASSWORD"] = "right horse";
  return call;
}

bool is_whole(const Rig& rig) {
  const auto stored = rig.repository("shop");
  const auto tag = stored.tag("1");
  return tag && stored.missing(*tag).empty();
}

bool says(const support::Pushed& pushed, const std::string& words) {
  return pushed.run.err.find(words) != std::string::npos;
}

// A token server, and what a registry that trusts it says to those without one of its tokens.
class TokenGate {
 public:
  // A token permits `actions`, and is good for so many requests.
  explicit TokenGate(std::string actions = "pull,push", int uses = 1'000)
      : actions_(std::move(actions)), uses_(uses) {}

  // Absent when the request may pass.
  std::optional<Fault> refusal(const PassingRequest& request, const std::string& error = {}) {
    const auto left = left_.find(request.header("Authorization"));
    if (error.empty() && left != left_.end() && left->second-- > 0) return std::nullopt;
    const std::string challenge = fmt::format(
        R"(Bearer realm="http://{}/token",service="test",scope="repository:shop:pull,push"{})",
        server_.authority(), error.empty() ? "" : fmt::format(R"(,error="{}")", error));
    return answer_of(401, {{"WWW-Authenticate", challenge}},
                     R"({"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]})");
  }

  int tokens() const { return tokens_; }

 private:
  support::ServedAnswer answered(const support::ServedRequest& request) {
    if (request.header("authorization") != "Basic " + text::base64("ci:right horse")) {
      return {.status = 401};
    }
    std::string actions;
    for (const auto action : text::split(actions_, ',')) {
      actions += fmt::format(R"({}"{}")", actions.empty() ? "" : ",", action);
    }
    const std::string claims =
        fmt::format(R"({{"n":{},"access":[{{"type":"repository","name":"shop","actions":[{}]}}]}})",
                    ++tokens_, actions);
    const std::string token = fmt::format("{0}.{1}.{0}", text::base64("{}", text::Base64::url),
                                          text::base64(claims, text::Base64::url));
    left_["Bearer " + token] = uses_;
    return {.body = fmt::format(R"({{"token":"{}","expires_in":300}})", token)};
  }

  std::string actions_;
  int uses_;
  std::atomic<int> tokens_{0};
  std::map<std::string, int> left_;
  support::AnsweringServer server_{
      [this](const support::ServedRequest& request) { return answered(request); }};
};

// A jar whose libraries fill a layer of 30 MB that does not compress.
PushCall large(const Rig& rig, const FaultProxy& proxy) {
  support::write_boot_jar(rig.folder.path() / "large.jar",
                          {.libraries = {{"data.jar", support::noise(30 * megabyte)}}});
  PushCall call = to(rig, proxy);
  call.jar = "large.jar";
  call.more = {"--library-layers", "1"};
  return call;
}

}  // namespace

TEST_CASE("an upload that is cut in the middle and dropped by the registry is sent once more") {
  const Rig rig;
  int cuts = 0;
  FaultProxy proxy(rig.registry.address(), [&cuts](const PassingRequest& request) {
    const bool hits = length_of(request) > megabyte && ++cuts == 1;
    return hits ? Fault{.kind = Kind::cut_request, .after = 15 * megabyte} : Fault{};
  });
  const auto pushed = rig.push(large(rig, proxy));
  INFO(pushed.run.err);
  CHECK(pushed.run.exit.ok());
  CHECK(cuts == 2);
  CHECK(is_whole(rig));
  CHECK(proxy.body_bytes() < 46 * megabyte);
}

TEST_CASE("where no large body passes, chunks go, and a lost one alone is sent again") {
  const Rig rig;
  int chunks = 0;
  std::uint64_t refused = 0;
  FaultProxy proxy(rig.registry.address(), [&](const PassingRequest& request) {
    if (length_of(request) > 12 * megabyte) {
      refused += length_of(request);
      return answer_of(413);
    }
    const bool hits = request.method() == "PATCH" && ++chunks == 2;
    return hits ? Fault{.kind = Kind::hang_up} : Fault{};
  });
  const auto pushed = rig.push(large(rig, proxy));
  INFO(pushed.run.err);
  CHECK(pushed.run.exit.ok());
  CHECK(chunks == 5);  // of 10 MB, the second twice
  CHECK(is_whole(rig));
  CHECK(refused < 31 * megabyte);
  CHECK(proxy.body_bytes() < 31 * megabyte + refused);
  CHECK(rig.repository("shop").unfinished_uploads() == 0);
}

TEST_CASE("chunks of which the registry got a part are sent anew where it keeps no part") {
  const Rig rig;
  int chunks = 0;
  FaultProxy proxy(rig.registry.address(), [&](const PassingRequest& request) {
    if (length_of(request) > 12 * megabyte) return answer_of(413);
    const bool hits = request.method() == "PATCH" && ++chunks == 2;
    return hits ? Fault{.kind = Kind::cut_request} : Fault{};
  });
  const auto pushed = rig.push(large(rig, proxy));
  INFO(pushed.run.err);
  CHECK(pushed.run.exit.ok());
  CHECK(is_whole(rig));
  CHECK(proxy.body_bytes() < 90 * megabyte);
}

TEST_CASE("a body is held back for as long as the registry asks, and not for longer than allowed") {
  const Rig rig;
  FaultProxy proxy(rig.registry.address(), [](const PassingRequest& request) {
    return length_of(request) > 100'000 ? answer_of(429, {{"Retry-After", "3600"}}) : Fault{};
  });
  PushCall call = to(rig, proxy);
  call.more = {"--max-wait", "10s"};
  const auto pushed = rig.push(call);
  INFO(pushed.run.err);
  CHECK(pushed.run.exit.code == 4);
  CHECK(says(pushed, "run again after 20"));
  CHECK(says(pushed, "Z (in 1h"));
  CHECK_FALSE(rig.repository("shop").tag("1"));
  CHECK(rig.repository("shop").unfinished_uploads() == 0);
}

TEST_CASE("a token that ends in the middle of a push is replaced, and goes to its registry alone") {
  const Rig rig;
  TokenGate gate("pull,push", 4);
  FaultProxy proxy(rig.registry.address(), [&gate](const PassingRequest& request) {
    return gate.refusal(request).value_or(Fault{});
  });
  std::atomic<int> strays{0};
  FaultProxy base(rig.elsewhere.address(), [&strays](const PassingRequest& request) {
    if (!request.header("Authorization").empty()) ++strays;
    return Fault{};
  });
  PushCall call = logged_in(to(rig, proxy));
  call.base = rig.base_of(base.authority());
  const auto pushed = rig.push(call);
  INFO(pushed.run.err);
  CHECK(pushed.run.exit.ok());
  CHECK(gate.tokens() > 2);
  CHECK(strays == 0);
  CHECK(is_whole(rig));
}

TEST_CASE("a token without the right to push ends the push, saying what is missing and for whom") {
  const Rig rig;
  TokenGate gate("pull");
  FaultProxy proxy(rig.registry.address(), [&gate](const PassingRequest& request) {
    const bool writes = request.method() != "GET" && request.method() != "HEAD";
    return gate.refusal(request, writes ? "insufficient_scope" : "").value_or(Fault{});
  });
  const auto pushed = rig.push(logged_in(to(rig, proxy)));
  INFO(pushed.run.err);
  CHECK(pushed.run.exit.code == 3);
  CHECK(error_line(pushed.run).find("push ") == 0);
  CHECK(error_line(pushed.run)
            .ends_with(" to " + proxy.authority() +
                       "/shop: 401 unauthorized: authentication required"));
  CHECK(says(pushed,
             "ci (from REGISTRY_PASSWORD) lacks push on shop; its token grants pull on shop"));
  CHECK(proxy.body_bytes() < 100'000);
}

TEST_CASE("who may push and not pull can push, whichever way the registry refuses to tell") {
  for (const std::string error : {"", "insufficient_scope"}) {
    CAPTURE(error);
    const Rig rig;
    TokenGate gate("push");
    FaultProxy proxy(rig.registry.address(), [&](const PassingRequest& request) {
      const bool reads = request.method() == "GET" || request.method() == "HEAD";
      if (error.empty() && reads) {
        return answer_of(403, {}, R"({"errors":[{"code":"DENIED","message":"no pull"}]})");
      }
      return gate.refusal(request, reads ? error : "").value_or(Fault{});
    });
    const auto pushed = rig.push(logged_in(to(rig, proxy)));
    INFO(pushed.run.err);
    CHECK(pushed.run.exit.ok());
    CHECK(is_whole(rig));
  }
}

TEST_CASE("a registry that refuses the push, is full or stores something else says so, once") {
  struct Case {
    std::string method;
    Fault fault;
    int code;
    std::string line;  // its end
    std::string hint;
  };
  const std::string denied =
      R"({"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]})";
  const std::string full = R"({"errors":[{"code":"UNKNOWN","message":"unknown error",)"
                           R"("detail":"write /data/1: no space left on device"}]})";
  const std::string other = "sha256:" + std::string(64, '1');
  const std::vector<Case> cases{
      {"POST", answer_of(403, {}, denied), 1,
       "/shop: 403 denied: requested access to the resource is denied",
       "ci (from REGISTRY_PASSWORD) may not pull and push on shop; check its rights at "},
      {"PUT", answer_of(500, {}, full), 1,
       "/shop: 500 unknown: unknown error: write /data/1: no "
       "space left on device",
       "free space at the registry"},
      {"PUT", answer_of(507), 1, "/shop: 507", "free space at the registry"},
      {"PUT", answer_of(201, {{"Docker-Content-Digest", other}}), 7, "",
       "do not deploy this image"},
      {"PUT", answer_of(400, {}, R"({"errors":[{"code":"DIGEST_INVALID","message":"no match"}]})"),
       7, "/shop: 400 digest_invalid: no match", ""}};
  for (const Case& each : cases) {
    CAPTURE(each.line);
    const Rig rig;
    FaultProxy proxy(rig.registry.address(), [&each](const PassingRequest& request) {
      return request.method() == each.method ? each.fault : Fault{};
    });
    const auto pushed = rig.push(logged_in(to(rig, proxy)));
    INFO(pushed.run.err);
    CHECK(pushed.run.exit.code == each.code);
    CHECK(error_line(pushed.run).starts_with("push "));
    CHECK(error_line(pushed.run).find(each.line) != std::string::npos);
    CHECK(says(pushed, each.hint));
    CHECK_FALSE(rig.repository("shop").tag("1"));
    CHECK(rig.repository("shop").unfinished_uploads() == 0);
    CHECK(proxy.requests() < 30);
  }
}

TEST_CASE("credentials follow neither a download nor an upload to another host") {
  const Rig rig;
  const std::string basic = "Basic " + text::base64("ci:right horse");
  std::atomic<int> strays{0};
  const FaultProxy::Plan watched = [&strays](const PassingRequest& request) {
    if (!request.header("Authorization").empty()) ++strays;
    return Fault{};
  };
  FaultProxy uploads(rig.registry.address(), watched);
  FaultProxy downloads(rig.elsewhere.address(), watched);
  const auto login = [&basic](const PassingRequest& request) {
    return request.header("Authorization") == basic;
  };
  const Fault who = answer_of(401, {{"WWW-Authenticate", "Basic realm=\"test\""}});

  timing::SystemClock clock;
  http::Client client(clock, {});
  FaultProxy registry(rig.registry.address(), [&](const PassingRequest& request) {
    if (!login(request)) return who;
    if (request.method() != "POST") return Fault{};
    const auto opened = client.send_once(
        {.method = "POST", .url = "http://" + rig.registry.address() + "/v2/shop/blobs/uploads/"});
    const auto location = http::parse_url(opened.headers.find("Location").value());
    return answer_of(202, {{"Location", uploads.url() + location.path + '?' + location.query}});
  });
  FaultProxy base(rig.elsewhere.address(), [&](const PassingRequest& request) {
    if (!login(request)) return who;
    if (request.target().find("/blobs/") == std::string::npos) return Fault{};
    return answer_of(307, {{"Location", downloads.url() + request.target()}});
  });
  PushCall call = to(rig, registry);
  call.base = rig.base_of(base.authority());
  call.environment["DOCKER_AUTH_CONFIG"] =
      fmt::format(R"({{"auths":{{"{0}":{{"auth":"{2}"}},"{1}":{{"auth":"{2}"}}}}}})",
                  registry.authority(), base.authority(), text::base64("ci:right horse"));

  const auto pushed = rig.push(call);
  INFO(pushed.run.err);
  CHECK(pushed.run.exit.ok());
  CHECK(is_whole(rig));
  CHECK(uploads.requests() > 3);
  CHECK(downloads.requests() > 1);
  CHECK(strays == 0);
}
