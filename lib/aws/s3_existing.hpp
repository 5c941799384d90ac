// SPDX-License-Identifier: Apache-2.0
//
// What is at a key compared with what should be there; for the upload only.
#pragma once

#include <optional>

#include "aws/s3_upload.hpp"

namespace aws {

Condition condition_of(const UploadRequest& request);

// Does the service say that these are our bytes? Its own checksum of the whole settles it, then
// what the writer said of them. An ETag is an MD5 only of a single PUT without KMS, so it can
// confirm and never deny. Absent: it does not say.
std::optional<bool> holds(const StoredObject& stored, const UploadContent& content);

// What is at the key already when it is the content. Absent: nothing, something that may be
// replaced, or this caller may not look. Throws conflict for other content.
std::optional<Uploaded> find_equal(S3& s3, const UploadRequest& request);

enum class Origin { found, sent_now };

// The same when something is certain to be there: throws conflict when it cannot be told to be the
// content.
Uploaded require_equal(S3& s3, const UploadRequest& request, Origin origin);

// A HEAD of what was just stored. Throws integrity when that is not what was sent.
Uploaded verified(S3& s3, const UploadRequest& request, const StoredObject& stored);

}  // namespace aws
