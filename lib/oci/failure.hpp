// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "http/message.hpp"

namespace oci {

// The registry's own words of a failed answer: "403 denied: requested access to the resource is
// denied", or the bare status when the body says nothing.
std::string words_of(const http::Response& answer);

// True when an answer to a manifest says that its tag exists and cannot be moved. Registries say it
// with 400, 403, 405, 409 or 412, so the words decide.
bool is_immutable_tag(const http::Response& answer);

// The digests that a registry misses of a manifest it refused; an empty list when it names none,
// absent when it refused for another reason.
std::optional<std::vector<std::string>> find_missing_blobs(const http::Response& answer);

// A look-up that is refused: what is looked for may be there. Credentials that may push and not
// pull are refused so (403, or 401 insufficient_scope when a token lacks the right), and some
// registries answer 403 for what does not exist. Whether the push itself is allowed, its first
// write tells.
bool is_hidden(const http::Response& answer);

// The registry or the project's quota is full: trying again changes nothing.
bool is_full(const http::Response& answer);

// True when one of the answer's errors has this code ("DIGEST_INVALID").
bool has_error(const http::Response& answer, std::string_view code);

// Throws integrity when the registry says it stored something else.
void require_same_digest(const http::Response& answer, const std::string& expected,
                         const std::string& what);

// The Error for an answer that ends an operation; `what` names operation and object ("push layer
// sha256:… to docker.io/acme/shop").
base::Error failure(std::string_view what, const http::Response& answer, std::string hint = {});

}  // namespace oci
