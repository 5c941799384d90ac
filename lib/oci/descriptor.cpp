// SPDX-License-Identifier: Apache-2.0
#include "oci/descriptor.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "oci/digest.hpp"

namespace oci {
namespace {

constexpr std::size_t most_annotations = 1000;

Annotations parse_annotations(const json::Field& field) {
  Annotations annotations;
  if (!field.exists()) return annotations;
  const json::Object* members = field.value().find_object();
  if (members == nullptr) return annotations;
  for (const auto& member : *members) {
    const std::string* text = member.value.find_string();
    if (text != nullptr && annotations.size() < most_annotations) {
      annotations.emplace_back(member.name, *text);
    }
  }
  return annotations;
}

}  // namespace

std::string Descriptor::annotation(std::string_view name) const {
  const auto found = std::ranges::find_if(
      annotations, [name](const auto& annotation) { return annotation.first == name; });
  return found == annotations.end() ? std::string() : found->second;
}


Descriptor parse_descriptor(const json::Field& field) {
  const std::int64_t size = field["size"].integer();
  Descriptor descriptor{.media_type = field["mediaType"].maybe_string().value_or(""),
                        .digest = field["digest"].string(),
                        .size = static_cast<std::uint64_t>(size),
                        .annotations = parse_annotations(field["annotations"])};
  if (!is_digest(descriptor.digest)) {
    throw base::Error(
        base::Kind::integrity,
        fmt::format("read a descriptor: '{}' is no sha256 digest", descriptor.digest));
  }
  if (size < 0) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read the descriptor of {}: size {}", descriptor.digest, size));
  }
  return descriptor;
}

json::Value to_json(const Annotations& annotations) {
  Annotations sorted = annotations;
  std::ranges::sort(sorted);
  json::Object members;
  for (const auto& [name, value] : sorted) members.push_back({name, value});
  return members;
}

json::Value to_json(const Descriptor& descriptor) {
  json::Value value = json::object({{"mediaType", descriptor.media_type},
                                    {"digest", descriptor.digest},
                                    {"size", descriptor.size}});
  if (!descriptor.annotations.empty()) value.set("annotations", to_json(descriptor.annotations));
  return value;
}

}  // namespace oci
