// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "http/message.hpp"

namespace oci {

// The registry's own words of a failed answer: "403 denied: requested access to the resource is
// denied", or the bare status when the body says nothing.
std::string words_of(const http::Response& answer);

// The Error for an answer that ends an operation; `what` names operation and object ("push layer
// sha256:… to docker.io/acme/shop").
base::Error failure(std::string_view what, const http::Response& answer, std::string hint = {});

}  // namespace oci
