// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "json/value.hpp"

namespace json {
namespace {

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class Writer {
 public:
  explicit Writer(bool pretty) : pretty_(pretty) {}

  void write(const Value& value) {
    if (const auto* items = value.find_array()) {
      block('[', ']', *items, [&](const Value& item) { write(item); });
    } else if (const auto* members = value.find_object()) {
      block('{', '}', *members, [&](const Member& member) {
        out_ += quoted(member.name) + (pretty_ ? ": " : ":");
        write(member.value);
      });
    } else {
      out_ += scalar(value);
    }
  }

  std::string take() { return std::move(out_); }

 private:
  static std::string scalar(const Value& value) {
    if (const auto* boolean = value.find_bool()) return *boolean ? "true" : "false";
    if (const auto* integer = value.find_int()) return fmt::format("{}", *integer);
    if (const auto* text = value.find_string()) return quoted(*text);
    if (const auto* number = value.find_double()) {
      return std::isfinite(*number) ? nlohmann::json(*number).dump() : "null";
    }
    return "null";
  }

  template <typename Items, typename WriteItem>
  void block(char open, char close, const Items& items, WriteItem write_item) {
    out_ += open;
    ++depth_;
    bool first = true;
    for (const auto& item : items) {
      if (!first) out_ += ',';
      first = false;
      new_line();
      write_item(item);
    }
    --depth_;
    if (!items.empty()) new_line();
    out_ += close;
  }

  void new_line() {
    if (pretty_) out_ += '\n' + std::string(depth_ * 2, ' ');
  }

  bool pretty_;
  std::size_t depth_ = 0;
  std::string out_;
};

}  // namespace

std::string write(const Value& value) {
  Writer writer(false);
  writer.write(value);
  return writer.take();
}

std::string write_pretty(const Value& value) {
  Writer writer(true);
  writer.write(value);
  return writer.take() + '\n';
}

}  // namespace json
