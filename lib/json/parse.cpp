// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "json/value.hpp"

namespace json {
namespace {

using Nlohmann = nlohmann::json;

[[noreturn]] void refuse(std::string_view what, std::string_view why) {
  throw base::Error(base::Kind::integrity, fmt::format("parse {}: {}", what, why));
}

// Builds our tree from the reader's events; `open_` is the path of containers being filled.
class Builder : public nlohmann::json_sax<Nlohmann> {
 public:
  Builder(std::string_view what, Limits limits) : what_(what), limits_(limits) {}

  bool null() override { return add(Value()); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(std::int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return add(static_cast<double>(value));
    }
    return add(static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { refuse(what_, "binary data"); }
  bool start_object(std::size_t) override { return open(Object{}); }
  bool start_array(std::size_t) override { return open(Array{}); }
  bool end_object() override {
    refuse_duplicates(*open_.back()->find_object());
    return close();
  }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    open_.back()->find_object()->push_back({name, Value()});
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    refuse(what_, fmt::format("not JSON at byte {}", position));
  }

  Value take() { return std::move(root_); }

 private:
  // At the end and sorted: a look for each name among those before it takes minutes for a hostile
  // document of a few megabytes.
  void refuse_duplicates(const Object& members) const {
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const auto& member : members) names.push_back(member.name);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) refuse(what_, fmt::format("two members named '{}'", *twice));
  }

  Value* place(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (auto* items = open_.back()->find_array()) {
      items->push_back(std::move(value));
      return &items->back();
    }
    auto& member = open_.back()->find_object()->back();
    member.value = std::move(value);
    return &member.value;
  }

  bool add(Value value) {
    place(std::move(value));
    return true;
  }

  // The pointers stay valid: only the innermost container grows.
  bool open(Value container) {
    if (open_.size() == limits_.depth) {
      refuse(what_, fmt::format("nested deeper than {}", limits_.depth));
    }
    open_.push_back(place(std::move(container)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::string_view what_;
  Limits limits_;
  Value root_;
  std::vector<Value*> open_;
};

}  // namespace

Value parse(std::string_view text, std::string_view what, Limits limits) {
  if (text.size() > limits.bytes) refuse(what, fmt::format("larger than {} bytes", limits.bytes));
  Builder builder(what, limits);
  Nlohmann::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

}  // namespace json
