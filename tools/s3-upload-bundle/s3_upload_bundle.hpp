// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "cli/run.hpp"
#include "s3-upload-bundle/bundle.hpp"
#include "s3-upload-bundle/check.hpp"
#include "s3-upload-bundle/destination.hpp"
#include "s3-upload-bundle/pack.hpp"
#include "s3-upload-bundle/send.hpp"

namespace s3_upload_bundle {

struct UploadOptions {
  FolderOptions folder{};           // its source is empty when a file is given
  std::filesystem::path file{};     // a ready archive
  std::optional<Destination> to{};  // absent only when nothing is to be sent
  Format format = Format::zip;
  CheckOptions check{};
  bool lint_only = false;
  bool fix = false;
  SendOptions send{};
};

// Folder → release.env → lint → deterministic archive → one verified object, recorded with version
// and ETag as section `bundle`. A ready archive is linted and sent as it is; it needs no record,
// but where there is one with an image, its release.env must not name another.
cli::Result upload(const UploadOptions& options, const cli::Context& context);

}  // namespace s3_upload_bundle
