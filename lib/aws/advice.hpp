// SPDX-License-Identifier: Apache-2.0
//
// What a person can do about a service's refusal.
#pragma once

#include <string>
#include <string_view>

#include "aws/failure.hpp"

namespace aws {

// The one next thing to try; empty when none is known.
std::string hint_for(const Failure& failure);

// The permission that an operation of S3 takes: UploadPart and CompleteMultipartUpload are
// "s3:PutObject", HeadBucket is "s3:ListBucket".
std::string s3_action(std::string_view operation);

// The first line in which two canonical requests differ, told for a person; never shows a token.
std::string canonical_difference(std::string_view ours, std::string_view theirs);

}  // namespace aws
