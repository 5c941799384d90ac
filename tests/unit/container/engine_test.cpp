// SPDX-License-Identifier: Apache-2.0
#include "container/engine.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "base/error.hpp"
#include "container/build_request.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/field.hpp"
#include "support/answering_server.hpp"
#include "support/error_of.hpp"
#include "text/base64.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"

namespace {

using support::ServedAnswer;
using support::ServedRequest;

// An engine of API 1.41 whose other answers are the test's.
class FakeEngine {
 public:
  explicit FakeEngine(std::function<ServedAnswer(const ServedRequest&)> answer)
      : server_([answer = std::move(answer)](const ServedRequest& request) -> ServedAnswer {
          if (request.path != "/_ping") return answer(request);
          return {.headers = {{"Api-Version", "1.41"}}, .body = "OK"};
        }) {}

  container::Engine open() {
    const auto environment = process::environment_of({{"DOCKER_HOST", address()}});
    return container::Engine(container::find_chosen_endpoint(environment).value(), environment,
                             clock_, {});
  }

  std::string address() const { return "tcp://" + server_.authority(); }
  ServedRequest last() const { return server_.requests().back(); }
  std::vector<ServedRequest> requests() const { return server_.requests(); }
  timing::Clock& clock() { return clock_; }

 private:
  timing::SystemClock clock_;
  support::AnsweringServer server_;
};

std::string query_value(const ServedRequest& request, std::string_view name) {
  for (const auto part : text::split(request.query, '&')) {
    const auto pair = text::cut(part, "=");
    if (pair && pair->first == name) return text::find_percent_decoded(pair->second).value_or("");
  }
  return {};
}

}  // namespace

TEST_CASE("the version of an engine is in each path, and names are escaped") {
  FakeEngine fake([](const ServedRequest&) { return ServedAnswer{.status = 404, .body = "{}"}; });
  auto engine = fake.open();
  CHECK(engine.api_version().text() == "1.41");
  CHECK_FALSE(engine.has_image("localhost/a b:1"));
  CHECK(fake.last().path == "/v1.41/images/localhost/a%20b%3A1/json");
  engine.remove_image("gone:1");
  CHECK(fake.last().method == "DELETE");
  CHECK(fake.last().query == "noprune=1");
}

TEST_CASE("an engine's refusal is told in its words") {
  FakeEngine fake([](const ServedRequest&) {
    return ServedAnswer{.status = 409, .body = "{\"message\":\"conflict: it is in use\\n\"}"};
  });
  auto engine = fake.open();
  const auto error = support::error_of([&] { engine.remove_image("shop:1"); });
  CHECK(error.kind() == base::Kind::refused);
  CHECK(error.message() ==
        "remove the image shop:1 (engine at " + fake.address() + "): conflict: it is in use");
}

TEST_CASE("an image is saved whole or not at all") {
  const file::TempDir folder("save");
  bool hangs_up = false;
  FakeEngine fake([&](const ServedRequest& request) -> ServedAnswer {
    if (!request.path.ends_with("/get")) return {.body = "{}"};
    if (hangs_up) return {.status = 0};
    return {.body = "a tar"};
  });
  auto engine = fake.open();
  engine.save_image("shop:1", folder.path() / "one.tar");
  CHECK(file::read(folder.path() / "one.tar") == "a tar");

  hangs_up = true;
  const auto error =
      support::error_of([&] { engine.save_image("shop:1", folder.path() / "two.tar"); });
  CHECK(error.kind() == base::Kind::unavailable);
  CHECK(std::filesystem::directory_iterator(folder.path())->path().filename() == "one.tar");
}

TEST_CASE("an engine that lacks the image is not asked for it") {
  FakeEngine fake([](const ServedRequest&) { return ServedAnswer{.status = 404, .body = "{}"}; });
  auto engine = fake.open();
  const auto error = support::error_of([&] { engine.save_image("shop:1", "/nowhere/x"); });
  CHECK(error.message() ==
        "take the image shop:1 (engine at " + fake.address() + "): it has no such image");
}

TEST_CASE("a failed load is a failure although its status is 200") {
  const file::TempDir folder("load");
  file::write_atomically(folder.path() / "image.tar", "no tar");
  FakeEngine fake([](const ServedRequest&) {
    return ServedAnswer{.body = "{\"errorDetail\":{\"message\":\"unexpected EOF\"}}\r\n"};
  });
  auto engine = fake.open();
  const auto error = support::error_of([&] { engine.load_images(folder.path() / "image.tar"); });
  CHECK(error.message() == "load the image (engine at " + fake.address() + "): unexpected EOF");
  CHECK(fake.last().body == "no tar");
  CHECK(fake.last().header("content-type") == "application/x-tar");
}

TEST_CASE("a build sends its context, arguments and logins, and hands out its lines") {
  FakeEngine fake([](const ServedRequest& request) -> ServedAnswer {
    if (request.method == "GET") return {.body = "{}"};
    return {.body = "{\"stream\":\"one\\ntwo\\n\"}\r\n{\"aux\":{\"ID\":\"sha256:1\"}}\r\n"};
  });
  auto engine = fake.open();
  std::vector<std::string> lines;
  const auto failure = engine.build_image(
      {.context = http::body_of("the tar"),
       .dockerfile = "ci/Dockerfile",
       .tag = "localhost/x:1",
       .target = "final",
       .build_args = {{"A", "b c&d"}},
       .labels = {{"l", "1"}},
       .logins = {{"docker.io", {.username = "me", .password = "pw"}}},
       .on_line = [&lines](std::string_view line) { lines.emplace_back(line); }});
  CHECK_FALSE(failure);
  CHECK(lines == std::vector<std::string>{"one", "two"});
  const auto request = fake.requests().at(1);
  CHECK(request.path == "/v1.41/build");
  CHECK(request.body == "the tar");
  CHECK(query_value(request, "version") == "1");
  CHECK(query_value(request, "dockerfile") == "ci/Dockerfile");
  CHECK(query_value(request, "t") == "localhost/x:1");
  CHECK(query_value(request, "target") == "final");
  CHECK(query_value(request, "buildargs") == R"({"A":"b c&d"})");
  CHECK(query_value(request, "labels") == R"({"l":"1"})");
  CHECK(query_value(request, "forcerm") == "1");
  const auto logins =
      text::find_bytes_of_base64(request.header("x-registry-config"), text::Base64::url);
  CHECK(logins ==
        R"({"https://index.docker.io/v1/":{"serveraddress":"https://index.docker.io/v1/",)"
        R"("username":"me","password":"pw"}})");
}

TEST_CASE("a build that fails, ends without an image or does not begin is told apart") {
  std::string body;
  int status = 200;
  FakeEngine fake([&](const ServedRequest& request) -> ServedAnswer {
    if (request.method == "GET") return {.status = 404, .body = "{}"};
    return {.status = status, .body = body};
  });
  auto engine = fake.open();
  const auto build = [&engine] {
    return engine.build_image({.context = http::body_of("the tar"),
                               .dockerfile = "Dockerfile",
                               .tag = "localhost/x:1",
                               .on_line = [](std::string_view) {}});
  };
  body = "{\"stream\":\"no frob\\n\"}\n{\"error\":\"exit 1\"}\n";
  CHECK(build() == "exit 1: no frob");
  body = "{\"stream\":\"done\\n\"}\n";
  CHECK(build() == "it ended without a word and without an image");
  status = 400;
  body = "{\"message\":\"dockerfile parse error\"}";
  CHECK(support::error_of(build).message() ==
        "build the image (engine at " + fake.address() + "): dockerfile parse error");
}

TEST_CASE("credentials are padded base64url, whatever their length") {
  for (const std::string password : {"a", "ab", "abc", "~~~???"}) {
    const auto header = container::registry_config({{"r.example", {.password = password}}});
    CHECK(header.size() % 4 == 0);
    CHECK(header.find_first_of("+/") == std::string::npos);
    const auto text = text::find_bytes_of_base64(header, text::Base64::url);
    REQUIRE(text);
    const auto document = json::parse(*text, "config");
    CHECK(json::Field(document, "config")["r.example"]["password"].string() == password);
  }
}

TEST_CASE("the engine that was chosen is the only one that is looked for") {
  timing::SystemClock clock;
  const auto gone = container::find_engine(
      process::environment_of({{"DOCKER_HOST", "unix:///nowhere/docker.sock"}}), clock, {});
  CHECK_FALSE(gone.engine);
  CHECK(gone.tried ==
        std::vector<std::string>{"reach the engine at unix:///nowhere/docker.sock: connect "
                                 "to /nowhere/docker.sock: No such file or directory"});

  FakeEngine fake([](const ServedRequest&) { return ServedAnswer{}; });
  const auto found =
      container::find_engine(process::environment_of({{"DOCKER_HOST", fake.address()}}), clock, {});
  REQUIRE(found.engine);
  CHECK(found.engine->address() == fake.address());
}
