// SPDX-License-Identifier: Apache-2.0
// What docker-push does not send again, seen in the registry's access log.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "file/file.hpp"
#include "json/field.hpp"
#include "support/answering_server.hpp"
#include "support/push_project.hpp"
#include "text/split.hpp"

namespace {

using support::count;
using support::error_line;
using support::PushProject;

// Incompressible, so that each library has a layer's share of bytes.
std::string library(const std::string& seed) {
  std::string bytes;
  while (bytes.size() < 20'000) bytes += crypto::sha256_hex(seed + std::to_string(bytes.size()));
  return bytes;
}

support::BootJarContent with_libraries(int number) {
  support::BootJarContent content;
  for (int i = 0; i < number; ++i) {
    const std::string name = "part" + std::to_string(i) + "-1.0.jar";
    content.libraries[name] = library(name);
  }
  return content;
}

void rewrite(const PushProject& project, const support::BootJarContent& content) {
  support::write_boot_jar(project.jar(), content);
  project.write_record();
}

std::set<std::string> names_with(const json::Value& result, std::string_view fate) {
  std::set<std::string> names;
  for (const auto& blob : json::Field(result, "result")["blobs"].items()) {
    if (blob["fate"].string() == fate) names.insert(blob["name"].string());
  }
  return names;
}

std::int64_t number(const json::Value& result, std::string_view name) {
  return json::Field(result, "result")[name].integer();
}

std::string text_of(const json::Value& result, std::string_view name) {
  return json::Field(result, "result")[name].string();
}

std::size_t request_count(const PushProject& project) {
  return text::lines(project.registry.requests()).size();
}

}  // namespace

TEST_CASE("an image that is there already takes at most three requests") {
  PushProject project;
  const auto first = project.pushed();
  project.registry.forget_requests();
  const auto second = project.pushed();

  CAPTURE(project.registry.requests());
  CHECK(request_count(project) <= 3);
  CHECK(number(second, "requests") == static_cast<std::int64_t>(request_count(project)));
  CHECK(number(second, "bytes_sent") == 0);
  CHECK(text_of(second, "digest") == text_of(first, "digest"));
}

TEST_CASE("a machine with empty caches sends nothing of an unchanged image, in five requests") {
  PushProject project;
  rewrite(project, with_libraries(20));
  const auto first = project.pushed();
  project.forget_everything();
  project.registry.forget_requests();
  const auto fresh = project.pushed();

  CAPTURE(project.registry.requests());
  CHECK(request_count(project) <= 5);
  CHECK(count(project.registry.requests(), "/uploads/") == 0);
  CHECK(number(fresh, "bytes_sent") == 0);
  CHECK(text_of(fresh, "digest") == text_of(first, "digest"));
}

TEST_CASE("a machine with empty caches sends only the layer that changed") {
  PushProject project;
  auto content = with_libraries(20);
  rewrite(project, content);
  project.pushed();
  project.forget_everything();
  content.application = "another class";
  rewrite(project, content);
  const auto changed = project.pushed();

  CHECK(names_with(changed, "sent") == std::set<std::string>{"application", "config"});
  CHECK(number(changed, "bytes_sent") < 20'000);
}

TEST_CASE("a bumped library sends one of the library layers") {
  PushProject project;
  auto content = with_libraries(20);
  rewrite(project, content);
  project.pushed();
  content.libraries.erase("part7-1.0.jar");
  content.libraries["part7-1.1.jar"] = library("part7-1.1.jar");
  rewrite(project, content);
  const auto bumped = project.pushed();

  const auto sent = names_with(bumped, "sent");
  CAPTURE(text::join(std::vector<std::string>(sent.begin(), sent.end()), ", "));
  CHECK(sent.size() == 2);
  CHECK(sent.contains("config"));
  CHECK(std::ranges::any_of(
      sent, [](const std::string& name) { return name.starts_with("dependencies-"); }));
  CHECK(number(bumped, "bytes_skipped") > number(bumped, "bytes_sent"));
}

TEST_CASE("all tags name the image, and another tag of it costs no layer") {
  PushProject project;
  const auto first = project.pushed({"--tag", "latest", "--tag", "main"});
  for (const char* tag : {"1.2.3-4", "latest", "main"}) {
    CAPTURE(tag);
    CHECK(project.registry.inspect(std::string("shop:") + tag, "{{.Digest}}") ==
          text_of(first, "digest"));
  }

  project.registry.forget_requests();
  const auto second = project.pushed({"--tag", "release"});
  CHECK(project.registry.inspect("shop:release", "{{.Digest}}") == text_of(first, "digest"));
  CAPTURE(project.registry.requests());
  CHECK(names_with(second, "sent") == std::set<std::string>{"config"});
}

TEST_CASE("a repository with a tag per build and no other teaches what it holds") {
  PushProject project;
  auto content = with_libraries(20);
  for (const char* build : {"build-9", "build-10"}) {
    content.application = std::string("class of ") + build;
    rewrite(project, content);
    project.pushed({"--image", project.image() + ':' + build});
  }
  project.forget_everything();
  content.application = "class of build-11";
  rewrite(project, content);
  project.registry.forget_requests();
  const auto next = project.pushed({"--image", project.image() + ":build-11"});

  CAPTURE(project.registry.requests());
  CHECK(names_with(next, "sent") == std::set<std::string>{"application", "config"});
  CHECK(count(project.registry.requests(), "GET /v2/shop/tags/list") == 1);
}

TEST_CASE("a tag of another image is moved") {
  PushProject project;
  const auto first = project.pushed();
  rewrite(project, {.application = "another class"});
  const auto second = project.pushed();
  CHECK(text_of(second, "digest") != text_of(first, "digest"));
  CHECK(project.registry.inspect("shop:1.2.3-4", "{{.Digest}}") == text_of(second, "digest"));
}

TEST_CASE("the result counts bytes, requests and time") {
  PushProject project;
  project.registry.forget_requests();
  const auto result = project.pushed();
  CHECK(number(result, "requests") == static_cast<std::int64_t>(request_count(project)));
  CHECK(number(result, "bytes_sent") > 0);
  CHECK(number(result, "bytes_mounted") > 0);
  CHECK(number(result, "bytes_skipped") == 0);
  CHECK(result.find("seconds") != nullptr);
  CHECK(names_with(result, "mounted") == std::set<std::string>{"base"});
}

TEST_CASE("a dry run says which files of a layer changed") {
  PushProject project;
  auto content = with_libraries(20);
  rewrite(project, content);
  const auto cold = project.push({"--dry-run"});
  CHECK(cold.err.find("this machine has not pushed here before") != std::string::npos);
  project.pushed();
  content.application = "another class";
  content.libraries["part7-1.0.jar"] = library("patched");
  rewrite(project, content);
  const auto run = project.push({"--dry-run"});
  INFO(run.err);
  REQUIRE(run.exit.ok());

  const auto lines = text::lines(run.err);
  const auto told = [&lines](std::string_view layer, std::string_view what) {
    return std::ranges::any_of(lines, [&](std::string_view line) {
      return line.find("to send " + std::string(layer)) != std::string_view::npos &&
             line.find(what) != std::string_view::npos;
    });
  };
  CHECK(told("application", " files changed: application.txt"));
  CHECK(told("dependencies-", " files changed: part7-1.0.jar"));
}

TEST_CASE("a jar that changes while it is pushed leaves the tag alone") {
  PushProject project;
  std::atomic<bool> changed = false;
  support::AnsweringServer server([&](const support::ServedRequest& request) {
    if (request.method == "PUT" && !changed.exchange(true)) {
      support::write_boot_jar(project.folder.path() / "next.jar", {.application = "next"});
      const std::string next = file::read(project.folder.path() / "next.jar");
      // In place, as a build tool does.
      std::filesystem::resize_file(project.jar(), 0);
      std::filesystem::copy_file(project.folder.path() / "next.jar", project.jar(),
                                 std::filesystem::copy_options::overwrite_existing);
    }
    if (request.method == "POST") {
      return support::ServedAnswer{.status = 202, .headers = {{"Location", request.path + "1"}}};
    }
    return support::ServedAnswer{.status = request.method == "PUT" ? 201 : 404};
  });
  const auto run = project.push({"--image", server.authority() + "/shop:1"});

  INFO(run.err);
  CHECK(run.exit.code == 7);
  CHECK(error_line(run) == "read " + project.jar().string() + ": it changed while it was read");
  for (const auto& request : server.requests()) {
    CHECK_FALSE((request.method == "PUT" && request.path.find("/manifests/") != std::string::npos));
  }
}
