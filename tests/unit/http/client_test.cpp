// SPDX-License-Identifier: Apache-2.0
#include "http/client.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <chrono>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/build_info.hpp"
#include "base/error.hpp"
#include "client_setup.hpp"
#include "support/answering_server.hpp"
#include "support/error_of.hpp"
#include "support/scripted_server.hpp"
#include "timing/clock.hpp"

using namespace std::chrono_literals;
using support::answer;
using support::error_of;
using support::ScriptedServer;
using support::Step;
using After = support::Step::After;
using Setup = ClientSetup;

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
  ScriptedServer server(
      {answer(200, "a"), answer(404, "b"), support::chunked_answer({"c", "d"}), answer(204)});
  Setup setup;
  for (int i = 0; i < 4; ++i) setup.client.send({.url = server.url()});
  CHECK(server.requests().size() == 4);
  CHECK(server.connections() == 1);
}

TEST_CASE("a body that ends before its size is a failure at once and not a wait for the server") {
  ScriptedServer server({answer(200)});
  Setup setup;
  http::Body body = http::body_of("only ten b");
  body.size = 1'000;

  const auto error =
      error_of([&] { setup.client.send({.method = "PUT", .url = server.url(), .body = body}); });

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
  const auto error =
      error_of([&] { setup.client.send({.method = "PUT", .url = server.url(), .body = body}); });
  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message() == "read app.jar: it changed");
}

TEST_CASE("an answer of the cap is taken, one byte more is refused, chunked or not") {
  const std::string body(1'000, 'x');
  for (const auto& step :
       {answer(200, body), support::chunked_answer({body.substr(0, 600), body.substr(600)})}) {
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
  ScriptedServer server(
      {support::chunked_answer(std::vector<std::string>(200, std::string(65'536, 'x')))});
  const auto error = error_of([&] { Setup().client.send({.url = server.url()}); });
  CHECK(error.kind() == base::Kind::refused);
}

TEST_CASE("too much header is refused at once, in many fields, in one, or in interim answers") {
  std::string many;
  for (int i = 0; i < 2'000; ++i)
    many += "X-Field-" + std::to_string(i) + ": " + std::string(40, 'x') + "\r\n";
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
  ScriptedServer server(
      {Step{"HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n" + answer(200, "real").bytes}});
  const auto response = Setup().client.send({.url = server.url()});
  CHECK(response.status == 200);
  CHECK(response.body == "real");
  CHECK_FALSE(response.headers.find("X-Interim"));
}

TEST_CASE("a truncated answer is never taken for a whole one") {
  const Step truncated{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", After::close};
  ScriptedServer server({truncated, truncated, truncated});
  Setup setup;
  CHECK(error_of([&] { setup.client.send({.url = server.url()}); }).kind() ==
        base::Kind::unavailable);
  CHECK(server.requests().size() == 3);
}

TEST_CASE("what is no HTTP is no answer") {
  for (const std::string bytes :
       {"garbage\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "SSH-2.0-OpenSSH\r\n"}) {
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
  const auto response =
      Setup().client.send({.url = server.url(), .headers = {{"X-Amz-Security-Token", "secret"}}});
  CHECK(response.status == 307);
  CHECK(response.headers.find("Location") == elsewhere.url());
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("a sink gets nothing of a failure, whose body is for the message") {
  ScriptedServer server({answer(404, "no such key")});
  std::string taken;
  const auto response =
      Setup().client.send({.url = server.url(), .sink = [&](std::span<const std::byte> bytes) {
                             taken += text_of(bytes);
                           }});
  CHECK(response.body == "no such key");
  CHECK(taken.empty());
}

TEST_CASE("an exception of a sink comes out as it is") {
  ScriptedServer server({answer(200, "bytes")});
  CHECK_THROWS_AS(
      Setup().client.send(
          {.url = server.url(),
           .sink = [](std::span<const std::byte>) { throw std::length_error("disk full"); }}),
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

TEST_CASE("a stop leaves a request that opens something a moment for its answer, and no more") {
  for (const bool answers : {true, false}) {
    CAPTURE(answers);
    std::stop_source stop;
    support::AnsweringServer server([&](const support::ServedRequest&) {
      stop.request_stop();
      return support::ServedAnswer{.status = answers ? 202 : 0};
    });
    timing::SystemClock clock;
    http::Client client(clock, stop.get_token());
    const auto attempt = client.try_once(
        {.method = "POST", .url = "http://" + server.authority() + "/", .after_stop = 20s});
    CHECK(attempt.response.has_value() == answers);
    CHECK(attempt.stopped == !answers);
    CHECK(
        client.try_once({.url = "http://" + server.authority() + "/", .after_stop = 20s}).stopped);
    CHECK(server.requests().size() == 1);
  }
}

TEST_CASE("after the stop nothing is sent") {
  ScriptedServer server({answer(200)});
  Setup setup;
  setup.stop.request_stop();
  CHECK(error_of([&] { setup.client.send({.url = server.url()}); }).kind() ==
        base::Kind::unavailable);
  CHECK(server.connections() == 0);
}

TEST_CASE("a transfer that stands still is broken off") {
  // libcurl measures over five seconds, so that is what this takes.
  ScriptedServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", After::silence}});
  Setup setup({.stall = 1s, .attempts = 1});
  const auto start = std::chrono::steady_clock::now();
  CHECK(error_of([&] { setup.client.send({.url = server.url()}); }).kind() ==
        base::Kind::unavailable);
  CHECK(std::chrono::steady_clock::now() - start < 10s);
}

TEST_CASE("an attempt ends at its total time when it has one") {
  ScriptedServer server({{"", After::silence}, answer(200, "second")});
  Setup setup({.total = 200ms});
  CHECK(setup.client.send({.url = server.url()}).body == "second");
}

TEST_CASE("plain http beyond this machine is refused before anything is looked up or sent") {
  Setup setup;
  for (const std::string url :
       {"http://registry.invalid/v2/", "http://10.255.255.1/", "http://127.0.0.1.evil.invalid/"}) {
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
    const auto error =
        error_of([&] { setup.client.send({.url = "http://registry.invalid:5000/"}); });
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
  CHECK(error_of([] { Setup().client.send({.url = "file:///etc/passwd"}); }).kind() ==
        base::Kind::usage);
}

TEST_CASE("a line break in a header field is never sent") {
  ScriptedServer server({answer(200)});
  const auto error = error_of([&] {
    Setup().client.send({.url = server.url(), .headers = {{"X-A", "b\r\nX-Evil: 1"}}});
  });
  CHECK(error.kind() == base::Kind::internal);
  CHECK(server.requests().empty());
}

TEST_CASE("the transfers of several threads run at the same time") {
  // Each of the three is answered only when all three have arrived.
  ScriptedServer server({{"", After::silence}, {"", After::silence}, {"", After::silence}});
  Setup setup;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        CHECK(error_of([&] { setup.client.send({.url = server.url()}); }).kind() ==
              base::Kind::unavailable);
      });
    }
    CHECK(server.wait_for_requests(3));
    setup.stop.request_stop();
  }
  CHECK(server.connections() == 3);
}
