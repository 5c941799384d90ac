// SPDX-License-Identifier: Apache-2.0
#include "http/client.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <chrono>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/build_info.hpp"
#include "base/error.hpp"
#include "support/error_of.hpp"
#include "support/fake_clock.hpp"
#include "support/scripted_server.hpp"

using namespace std::chrono_literals;
using http::Repeat;
using support::answer;
using support::error_of;
using support::ScriptedServer;
using support::Step;
using After = support::Step::After;

namespace {

// A client whose waits cost no time.
struct Setup {
  support::FakeClock clock;
  std::stop_source stop;
  http::Client client;

  explicit Setup(http::ClientOptions options = {}) : client(clock, stop.get_token(), std::move(options)) {}
};

http::Request post(const std::string& url, Repeat repeat, std::string body = "{}") {
  return {.method = "POST", .url = url, .body = http::body_of(std::move(body)), .repeat = repeat};
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST_CASE("a request arrives as described and its answer comes back whole") {
  ScriptedServer server({answer(201, "made", {{"X-One", "1"}, {"x-one", " 2 "}, {"Empty", ""}})});
  Setup setup;

  const auto response = setup.client.send({.method = "PUT",
                                           .url = server.url("/v2/../a%2Fb?x=1&y="),
                                           .headers = {{"X-Token", "t"}, {"X-Empty", ""}},
                                           .body = http::body_of("hello")});

  CHECK(response.status == 201);
  CHECK(response.body == "made");
  CHECK(response.headers.all("X-ONE") == std::vector<std::string>{"1", "2"});
  CHECK(response.headers.find("empty") == "");
  const auto seen = server.requests().at(0);
  CHECK(seen.method == "PUT");
  CHECK(seen.target == "/v2/../a%2Fb?x=1&y=");
  CHECK(seen.body == "hello");
  CHECK(seen.headers.at("content-length") == "5");
  CHECK(seen.headers.at("x-token") == "t");
  CHECK(seen.headers.at("x-empty").empty());
  CHECK(seen.headers.at("user-agent") == base::user_agent());
  CHECK(seen.headers.at("host") == "127.0.0.1:" + std::to_string(server.port()));
  CHECK_FALSE(seen.headers.contains("expect"));
  CHECK(setup.client.requests_sent() == 1);
}

TEST_CASE("every method is sent under its name, with a length where one is due") {
  for (const std::string method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}) {
    CAPTURE(method);
    // A HEAD has no body however long its answer says it is.
    ScriptedServer server({method == "HEAD" ? Step{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"}
                                            : answer(200, "12345")});
    Setup setup;
    const auto response = setup.client.send({.method = method, .url = server.url()});
    CHECK(response.status == 200);
    CHECK(response.body == (method == "HEAD" ? "" : "12345"));
    const auto seen = server.requests().at(0);
    CHECK(seen.method == method);
    const bool has_length = seen.headers.contains("content-length");
    CHECK(has_length == (method != "GET" && method != "HEAD"));
    // S3 stores an invented type as the object's.
    CHECK_FALSE(seen.headers.contains("content-type"));
  }
}

TEST_CASE("a body has the type the caller gave and no other") {
  ScriptedServer server({answer(200), answer(200)});
  Setup setup;
  setup.client.send({.method = "POST",
                     .url = server.url(),
                     .headers = {{"Content-Type", "application/x-amz-json-1.1"}},
                     .body = http::body_of("{}")});
  setup.client.send({.method = "POST", .url = server.url(), .headers = {{"content-type", "a/b"}}});
  CHECK(server.requests().at(0).headers.at("content-type") == "application/x-amz-json-1.1");
  CHECK(server.requests().at(1).headers.at("content-type") == "a/b");
}

TEST_CASE("requests one after another share a connection") {
  ScriptedServer server({answer(200, "a"), answer(404, "b"), support::chunked_answer({"c", "d"}), answer(204)});
  Setup setup;
  for (int i = 0; i < 4; ++i) setup.client.send({.url = server.url()});
  CHECK(server.requests().size() == 4);
  CHECK(server.connections() == 1);
}

TEST_CASE("a kept connection that the server closed meanwhile is replaced without an attempt") {
  ScriptedServer server({Step{answer(200, "a").bytes, After::close}, answer(200, "b")});
  Setup setup;
  setup.client.send({.url = server.url()});

  CHECK(setup.client.send(post(server.url(), Repeat::safe)).body == "b");

  CHECK(setup.client.requests_sent() == 2);
  CHECK(setup.clock.slept() == 0ms);
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
      {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha", After::close}, "a chunk cut short"},
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

  const auto response = setup.client.send(
      post(server.url(), Repeat::unsafe),
      {.before_attempt = [&](http::Request&) { if (++attempts == 2) server.start(); }});

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
            .send({.url = server.url()},
                  {.judge = [](const http::Response& response) {
                    return response.body == "<Error>" ? http::Verdict::transient : http::Verdict::keep;
                  }})
            .body == "<Done>");

  ScriptedServer busy({answer(503), answer(200)});
  CHECK(Setup()
            .client
            .send({.url = busy.url()}, {.judge = [](const http::Response&) { return http::Verdict::keep; }})
            .status == 503);
}

TEST_CASE("a body is read again from its beginning for every attempt") {
  std::string bytes(300'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>('a' + i % 26);
  ScriptedServer server({Step{.bytes = answer(503).bytes, .after = After::close, .before_body = true},
                         {.bytes = "", .after = After::reset, .before_body = true},
                         answer(200)});
  Setup setup;

  const auto response = setup.client.send({.method = "PUT", .url = server.url(), .body = http::body_of(bytes)});

  CHECK(response.status == 200);
  CHECK(server.requests().at(2).body == bytes);
  CHECK(server.requests().at(2).headers.at("content-length") == "300000");
}

TEST_CASE("a body that ends before its size is a failure at once and not a wait for the server") {
  ScriptedServer server({answer(200)});
  Setup setup;
  http::Body body = http::body_of("only ten b");
  body.size = 1'000;

  const auto error = error_of([&] {
    setup.client.send({.method = "PUT", .url = server.url(), .body = body});
  });

  CHECK(error.kind() == base::Kind::refused);
  CHECK(error.message() == "PUT " + server.url() + ": the body ended after 10 of 1000 bytes");
  CHECK(setup.client.requests_sent() == 1);
}

TEST_CASE("an exception of a body comes out as it is") {
  ScriptedServer server({answer(200)});
  Setup setup;
  const http::Body body{10, [](std::uint64_t, std::span<char>) -> std::size_t {
                          throw base::Error(base::Kind::integrity, "read app.jar: it changed");
                        }};
  const auto error = error_of([&] {
    setup.client.send({.method = "PUT", .url = server.url(), .body = body});
  });
  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message() == "read app.jar: it changed");
}

TEST_CASE("an answer of the cap is taken, one byte more is refused, chunked or not") {
  const std::string body(1'000, 'x');
  for (const auto& step : {answer(200, body), support::chunked_answer({body.substr(0, 600), body.substr(600)})}) {
    {
      ScriptedServer server({step});
      CHECK(Setup().client.send({.url = server.url(), .response_cap = 1'000}).body == body);
    }
    ScriptedServer server({step, answer(200)});
    const auto error =
        error_of([&] { Setup().client.send({.url = server.url(), .response_cap = 999}); });
    CHECK(error.kind() == base::Kind::refused);
    CHECK(error.message() == "GET " + server.url() + ": an answer of more than 999 bytes");
    CHECK(server.requests().size() == 1);
  }
}

TEST_CASE("an endless answer ends at the cap") {
  ScriptedServer server({support::chunked_answer(std::vector<std::string>(200, std::string(65'536, 'x')))});
  const auto error = error_of([&] { Setup().client.send({.url = server.url()}); });
  CHECK(error.kind() == base::Kind::refused);
}

TEST_CASE("too much header is refused at once, in many fields, in one, or in interim answers") {
  std::string many;
  for (int i = 0; i < 2'000; ++i) many += "X-Field-" + std::to_string(i) + ": " + std::string(40, 'x') + "\r\n";
  std::string interim;
  for (int i = 0; i < 4'000; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  for (const auto& bytes : {"HTTP/1.1 200 OK\r\n" + many + "\r\n",
                            "HTTP/1.1 200 OK\r\nX-Long: " + std::string(300'000, 'x') + "\r\n\r\n",
                            interim + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
    CAPTURE(bytes.substr(0, 40));
    ScriptedServer server({Step{bytes}, answer(200)});
    const auto error = error_of([&] { Setup().client.send({.url = server.url()}); });
    CHECK(error.kind() == base::Kind::refused);
    CHECK(server.requests().size() == 1);
  }
}

TEST_CASE("an interim answer is no answer") {
  ScriptedServer server({Step{"HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n" + answer(200, "real").bytes}});
  const auto response = Setup().client.send({.url = server.url()});
  CHECK(response.status == 200);
  CHECK(response.body == "real");
  CHECK_FALSE(response.headers.find("X-Interim"));
}

TEST_CASE("a truncated answer is never taken for a whole one") {
  const Step truncated{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", After::close};
  ScriptedServer server({truncated, truncated, truncated});
  Setup setup;
  CHECK(error_of([&] { setup.client.send({.url = server.url()}); }).kind() == base::Kind::unavailable);
  CHECK(server.requests().size() == 3);
}

TEST_CASE("what is no HTTP is no answer") {
  for (const std::string bytes : {"garbage\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "SSH-2.0-OpenSSH\r\n"}) {
    CAPTURE(bytes);
    const Step step{bytes, After::close};
    ScriptedServer server({step, step, step});
    const auto kind = error_of([&] { Setup().client.send({.url = server.url()}); }).kind();
    CHECK((kind == base::Kind::unavailable || kind == base::Kind::refused));
  }
}

TEST_CASE("a redirect is an answer and not followed") {
  ScriptedServer elsewhere({answer(200)});
  ScriptedServer server({answer(307, "", {{"Location", elsewhere.url()}})});
  const auto response = Setup().client.send(
      {.url = server.url(), .headers = {{"X-Amz-Security-Token", "secret"}}});
  CHECK(response.status == 307);
  CHECK(response.headers.find("Location") == elsewhere.url());
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("a sink takes the bytes of a success, and hears of it when they begin anew") {
  ScriptedServer server({answer(503, "busy"),
                         {"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf", After::close},
                         answer(200, "complete")});
  Setup setup;
  std::string taken;
  std::vector<std::string> thrown_away;

  const auto response = setup.client.send(
      {.url = server.url(),
       .sink = [&](std::span<const std::byte> bytes) { taken += text_of(bytes); },
       .restart = [&] {
         thrown_away.push_back(taken);
         taken.clear();
       }});

  CHECK(response.status == 200);
  CHECK(response.body.empty());
  CHECK(taken == "complete");
  CHECK(thrown_away == std::vector<std::string>{"", "half"});
}

TEST_CASE("a sink gets nothing of a failure, whose body is for the message") {
  ScriptedServer server({answer(404, "no such key")});
  std::string taken;
  const auto response = Setup().client.send(
      {.url = server.url(), .sink = [&](std::span<const std::byte> bytes) { taken += text_of(bytes); }});
  CHECK(response.body == "no such key");
  CHECK(taken.empty());
}

TEST_CASE("an exception of a sink comes out as it is") {
  ScriptedServer server({answer(200, "bytes")});
  CHECK_THROWS_AS(Setup().client.send({.url = server.url(),
                                       .sink = [](std::span<const std::byte>) {
                                         throw std::length_error("disk full");
                                       }}),
                  std::length_error);
}

TEST_CASE("a stop ends a hanging transfer at once") {
  struct Case {
    Step step;
    std::string what;
  };
  const Case cases[] = {
      {{"", After::silence}, "no answer"},
      {{"HTTP/1.1 200 OK\r\n", After::silence}, "half a header"},
      {{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", After::silence}, "half a body"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    ScriptedServer server({c.step, answer(200)});
    Setup setup;
    const std::jthread stopper([&] {
      server.wait_for_requests(1);
      setup.stop.request_stop();
    });
    const auto start = std::chrono::steady_clock::now();

    const auto error = error_of([&] { setup.client.send({.url = server.url()}); });

    CHECK(std::chrono::steady_clock::now() - start < 10s);
    CHECK(error.kind() == base::Kind::unavailable);
    CHECK(error.message() == "GET " + server.url() + ": interrupted");
    CHECK(server.requests().size() == 1);
  }
}

TEST_CASE("after the stop nothing is sent") {
  ScriptedServer server({answer(200)});
  Setup setup;
  setup.stop.request_stop();
  CHECK(error_of([&] { setup.client.send({.url = server.url()}); }).kind() == base::Kind::unavailable);
  CHECK(server.connections() == 0);
}

TEST_CASE("a transfer that stands still is broken off") {
  // libcurl measures over five seconds, so that is what this takes.
  ScriptedServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", After::silence}});
  Setup setup({.stall = 1s, .attempts = 1});
  const auto start = std::chrono::steady_clock::now();
  CHECK(error_of([&] { setup.client.send({.url = server.url()}); }).kind() == base::Kind::unavailable);
  CHECK(std::chrono::steady_clock::now() - start < 10s);
}

TEST_CASE("an attempt ends at its total time when it has one") {
  ScriptedServer server({{"", After::silence}, answer(200, "second")});
  Setup setup({.total = 200ms});
  CHECK(setup.client.send({.url = server.url()}).body == "second");
}

TEST_CASE("plain http beyond this machine is refused before anything is looked up or sent") {
  Setup setup;
  for (const std::string url : {"http://registry.invalid/v2/", "http://10.255.255.1/", "http://127.0.0.1.evil.invalid/"}) {
    CAPTURE(url);
    const auto error = error_of([&] { setup.client.send({.url = url}); });
    CHECK(error.kind() == base::Kind::integrity);
    CHECK(error.message().ends_with(": plain http beyond this machine"));
  }
  CHECK(setup.client.requests_sent() == 0);
}

TEST_CASE("plain http is allowed to the hosts that were named, with or without a port") {
  for (const std::string named : {"registry.invalid", "registry.invalid:5000"}) {
    Setup setup({.plain_http_hosts = {named}, .attempts = 1});
    const auto error = error_of([&] { setup.client.send({.url = "http://registry.invalid:5000/"}); });
    CHECK(error.kind() == base::Kind::unavailable);  // let through, and no such host
  }
}

TEST_CASE("a request to this machine does not go through the proxy of the environment") {
  ScriptedServer proxy({answer(200, "from the proxy")});
  ScriptedServer server({answer(200, "from the server")});
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  ::setenv("all_proxy", proxy.url().c_str(), 1);

  const auto response = Setup().client.send({.url = server.url()});

  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  CHECK(response.body == "from the server");
  CHECK(proxy.connections() == 0);
}

TEST_CASE("what is no address of ours is a usage error") {
  CHECK(error_of([] { Setup().client.send({.url = "file:///etc/passwd"}); }).kind() == base::Kind::usage);
}

TEST_CASE("a line break in a header field is never sent") {
  ScriptedServer server({answer(200)});
  const auto error = error_of([&] {
    Setup().client.send({.url = server.url(), .headers = {{"X-A", "b\r\nX-Evil: 1"}}});
  });
  CHECK(error.kind() == base::Kind::internal);
  CHECK(server.requests().empty());
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

TEST_CASE("the transfers of several threads run at the same time") {
  // Each of the three is answered only when all three have arrived.
  ScriptedServer server({{"", After::silence}, {"", After::silence}, {"", After::silence}});
  Setup setup;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        CHECK(error_of([&] { setup.client.send({.url = server.url()}); }).kind() == base::Kind::unavailable);
      });
    }
    CHECK(server.wait_for_requests(3));
    setup.stop.request_stop();
  }
  CHECK(server.connections() == 3);
}
