// SPDX-License-Identifier: Apache-2.0
#include "sandbox/s3/operations.hpp"
#include "sandbox/server/fault.hpp"

namespace sandbox::s3 {
namespace {

constexpr std::size_t most_keys = 1000;

xml::Element described(const std::string& key, std::string_view version, const Removal& removal) {
  auto element = xml::node("Deleted", {xml::leaf("Key", key)});
  if (!version.empty()) element.children.push_back(xml::leaf("VersionId", version));
  if (removal.delete_marker) {
    element.children.push_back(xml::leaf("DeleteMarker", "true"));
    element.children.push_back(xml::leaf("DeleteMarkerVersionId", removal.version));
  }
  return element;
}

}  // namespace

Answer delete_object(const Call& call) {
  const auto removal = call.store.remove(call.bucket, call.key, call.parameter("versionId"));
  Answer answer{.status = 204};
  if (!removal.version.empty()) answer.headers = {{"x-amz-version-id", removal.version}};
  if (removal.delete_marker) answer.headers.emplace_back("x-amz-delete-marker", "true");
  return answer;
}

Answer delete_objects(const Call& call) {
  const auto document = document_of(call);
  auto result = xml::node("DeleteResult", {}, s3_namespace);
  const bool quiet = document.text_of("Quiet") == "true";
  std::size_t count = 0;
  for (const auto& element : document.children) {
    if (element.name != "Object") continue;
    const auto* name = element.find("Key");
    if (name == nullptr || name->text.empty() || ++count > most_keys) refuse_document();
    const auto version = element.text_of("VersionId");
    const auto removal = call.store.remove(call.bucket, name->text, version);
    if (!quiet) result.children.push_back(described(name->text, version, removal));
  }
  if (count == 0) refuse_document();
  return xml_answer(result);
}

}  // namespace sandbox::s3
