// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace oci {

// "sha256:" and 64 lower-case hexadecimal digits; the one algorithm that registries all have.
bool is_digest(std::string_view text);

std::string digest_of(std::string_view bytes);

// "sha256:0123456789ab", for people.
std::string short_digest(std::string_view digest);

}  // namespace oci
