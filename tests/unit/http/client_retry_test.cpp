// SPDX-License-Identifier: Apache-2.0
//
// What http::Client tries again, and what it never does.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <barrier>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "client_setup.hpp"
#include "file/unique_fd.hpp"
#include "http/client.hpp"
#include "support/error_of.hpp"
#include "support/scripted_server.hpp"

using namespace std::chrono_literals;
using http::Repeat;
using support::answer;
using support::error_of;
using support::ScriptedServer;
using support::Step;
using After = support::Step::After;
using Setup = ClientSetup;

namespace {

http::Request post(const std::string& url, Repeat repeat, std::string body = "{}") {
  return {.method = "POST", .url = url, .body = http::body_of(std::move(body)), .repeat = repeat};
}

}  // namespace

TEST_CASE("a kept connection that the server closed meanwhile is replaced without an attempt") {
  ScriptedServer server({Step{answer(200, "a").bytes, After::close}, answer(200, "b")});
  Setup setup;
  setup.client.send({.url = server.url()});

  CHECK(setup.client.send(post(server.url(), Repeat::safe)).body == "b");

  CHECK(setup.client.requests_sent() == 2);
  CHECK(setup.clock.slept() == 0ms);
}

TEST_CASE("a kept connection that dies while it is used is replaced at once, free of quota") {
  const std::string bytes(3'000'000, 'b');
  ScriptedServer server({answer(200, "a"),
                         {.bytes = "", .after = After::reset, .before_body = true},
                         answer(200, "b")});
  Setup setup({.attempts = 1});
  setup.client.send({.url = server.url()});

  const auto response = setup.client.send(
      {.method = "PUT", .url = server.url(), .body = http::body_of(bytes), .repeat = Repeat::safe});

  CHECK(response.body == "b");
  CHECK(server.requests().back().body == bytes);
  CHECK(setup.client.requests_sent() == 2);
  CHECK(setup.clock.slept() == 0ms);
}

TEST_CASE("a new connection that dies is an attempt") {
  ScriptedServer server({{.bytes = "", .after = After::reset}, answer(200)});
  Setup setup({.attempts = 1});
  CHECK(error_of([&] { setup.client.send({.url = server.url()}); }).kind() ==
        base::Kind::unavailable);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("what the judge has mended is sent again at once, whatever the attempts and the method") {
  ScriptedServer server({answer(403, "clock"), answer(503), answer(200, "done")});
  Setup setup({.attempts = 2});
  int prepared = 0;

  const auto response = setup.client.send(
      post(server.url(), Repeat::unsafe),
      {.before_attempt = [&](http::Request&) { ++prepared; },
       .judge =
           [](const http::Response& each) {
             if (each.status == 403) return http::Verdict::mended;
             return each.status == 503 ? http::Verdict::throttled : http::Verdict::keep;
           }});

  CHECK(response.body == "done");
  CHECK(prepared == 3);
}

TEST_CASE("as many connections are kept as transfers ran at once") {
  constexpr int lanes = 8;
  ScriptedServer server(std::vector<Step>(3 * lanes, answer(200)));
  Setup setup;
  for (int round = 0; round < 3; ++round) {
    // All eight hold their connection until the last one has arrived.
    std::barrier together(lanes);
    std::vector<std::jthread> threads;
    for (int i = 0; i < lanes; ++i) {
      threads.emplace_back([&] {
        http::Body body{.size = 1, .read = [&](std::uint64_t, std::span<char> buffer) {
                          together.arrive_and_wait();
                          buffer.front() = 'x';
                          return std::size_t{1};
                        }};
        setup.client.send({.method = "PUT", .url = server.url(), .body = body});
      });
    }
  }
  CHECK(server.requests().size() == 3 * lanes);
  CHECK(server.connections() == lanes);
}

TEST_CASE("two 503 and then a 200 are one success, with waits inside the jitter's bounds") {
  ScriptedServer server({answer(503), answer(503), answer(200, "done")});
  Setup setup;

  CHECK(setup.client.send({.url = server.url()}).body == "done");

  CHECK(server.requests().size() == 3);
  CHECK(setup.client.requests_sent() == 3);
  CHECK(setup.clock.slept() <= 150ms);  // [0, 50] and [0, 100]
}

TEST_CASE("after the last attempt the answer is the caller's, whatever it is") {
  ScriptedServer server({answer(500, "a"), answer(502, "b"), answer(503, "c"), answer(200, "d")});
  Setup setup;
  const auto response = setup.client.send({.url = server.url()});
  CHECK(response.status == 503);
  CHECK(response.body == "c");
  CHECK(server.requests().size() == 3);
}

TEST_CASE("a refusal is one attempt") {
  for (const int status : {400, 401, 403, 404, 409, 412, 501}) {
    CAPTURE(status);
    ScriptedServer server({answer(status), answer(200)});
    Setup setup;
    CHECK(setup.client.send({.url = server.url()}).status == status);
    CHECK(server.requests().size() == 1);
  }
}

TEST_CASE("a server's hint is honoured within its limits") {
  struct Case {
    int status;
    std::string name;
    std::string value;
    std::chrono::milliseconds least;
    std::chrono::milliseconds most;
  };
  const Case cases[] = {
      {503, "Retry-After", "1", 1s, 1s},
      {503, "x-amz-retry-after", "700", 700ms, 700ms},
      {503, "Retry-After", "1000000000", 5s, 5s + 50ms},
      {503, "Retry-After", "-1", 0ms, 50ms},
      {503, "Retry-After", "soon", 0ms, 50ms},
      {503, "Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT", 5s, 5s + 50ms},
      {429, "Retry-After", "2", 2s, 2s},
      {429, "Date", "x", 0ms, 1s},
  };
  for (const auto& c : cases) {
    CAPTURE(c.value);
    ScriptedServer server({answer(c.status, "", {{c.name, c.value}}), answer(200)});
    Setup setup;
    CHECK(setup.client.send({.url = server.url()}).status == 200);
    CHECK(setup.clock.slept() >= c.least);
    CHECK(setup.clock.slept() <= c.most);
  }
}

TEST_CASE("an unsafe request is not repeated when nobody knows whether it arrived") {
  struct Case {
    Step step;
    std::string what;
  };
  const Case cases[] = {
      {{"", After::close}, "closed without an answer"},
      {{"", After::reset}, "reset without an answer"},
      {{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", After::close}, "cut short"},
      {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha", After::close},
       "a chunk cut short"},
      {{"HTTP/1.1 200 OK\r\nContent-", After::close}, "a header cut short"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    {
      ScriptedServer server({c.step, answer(200)});
      Setup setup;
      const auto error = error_of([&] { setup.client.send(post(server.url(), Repeat::unsafe)); });
      CHECK(error.kind() == base::Kind::unavailable);
      CHECK(error.message().starts_with("POST " + server.url() + ": "));
      CHECK(server.requests().size() == 1);
    }
    ScriptedServer server({c.step, answer(200, "second")});
    Setup setup;
    CHECK(setup.client.send(post(server.url(), Repeat::safe)).body == "second");
    CHECK(server.requests().size() == 2);
  }
}

TEST_CASE("an unsafe request is not repeated behind our back on a kept connection that dies") {
  ScriptedServer server({answer(200), {"", After::close}, answer(200)});
  Setup setup;
  setup.client.send({.url = server.url()});

  CHECK(error_of([&] { setup.client.send(post(server.url(), Repeat::unsafe)); }).kind() ==
        base::Kind::unavailable);

  CHECK(server.requests().size() == 2);
}

TEST_CASE("an unsafe request that was answered with 503 is not repeated, with 429 it is") {
  ScriptedServer busy({answer(503), answer(200)});
  CHECK(Setup().client.send(post(busy.url(), Repeat::unsafe)).status == 503);
  CHECK(busy.requests().size() == 1);

  ScriptedServer throttling({answer(429), answer(200)});
  CHECK(Setup().client.send(post(throttling.url(), Repeat::unsafe)).status == 200);
}

TEST_CASE("an unsafe request whose connection was refused is tried again") {
  ScriptedServer server({answer(200, "up")}, ScriptedServer::Start::later);
  Setup setup;
  int attempts = 0;

  const auto response =
      setup.client.send(post(server.url(), Repeat::unsafe), {.before_attempt = [&](http::Request&) {
                          if (++attempts == 2) server.start();
                        }});

  CHECK(response.body == "up");
  CHECK(attempts == 2);
}

TEST_CASE("an unsafe request that never got a connection in time is tried again") {
  // A full queue of connections nobody accepts: the kernel leaves the next one waiting.
  const file::UniqueFd queue(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(queue.get(), generic, size) == 0);
  REQUIRE(::listen(queue.get(), 0) == 0);
  REQUIRE(::getsockname(queue.get(), generic, &size) == 0);
  const file::UniqueFd waiting(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(waiting.get(), generic, size) == 0);
  const auto url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  Setup setup({.connect_timeout = 100ms});

  const auto error = error_of([&] { setup.client.send(post(url, Repeat::unsafe)); });

  CHECK(error.kind() == base::Kind::unavailable);
  CHECK(setup.client.requests_sent() == 3);
}

TEST_CASE("without a server the failure names the address and says that a rerun is safe") {
  ScriptedServer server({}, ScriptedServer::Start::later);
  Setup setup;

  const auto error = error_of([&] { setup.client.send({.url = server.url("/p?token=x")}); });

  CHECK(error.kind() == base::Kind::unavailable);
  CHECK(error.message().starts_with("GET " + server.url("/p?token=…") + ": "));
  CHECK(error.hint() == "check the address and that the server is up; a rerun is safe");
  CHECK(setup.client.requests_sent() == 3);
}

TEST_CASE("what only one attempt may carry is made anew for each") {
  ScriptedServer server({answer(503), answer(503), answer(200)});
  Setup setup;
  int attempt = 0;

  setup.client.send({.url = server.url(), .headers = {{"X-Same", "s"}}},
                    {.before_attempt = [&](http::Request& request) {
                      request.headers.add("X-Attempt", std::to_string(++attempt));
                    }});

  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(server.requests().at(i).headers.at("x-attempt") == std::to_string(i + 1));
    CHECK(server.requests().at(i).headers.at("x-same") == "s");
  }
}

TEST_CASE("a judge may call a 200 transient and a 503 an answer") {
  ScriptedServer server({answer(200, "<Error>"), answer(200, "<Done>")});
  CHECK(Setup()
            .client
            .send({.url = server.url()}, {.judge =
                                              [](const http::Response& response) {
                                                return response.body == "<Error>"
                                                           ? http::Verdict::transient
                                                           : http::Verdict::keep;
                                              }})
            .body == "<Done>");

  ScriptedServer busy({answer(503), answer(200)});
  CHECK(Setup()
            .client
            .send({.url = busy.url()},
                  {.judge = [](const http::Response&) { return http::Verdict::keep; }})
            .status == 503);
}

TEST_CASE("a body is read again from its beginning for every attempt") {
  std::string bytes(300'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>('a' + i % 26);
  ScriptedServer server(
      {Step{.bytes = answer(503).bytes, .after = After::close, .before_body = true},
       {.bytes = "", .after = After::reset, .before_body = true},
       answer(200)});
  Setup setup;

  const auto response =
      setup.client.send({.method = "PUT", .url = server.url(), .body = http::body_of(bytes)});

  CHECK(response.status == 200);
  CHECK(server.requests().at(2).body == bytes);
  CHECK(server.requests().at(2).headers.at("content-length") == "300000");
}

TEST_CASE("a sink takes the bytes of a success, and hears of it when they begin anew") {
  ScriptedServer server({answer(503, "busy"),
                         {"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf", After::close},
                         answer(200, "complete")});
  Setup setup;
  std::string taken;
  std::vector<std::string> thrown_away;

  const auto response =
      setup.client.send({.url = server.url(),
                         .sink = [&](std::span<const std::byte> bytes) { taken += text_of(bytes); },
                         .restart =
                             [&] {
                               thrown_away.push_back(taken);
                               taken.clear();
                             }});

  CHECK(response.status == 200);
  CHECK(response.body.empty());
  CHECK(taken == "complete");
  CHECK(thrown_away == std::vector<std::string>{"", "half"});
}

TEST_CASE("send_once makes one attempt whatever comes") {
  ScriptedServer server({answer(503), answer(200)});
  Setup setup;
  CHECK(setup.client.send_once({.url = server.url()}).status == 503);
  CHECK(setup.client.requests_sent() == 1);

  ScriptedServer closing({{"", After::close}, answer(200)});
  CHECK(error_of([&] { setup.client.send_once({.url = closing.url()}); }).kind() ==
        base::Kind::unavailable);
  CHECK(closing.requests().size() == 1);
}

TEST_CASE("when everything fails the calls of a process together make 35 extra attempts") {
  ScriptedServer server(std::vector<Step>(200, answer(500)));
  Setup setup;
  for (int i = 0; i < 20; ++i) CHECK(setup.client.send({.url = server.url()}).status == 500);
  CHECK(server.requests().size() == 20 + 35);
}
