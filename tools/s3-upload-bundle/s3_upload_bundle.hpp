// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "aws/session.hpp"
#include "cli/run.hpp"
#include "s3-upload-bundle/destination.hpp"

namespace s3_upload_bundle {

struct UploadOptions {
  std::filesystem::path source{};
  Destination to{};
  aws::SessionOptions aws{};
};

// Folder → deterministic zip with release.env → one verified object, recorded with version and ETag
// as section `bundle`. An object that is there already with the same bytes is not sent again.
cli::Result upload(const UploadOptions& options, const cli::Context& context);

}  // namespace s3_upload_bundle
