// SPDX-License-Identifier: Apache-2.0
#include "container/message_stream.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "base/error.hpp"
#include "support/error_of.hpp"

namespace {

using container::Message;

// Fed in pieces of that many bytes.
std::vector<Message> messages(const std::string& text, std::size_t piece = 7) {
  std::vector<Message> found;
  container::MessageStream stream([&found](const Message& message) { found.push_back(message); });
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const auto part = std::string_view(text).substr(at, piece);
    stream.feed(std::as_bytes(std::span(part.data(), part.size())));
  }
  stream.finish();
  return found;
}

}  // namespace

TEST_CASE("each line is a message, however the bytes arrive") {
  const std::string text =
      "{\"stream\":\"Step 1/2 : FROM x\\n\"}\r\n"
      "\r\n"
      "{\"status\":\"Pulling from library/x\",\"id\":\"1\"}\n"
      "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":1},\"id\":\"a\"}\n"
      "{\"aux\":{\"ID\":\"sha256:1\"}}";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, text.size()}) {
    CAPTURE(piece);
    const auto found = messages(text, piece);
    REQUIRE(found.size() == 4);
    CHECK(found[0].output == "Step 1/2 : FROM x\n");
    CHECK(found[1].status == "Pulling from library/x");
    CHECK(found[2].status.empty());
    CHECK(found[3].output.empty());
  }
}

TEST_CASE("a failure is told by any of the ways that engines have") {
  struct Row {
    std::string line;
    std::string error;
  };
  const Row rows[] = {
      {R"({"errorDetail":{"code":3,"message":"exit 3"},"error":"short"})", "exit 3"},
      {R"({"errorDetail":{"message":"exit 3"}})", "exit 3"},
      {R"({"error":"short"})", "short"},
      {R"({"error":"short","errorDetail":{}})", "short"},
      {R"({"errorDetail":{}})", "the engine says no more than that it failed"},
      {R"({"error":""})", "the engine says no more than that it failed"},
      {R"({"stream":"error"})", ""}};
  for (const Row& row : rows) {
    CAPTURE(row.line);
    CHECK(messages(row.line).at(0).error == row.error);
  }
}

TEST_CASE("BuildKit's report is taken out of its wrapping") {
  CHECK(messages(R"({"id":"moby.buildkit.trace","aux":"aGVsbG8="})").at(0).trace == "hello");
  CHECK(messages(R"({"id":"moby.image.id","aux":{"ID":"x"}})").at(0).trace.empty());
}

TEST_CASE("what is no message, or has no end, is refused") {
  for (const std::string text : {"<html>", "[1]", "{\"stream\":", "{\"stream\":1}", "\"text\""}) {
    CAPTURE(text);
    CHECK(support::error_of([&] { messages(text); }).kind() == base::Kind::integrity);
  }
  const std::string endless((4U << 20U) + 1, ' ');
  CHECK(support::error_of([&] { messages(endless, 1U << 16U); }).message() ==
        "read the engine's answer: a line of more than 4 MiB");
}
