// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "aws/credentials.hpp"

namespace aws {

// Registers what must not be shown, and gives the keys back.
Credentials masked(Credentials credentials);

// The end of the access key, enough to tell two apart: "…MPLE".
std::string shown_key(const Credentials& credentials);

// Keys as AWS clients hand them to each other: {"AccessKeyId", "SecretAccessKey", `token_name`,
// "Expiration" in RFC 3339}. Token and Expiration may be missing. Throws environment for anything
// else, with `what` as the document's name and never with its text; the origin is left empty.
Credentials credentials_of_json(std::string_view text, std::string_view what,
                                std::string_view token_name);

// The same in the form with "SessionToken", which programs print and credentials_of_json reads.
std::string json_of_credentials(const Credentials& credentials);

}  // namespace aws
