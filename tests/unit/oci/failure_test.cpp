// SPDX-License-Identifier: Apache-2.0
#include "oci/failure.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

const std::string digest = "sha256:" + std::string(64, 'a');

http::Response refused(int status, const std::string& code, const std::string& message,
                       const std::string& detail = "{}") {
  return {.status = status,
          .headers = {},
          .body = R"({"errors":[{"code":")" + code + R"(","message":")" + message +
                  R"(","detail":)" + detail + "}]}"};
}

}  // namespace

TEST_CASE("an immutable tag is known by words, whatever the status") {
  struct Case {
    http::Response answer;
    bool expected;
  };
  const Case cases[] = {
      {refused(400, "TAG_INVALID",
               "The image tag '1.0' already exists in the 'shop' repository and cannot be "
               "overwritten because the repository is immutable."),
       true},
      {refused(400, "ImageTagAlreadyExistsException", "tag"), true},
      {refused(412, "PRECONDITION",
               "Failed to process request due to 'shop:1.0' configured as "
               "immutable."),
       true},
      {refused(409, "TAG_IMMUTABLE", "cannot overwrite the tag"), true},
      {refused(403, "DENIED", "Not enough permissions to delete/overwrite artifact"), true},
      {refused(400, "UNKNOWN", "Repository does not allow updating assets"), true},
      {refused(405, "UNSUPPORTED",
               "The operation is disallowed on this registry, repository or "
               "image."),
       true},
      {refused(403, "DENIED", "requested access to the resource is denied"), false},
      {refused(500, "UNKNOWN", "immutable"), false},
      {{.status = 201, .headers = {}, .body = "immutable"}, false},
  };
  for (const Case& each : cases) {
    CAPTURE(each.answer.body);
    CHECK(oci::is_immutable_tag(each.answer) == each.expected);
  }
}

TEST_CASE("a look-up that rights are missing for tells nothing, a wrong login is a failure") {
  struct Case {
    int status;
    std::string challenge;
    bool expected;
  };
  const Case cases[] = {
      {403, "", true},
      {401,
       R"(Bearer realm="https://a.example/t",scope="repository:shop:pull",)"
       R"(error="insufficient_scope")",
       true},
      {401, R"(Bearer realm="https://a.example/t",error="invalid_token")", false},
      {401, R"(Basic realm="shop")", false},
      {401, "", false},
      {404, "", false},
      {200, "", false},
  };
  for (const Case& each : cases) {
    CAPTURE(each.status);
    CAPTURE(each.challenge);
    http::Response answer{.status = each.status};
    if (!each.challenge.empty()) answer.headers.add("WWW-Authenticate", each.challenge);
    CHECK(oci::is_hidden(answer) == each.expected);
  }
}

TEST_CASE("the blobs that a registry misses are found in what it says") {
  struct Case {
    http::Response answer;
    std::optional<std::vector<std::string>> expected;
  };
  using Digests = std::vector<std::string>;
  const Case cases[] = {
      {refused(404, "MANIFEST_BLOB_UNKNOWN", "blob unknown", '"' + digest + '"'), Digests{digest}},
      {refused(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown", "{\"digest\":\"" + digest + "\"}"),
       Digests{digest}},
      {refused(400, "LayersNotFoundException", "Layers with digests '" + digest + "' not found"),
       Digests{digest}},
      {refused(404, "MANIFEST_BLOB_UNKNOWN", "blob unknown", "null"), Digests{}},
      {refused(404, "NAME_UNKNOWN", "repository " + digest), std::nullopt},
      {refused(500, "MANIFEST_BLOB_UNKNOWN", digest), std::nullopt},
      {{.status = 404, .headers = {}, .body = "<html>"}, std::nullopt},
  };
  for (const Case& each : cases) {
    CAPTURE(each.answer.body);
    CHECK((oci::find_missing_blobs(each.answer) == each.expected));
  }
}

TEST_CASE("an answer's failure has the kind that its status and code ask for") {
  struct Case {
    int status;
    const char* code;
    base::Kind kind;
  };
  const Case cases[] = {{400, "NAME_INVALID", base::Kind::refused},
                        {400, "DIGEST_INVALID", base::Kind::integrity},
                        {401, "UNAUTHORIZED", base::Kind::environment},
                        {403, "DENIED", base::Kind::refused},
                        {404, "NAME_UNKNOWN", base::Kind::refused},
                        {409, "CONFLICT", base::Kind::conflict},
                        {429, "TOOMANYREQUESTS", base::Kind::unavailable},
                        {500, "UNKNOWN", base::Kind::unavailable},
                        {507, "QUOTA", base::Kind::refused}};
  for (const Case& each : cases) {
    CAPTURE(each.status);
    CHECK(oci::failure("push", refused(each.status, each.code, "no"), "").kind() == each.kind);
  }
}
