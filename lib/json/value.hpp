// SPDX-License-Identifier: Apache-2.0
//
// A JSON document as plain values.
//
// The parser underneath (nlohmann's SAX reader) can build a tree too, but that tree crashes on deep
// input when copied or dumped, takes the last of two equal keys, and costs every includer three
// seconds of compile time. Here depth, size and duplicate keys are checked while parsing, and
// members keep the order they came in, so what we write is byte-stable.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace json {

class Value;
struct Member;
using Array = std::vector<Value>;
using Object = std::vector<Member>;

class Value {
 public:
  Value() = default;  // null
  Value(bool boolean) : data_(boolean) {}
  Value(std::int64_t number) : data_(number) {}
  Value(int number) : data_(std::int64_t{number}) {}
  Value(unsigned number) : data_(std::int64_t{number}) {}
  Value(std::uint64_t number) : data_(static_cast<std::int64_t>(number)) {}
  Value(double number) : data_(number) {}
  Value(std::string text) : data_(std::move(text)) {}
  Value(std::string_view text) : data_(std::string(text)) {}
  Value(const char* text) : data_(std::string(text)) {}
  Value(Array items);
  Value(Object members);

  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  const bool* find_bool() const { return std::get_if<bool>(&data_); }
  const std::int64_t* find_int() const { return std::get_if<std::int64_t>(&data_); }
  const double* find_double() const { return std::get_if<double>(&data_); }
  const std::string* find_string() const { return std::get_if<std::string>(&data_); }
  const Array* find_array() const { return std::get_if<Array>(&data_); }
  Array* find_array() { return std::get_if<Array>(&data_); }
  const Object* find_object() const { return std::get_if<Object>(&data_); }
  Object* find_object() { return std::get_if<Object>(&data_); }

  // The member of that name; null pointer when absent or when this is no object.
  const Value* find(std::string_view name) const;
  Value* find(std::string_view name);

  // RFC 6901: "/jar/sha256", "" is the whole; null pointer when nothing is there.
  const Value* find_pointer(std::string_view pointer) const;

  // Replaces or appends a member. A null becomes an object first.
  void set(std::string_view name, Value value);
  void push_back(Value value);  // a null becomes an array first

  bool operator==(const Value& other) const;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> data_;
};

struct Member {
  std::string name;
  Value value;
  bool operator==(const Member& other) const = default;
};

// An object literal: json::object({{"name", "web"}, {"port", 8080}}).
Value object(std::initializer_list<Member> members);

struct Limits {
  std::size_t bytes = 8U << 20U;
  std::size_t depth = 64;
};

// `what` names the document in errors ("answer of CreateDeployment"). Throws integrity for bad
// syntax with the byte offset, a duplicate key, or more than the limits allow.
Value parse(std::string_view text, std::string_view what, Limits limits = {});

// One line without spaces, members in their order, invalid UTF-8 replaced by U+FFFD.
std::string write(const Value& value);

// Two spaces of indent and a final newline, for files that people open.
std::string write_pretty(const Value& value);

}  // namespace json
