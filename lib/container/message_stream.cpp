// SPDX-License-Identifier: Apache-2.0
#include "container/message_stream.hpp"

#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "json/field.hpp"
#include "text/base64.hpp"
#include "text/split.hpp"

namespace container {
namespace {

constexpr std::string_view document = "the engine's answer";
constexpr std::size_t longest_line = 4U << 20U;
constexpr std::string_view trace_id = "moby.buildkit.trace";

Message message_of(const json::Field& root) {
  Message message{.output = root["stream"].maybe_string().value_or("")};
  // Each chunk of a pulled layer is a status too.
  if (!root["progressDetail"].exists()) {
    message.status = root["status"].maybe_string().value_or("");
  }
  const json::Field detail = root["errorDetail"];
  if (detail.exists()) message.error = detail["message"].maybe_string().value_or("");
  if (message.error.empty()) message.error = root["error"].maybe_string().value_or("");
  if (message.error.empty() && (detail.exists() || root["error"].exists())) {
    message.error = "the engine says no more than that it failed";
  }
  if (root["id"].exists() && root["id"].string() == trace_id) {
    message.trace = text::find_bytes_of_base64(root["aux"].string()).value_or("");
  }
  return message;
}

}  // namespace

void MessageStream::feed(std::span<const std::byte> bytes) {
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const auto piece = rest.substr(0, end);
    if (pending_.size() + piece.size() > longest_line) {
      throw base::Error(base::Kind::integrity,
                        "read the engine's answer: a line of more than 4 MiB");
    }
    pending_ += piece;
    if (end == std::string_view::npos) return;
    rest.remove_prefix(end + 1);
    finish();
  }
}

void MessageStream::finish() {
  const std::string line = std::exchange(pending_, {});
  take_line(text::trim(line));
}

void MessageStream::take_line(std::string_view line) {
  if (line.empty()) return;
  const json::Value value = json::parse(line, document, {.bytes = longest_line});
  if (value.find_object() == nullptr) {
    throw base::Error(base::Kind::integrity, "read the engine's answer: a line is no object");
  }
  on_message_(message_of(json::Field(value, document)));
}

}  // namespace container
