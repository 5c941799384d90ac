// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.hpp"

namespace json {

// A place in a document that knows its path, so that a wrong type is told as
// "release.json: /image/digest: expected a string, found a number" (integrity).
//   const auto digest = json::Field(document, "release.json")["image"]["digest"].string();
// Absent members are fine to step through; asking an absent field for its value throws, the maybe_
// forms give nullopt for absent and null.
class Field {
 public:
  Field(const Value& value, std::string_view what) : value_(&value), path_(what) {}

  Field operator[](std::string_view name) const;
  Field operator[](const char* name) const { return (*this)[std::string_view(name)]; }
  std::vector<Field> items() const;  // of an array; empty when absent or null

  bool exists() const { return value_ != nullptr && !value_->is_null(); }
  const Value& value() const;  // throws when absent

  const std::string& string() const;
  std::int64_t integer() const;
  double number() const;  // an integer counts
  bool boolean() const;

  std::optional<std::string> maybe_string() const;
  std::optional<std::int64_t> maybe_integer() const;
  std::optional<double> maybe_number() const;
  std::optional<bool> maybe_boolean() const;

 private:
  Field(const Value* value, std::string path) : value_(value), path_(std::move(path)) {}
  [[noreturn]] void refuse(std::string_view expected) const;
  std::string path_of(std::string_view child) const;

  const Value* value_;
  std::string path_;
};

}  // namespace json
