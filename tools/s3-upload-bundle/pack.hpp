// SPDX-License-Identifier: Apache-2.0
//
// From entries to one archive whose bytes depend on them alone: names sorted bytewise, owner 0, one
// time for all, modes 0755, 0644 and 0777 for links.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "aws/s3_upload.hpp"
#include "file/scratch_file.hpp"
#include "s3-upload-bundle/bundle.hpp"
#include "s3-upload-bundle/ready_archive.hpp"

namespace s3_upload_bundle {

enum class Format { zip, tgz };

// 1980-01-01, or SOURCE_DATE_EPOCH within what a zip can say; usage when that is no number.
std::int64_t archive_time(const std::optional<std::string>& source_date_epoch);

struct PackOptions {
  Format format = Format::zip;
  std::int64_t mtime = 0;
  std::filesystem::path scratch{};  // folder for archives that are not held in memory
  std::stop_token stop{};
};

// The bytes that are sent. Small ones are in memory, others in a file.
struct Archive {
  std::string type;  // bundleType: "zip", "tgz", "tar"
  std::uint64_t size = 0;
  std::string bytes{};
  std::optional<file::ScratchFile> scratch{};
  file::UniqueFd ready{};

  // Hashes it, and its parts as `s3` (null pointer: nobody) wants them; call it once. The archive
  // must outlive the content and stay where it is.
  aws::UploadContent content(const aws::S3* s3, std::uint64_t part_size, std::stop_token stop);
};

// Throws integrity for a file that changes while it is read, unavailable when stopped.
Archive pack(const Bundle& bundle, const PackOptions& options);

// Throws integrity when the file is another one than was looked at.
Archive archive_of(const ReadyArchive& ready);

std::string content_type_of(std::string_view bundle_type);

}  // namespace s3_upload_bundle
