// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "s3-upload-bundle/bundle.hpp"

namespace s3_upload_bundle {

// Why a file of this path holds a secret whatever is in it (".env", "id_rsa", "keys/site.p12");
// null pointer when its name alone does not say so.
const char* find_secret_name(std::string_view path);

// May a file of this path hold one, so that its content must be asked?
bool may_hold_secret(std::string_view path);

// Why this content, under this path, is a secret; null pointer when it is none.
const char* find_secret_content(std::string_view path, std::string_view content);

// The secrets of a bundle as errors of rule B01, without the paths in `allowed`. Only what is
// certain: a rule that cries wolf is switched off.
std::vector<appspec::Finding> secrets_in(const Bundle& bundle,
                                         const std::vector<std::string>& allowed);

}  // namespace s3_upload_bundle
