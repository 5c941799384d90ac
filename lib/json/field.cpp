// SPDX-License-Identifier: Apache-2.0
#include "json/field.hpp"

#include <fmt/core.h>

#include "base/error.hpp"

namespace json {
namespace {

std::string_view kind_of(const Value* value) {
  if (value == nullptr) return "nothing";
  if (value->is_null()) return "null";
  if (value->find_bool() != nullptr) return "a boolean";
  if (value->find_int() != nullptr || value->find_double() != nullptr) return "a number";
  if (value->find_string() != nullptr) return "a string";
  return value->find_array() != nullptr ? "an array" : "an object";
}

}  // namespace

void Field::refuse(std::string_view expected) const {
  throw base::Error(base::Kind::integrity,
                    fmt::format("{}: expected {}, found {}", path_, expected, kind_of(value_)));
}

std::string Field::path_of(std::string_view child) const {
  return fmt::format("{}{}{}", path_, path_.find(": /") == std::string::npos ? ": /" : "/", child);
}

Field Field::operator[](std::string_view name) const {
  if (exists() && value_->find_object() == nullptr) refuse("an object");
  return {exists() ? value_->find(name) : nullptr, path_of(name)};
}

std::vector<Field> Field::items() const {
  std::vector<Field> fields;
  if (!exists()) return fields;
  const auto* array = value_->find_array();
  if (array == nullptr) refuse("an array");
  for (std::size_t i = 0; i < array->size(); ++i) {
    fields.push_back(Field(&(*array)[i], path_of(std::to_string(i))));
  }
  return fields;
}

const Value& Field::value() const {
  if (value_ == nullptr) refuse("a value");
  return *value_;
}

const std::string& Field::string() const {
  const auto* text = value_ == nullptr ? nullptr : value_->find_string();
  if (text == nullptr) refuse("a string");
  return *text;
}

std::int64_t Field::integer() const {
  const auto* number = value_ == nullptr ? nullptr : value_->find_int();
  if (number == nullptr) refuse("an integer");
  return *number;
}

double Field::number() const {
  if (value_ != nullptr) {
    if (const auto* real = value_->find_double()) return *real;
    if (const auto* integer = value_->find_int()) return static_cast<double>(*integer);
  }
  refuse("a number");
}

bool Field::boolean() const {
  const auto* boolean = value_ == nullptr ? nullptr : value_->find_bool();
  if (boolean == nullptr) refuse("a boolean");
  return *boolean;
}

std::optional<std::string> Field::maybe_string() const {
  return exists() ? std::optional(string()) : std::nullopt;
}

std::optional<std::int64_t> Field::maybe_integer() const {
  return exists() ? std::optional(integer()) : std::nullopt;
}

std::optional<double> Field::maybe_number() const {
  return exists() ? std::optional(number()) : std::nullopt;
}

std::optional<bool> Field::maybe_boolean() const {
  return exists() ? std::optional(boolean()) : std::nullopt;
}

}  // namespace json
