// SPDX-License-Identifier: Apache-2.0
#include "oci/failure.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "json/field.hpp"
#include "oci/challenge.hpp"
#include "oci/digest.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

constexpr std::size_t most_words = 500;
constexpr std::size_t most_error_bytes = 64U << 10U;

struct RegistryError {
  std::string code{};
  std::string message{};
  std::string detail{};  // as JSON text, but a string as it is
};

// {"errors":[{"code","message","detail"}]}; empty for anything else, since proxies answer in HTML.
std::vector<RegistryError> errors_of(const std::string& body) {
  std::vector<RegistryError> errors;
  try {
    const json::Value document = json::parse(body, "answer", {.bytes = most_error_bytes});
    for (const json::Field& error : json::Field(document, "answer")["errors"].items()) {
      const json::Field detail = error["detail"];
      const std::string* words = detail.exists() ? detail.value().find_string() : nullptr;
      errors.push_back({.code = error["code"].maybe_string().value_or(""),
                        .message = error["message"].maybe_string().value_or(""),
                        .detail = words != nullptr  ? *words
                                  : detail.exists() ? json::write(detail.value())
                                                    : ""});
    }
  } catch (const base::Error&) {
    // The status alone has to do.
  }
  return errors;
}

RegistryError first_error(const std::string& body) {
  auto errors = errors_of(body);
  return errors.empty() ? RegistryError{} : std::move(errors.front());
}

void add_digests(std::string_view text, std::vector<std::string>& digests) {
  constexpr std::size_t length = sizeof "sha256:" - 1 + 64;
  for (std::size_t at = 0; (at = text.find("sha256:", at)) != std::string_view::npos; ++at) {
    std::string digest(text.substr(at, length));
    if (is_digest(digest) && std::ranges::find(digests, digest) == digests.end()) {
      digests.push_back(std::move(digest));
    }
  }
}

base::Kind kind_of(const http::Response& answer) {
  if (has_error(answer, "DIGEST_INVALID") || has_error(answer, "SIZE_INVALID")) {
    return base::Kind::integrity;
  }
  if (is_full(answer)) return base::Kind::refused;
  switch (answer.status) {
    case 401:
      return base::Kind::environment;
    case 408:
    case 429:
      return base::Kind::unavailable;
    case 409:
      return base::Kind::conflict;
    default:
      return answer.status >= 500 ? base::Kind::unavailable : base::Kind::refused;
  }
}

std::string default_hint(const http::Response& answer) {
  if (is_full(answer)) return "free space at the registry, or raise the quota of this repository";
  if (has_error(answer, "NAME_UNKNOWN")) {
    return "create the repository first; not every registry does so by itself";
  }
  if (has_error(answer, "MANIFEST_UNKNOWN")) return "see to the spelling of the name and the tag";
  if (answer.status == 429) {
    const auto after = answer.headers.find("Retry-After");
    return after ? fmt::format("the registry limits requests and says Retry-After: {}", *after)
                 : "the registry limits requests; run again later";
  }
  if (answer.status >= 500) return "a rerun is safe; what was pushed is not sent again";
  return {};
}

}  // namespace

std::string words_of(const http::Response& answer) {
  const RegistryError error = first_error(answer.body);
  std::string words = fmt::format("{}", answer.status);
  if (!error.code.empty()) words += ' ' + text::lower(error.code);
  if (!error.message.empty()) words += ": " + error.message.substr(0, most_words);
  // distribution tells what it did not expect only here.
  const bool is_unknown = error.code == "UNKNOWN" && !error.detail.starts_with('{');
  if (is_unknown && !error.detail.empty()) words += ": " + error.detail.substr(0, most_words);
  return words;
}

bool is_immutable_tag(const http::Response& answer) {
  static constexpr std::array<int, 5> statuses{400, 403, 405, 409, 412};
  if (std::ranges::find(statuses, answer.status) == statuses.end()) return false;
  const std::string words = text::lower(answer.body);
  // ECR, Harbor, Artifact Registry, Quay, Docker Hub; Artifactory and Nexus; a locked tag of ACR.
  static constexpr std::array<std::string_view, 8> signs{
      "immutab",
      "imagetagalreadyexists",
      "imagealreadyexists",
      "already exist",
      "cannot be overwritten",
      "delete/overwrite",
      "does not allow updating",
      "operation is disallowed on this registry, repository or image"};
  return std::ranges::any_of(
      signs, [&words](std::string_view sign) { return words.find(sign) != std::string::npos; });
}

std::optional<std::vector<std::string>> find_missing_blobs(const http::Response& answer) {
  if (answer.status < 400 || answer.status >= 500) return std::nullopt;
  std::vector<std::string> digests;
  bool missing = false;
  for (const RegistryError& error : errors_of(answer.body)) {
    if (error.code != "MANIFEST_BLOB_UNKNOWN" && error.code != "BLOB_UNKNOWN" &&
        error.code != "LayersNotFoundException") {
      continue;
    }
    missing = true;
    add_digests(error.detail, digests);
    add_digests(error.message, digests);
  }
  return missing ? std::optional(std::move(digests)) : std::nullopt;
}

bool is_hidden(const http::Response& answer) {
  if (answer.status != 401) return answer.status == 403;
  const auto values = answer.headers.all("WWW-Authenticate");
  return std::ranges::any_of(values, [](const std::string& value) {
    return std::ranges::any_of(parse_challenges(value), [](const Challenge& challenge) {
      return challenge.parameter("error") == "insufficient_scope";
    });
  });
}

bool is_full(const http::Response& answer) {
  if (answer.status == 507) return true;
  if (answer.status < 400 || answer.body.size() > most_error_bytes) return false;
  const std::string words = text::lower(answer.body);
  // A full disk under distribution (500), a project's quota of Harbor (412, 403) and others.
  return words.find("no space left on device") != std::string::npos ||
         words.find("quota exceeded") != std::string::npos ||
         words.find("exceed the configured upper limit") != std::string::npos;
}

bool has_error(const http::Response& answer, std::string_view code) {
  return std::ranges::any_of(errors_of(answer.body),
                             [code](const RegistryError& error) { return error.code == code; });
}

void require_same_digest(const http::Response& answer, const std::string& expected,
                         const std::string& what) {
  const auto told = answer.headers.find("Docker-Content-Digest");
  if (!told || *told == expected) return;
  throw base::Error(
      base::Kind::integrity,
      fmt::format("{}: the registry says it stored {}, not {}", what, *told, expected),
      "the registry or a proxy before it changes content; do not deploy this image");
}

base::Error failure(std::string_view what, const http::Response& answer, std::string hint) {
  if (hint.empty()) hint = default_hint(answer);
  return {kind_of(answer), fmt::format("{}: {}", what, words_of(answer)), std::move(hint)};
}

}  // namespace oci
