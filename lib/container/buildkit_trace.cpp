// SPDX-License-Identifier: Apache-2.0
#include "container/buildkit_trace.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace container {
namespace {

// Numbers of fields, from StatusResponse, Vertex and VertexLog.
constexpr std::uint64_t response_vertex = 1;
constexpr std::uint64_t response_log = 3;
constexpr std::uint64_t vertex_digest = 1;
constexpr std::uint64_t vertex_name = 3;
constexpr std::uint64_t vertex_cached = 4;
constexpr std::uint64_t vertex_started = 5;
constexpr std::uint64_t vertex_completed = 6;
constexpr std::uint64_t log_vertex = 1;
constexpr std::uint64_t log_stream = 3;
constexpr std::uint64_t log_text = 4;
constexpr std::uint64_t standard_error = 2;

enum class Wire : unsigned { varint = 0, eight_bytes = 1, text = 2, four_bytes = 5 };

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return std::nullopt;
}

struct Field {
  std::uint64_t number = 0;
  std::uint64_t value = 0;   // of a varint
  std::string_view bytes{};  // of another
};

// False when the message is cut short.
bool each_field(std::string_view bytes, const std::function<void(const Field& field)>& take) {
  while (!bytes.empty()) {
    const auto key = take_varint(bytes);
    if (!key) return false;
    std::uint64_t size = 0;
    switch (static_cast<Wire>(*key & 7U)) {
      case Wire::varint: {
        const auto value = take_varint(bytes);
        if (!value) return false;
        take({.number = *key >> 3U, .value = *value});
        continue;
      }
      case Wire::eight_bytes:
        size = 8;
        break;
      case Wire::four_bytes:
        size = 4;
        break;
      case Wire::text: {
        const auto told = take_varint(bytes);
        if (!told) return false;
        size = *told;
        break;
      }
      default:
        return false;
    }
    if (size > bytes.size()) return false;
    take({.number = *key >> 3U, .bytes = bytes.substr(0, size)});
    bytes.remove_prefix(size);
  }
  return true;
}

std::optional<TraceEvent> step_of(std::string_view vertex) {
  TraceEvent event{.kind = TraceEvent::Kind::step};
  bool cached = false;
  bool started = false;
  bool completed = false;
  const bool whole = each_field(vertex, [&](const Field& field) {
    if (field.number == vertex_digest) event.step = field.bytes;
    if (field.number == vertex_name) event.text = field.bytes;
    if (field.number == vertex_cached) cached = field.value != 0;
    if (field.number == vertex_started) started = true;
    if (field.number == vertex_completed) completed = true;
  });
  // It is reported again when it ends.
  if (!whole || event.text.empty() || !started || completed != cached) return std::nullopt;
  if (cached) event.text += " (cached)";
  return event;
}

TraceEvent output_of(std::string_view log) {
  TraceEvent event{.kind = TraceEvent::Kind::output};
  each_field(log, [&event](const Field& field) {
    if (field.number == log_vertex) event.step = field.bytes;
    if (field.number == log_stream) event.is_complaint = field.value == standard_error;
    if (field.number == log_text) event.text = field.bytes;
  });
  return event;
}

}  // namespace

std::vector<TraceEvent> read_trace(std::string_view bytes) {
  std::vector<TraceEvent> events;
  each_field(bytes, [&events](const Field& field) {
    if (field.number == response_vertex) {
      if (auto step = step_of(field.bytes)) events.push_back(std::move(*step));
    } else if (field.number == response_log) {
      events.push_back(output_of(field.bytes));
    }
  });
  return events;
}

}  // namespace container
