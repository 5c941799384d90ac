// SPDX-License-Identifier: Apache-2.0
//
// Keys that a program prints (credential_process).
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/key_source.hpp"

namespace aws {

// A command line cut into words as Python's shlex does, which is how botocore reads this setting:
// white space separates, '…' takes all as it is, in "…" a backslash stands before " and \ only.
// Nothing is expanded, and no shell runs. Absent for an open quote or a backslash at the end.
std::optional<std::vector<std::string>> find_words(std::string_view command);

// Absent when the profile names no program. What it says on stderr is shown when it fails, what it
// prints on stdout never is; after `limit` it is ended.
std::optional<KeySource> find_process(const Surroundings& surroundings, const std::string& profile,
                                      std::chrono::milliseconds limit = std::chrono::minutes(1));

}  // namespace aws
