// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aws/s3_upload.hpp"

namespace aws {

// The part of upload() for content that does not go in one PUT: create or continue, send, complete,
// verify; abort on every other way out.
Uploaded upload_in_parts(S3& s3, const UploadRequest& request);

}  // namespace aws
