// SPDX-License-Identifier: Apache-2.0
#include "json/value.hpp"

#include <algorithm>
#include <utility>

#include "text/split.hpp"

namespace json {

Value::Value(Array items) : data_(std::move(items)) {}

Value::Value(Object members) : data_(std::move(members)) {}

const Value* Value::find(std::string_view name) const {
  const auto* members = find_object();
  if (members == nullptr) return nullptr;
  const auto found = std::find_if(members->begin(), members->end(),
                                  [&](const Member& member) { return member.name == name; });
  return found == members->end() ? nullptr : &found->value;
}

Value* Value::find(std::string_view name) {
  return const_cast<Value*>(std::as_const(*this).find(name));
}

const Value* Value::find_pointer(std::string_view pointer) const {
  if (pointer.empty()) return this;
  if (!pointer.starts_with('/')) return nullptr;
  const Value* at = this;
  for (const auto token : text::split(pointer.substr(1), '/')) {
    const auto name = text::replace_all(text::replace_all(token, "~1", "/"), "~0", "~");
    if (const auto* items = at->find_array()) {
      const auto index = text::find_number(name);
      if (!index || *index >= items->size()) return nullptr;
      at = &(*items)[*index];
    } else {
      at = at->find(name);
      if (at == nullptr) return nullptr;
    }
  }
  return at;
}

void Value::set(std::string_view name, Value value) {
  if (is_null()) data_ = Object{};
  if (auto* existing = find(name)) {
    *existing = std::move(value);
  } else {
    std::get<Object>(data_).push_back({std::string(name), std::move(value)});
  }
}

void Value::push_back(Value value) {
  if (is_null()) data_ = Array{};
  std::get<Array>(data_).push_back(std::move(value));
}

bool Value::operator==(const Value& other) const { return data_ == other.data_; }

Value object(std::initializer_list<Member> members) { return Object(members); }

}  // namespace json
