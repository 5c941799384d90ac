// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/s3/operations.hpp"
#include "sandbox/server/fault.hpp"

namespace sandbox::s3 {
namespace {

constexpr std::size_t most_tags = 10;
constexpr std::size_t longest_key = 128;
constexpr std::size_t longest_value = 256;

Pairs checked(Pairs tags) {
  if (tags.size() > most_tags) {
    throw Fault(400, "BadRequest", "Object tags cannot be greater than 10");
  }
  for (auto tag = tags.begin(); tag != tags.end(); ++tag) {
    if (tag->first.empty() || tag->first.size() > longest_key) {
      throw Fault(400, "InvalidTag", "The TagKey you have provided is invalid");
    }
    if (tag->second.size() > longest_value) {
      throw Fault(400, "InvalidTag", "The TagValue you have provided is invalid");
    }
    const auto same = [&tag](const auto& other) { return other.first == tag->first; };
    if (std::any_of(tags.begin(), tag, same)) {
      throw Fault(400, "InvalidTag", "Cannot provide multiple Tags with the same key");
    }
  }
  return tags;
}

Answer named_version(const Call& call, int status) {
  Answer answer{.status = status};
  if (keeps_versions(call)) {
    answer.headers = {{"x-amz-version-id", require_object(call).version}};
  }
  return answer;
}

}  // namespace

Pairs tags_of_header(std::string_view header) { return checked(decode_query(header, Plus::space)); }

Answer get_object_tagging(const Call& call) {
  const auto object = require_object(call);
  auto set = xml::node("TagSet");
  for (const auto& [key, value] : object.tags) {
    set.children.push_back(xml::node("Tag", {xml::leaf("Key", key), xml::leaf("Value", value)}));
  }
  auto answer = xml_answer(xml::node("Tagging", {std::move(set)}, s3_namespace));
  if (keeps_versions(call)) answer.headers.emplace_back("x-amz-version-id", object.version);
  return answer;
}

Answer put_object_tagging(const Call& call) {
  const auto document = document_of(call);
  const auto* set = document.find("TagSet");
  if (set == nullptr) refuse_document();
  Pairs tags;
  for (const auto& element : set->children) {
    const auto* key = element.find("Key");
    const auto* value = element.find("Value");
    if (element.name != "Tag" || key == nullptr || value == nullptr) refuse_document();
    tags.emplace_back(key->text, value->text);
  }
  require_object(call);
  call.store.set_tags(call.bucket, call.key, call.parameter("versionId"), checked(std::move(tags)));
  return named_version(call, 200);
}

Answer delete_object_tagging(const Call& call) {
  require_object(call);
  call.store.set_tags(call.bucket, call.key, call.parameter("versionId"), {});
  return named_version(call, 204);
}

}  // namespace sandbox::s3
