// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "archives/tar_reader.hpp"
#include "file/file.hpp"
#include "s3-upload-bundle/bundle.hpp"
#include "s3-upload-bundle/release_env.hpp"

namespace s3_upload_bundle {

// An archive that somebody else packed. It is sent byte for byte.
struct ReadyArchive {
  std::filesystem::path path;
  archives::ArchiveType type;
  file::Snapshot snapshot;  // of the file when it was looked at
  Bundle bundle;
};

// Throws usage when there is no such file or it is no archive, integrity for one that cannot be
// read whole. A single top folder that holds the appspec is taken off the paths, as the agent does.
ReadyArchive read_archive(const std::filesystem::path& path);

// Does the archive's release.env name the image of the record? Throws integrity when it names
// another. False when it names none.
bool names_image(const ReadyArchive& archive, const ReleaseFacts& facts);

}  // namespace s3_upload_bundle
