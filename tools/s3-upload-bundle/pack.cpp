// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/pack.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <span>
#include <utility>

#include "archives/gzip.hpp"
#include "archives/tar_writer.hpp"
#include "archives/zip_writer.hpp"
#include "base/error.hpp"
#include "file/steady_file.hpp"
#include "text/split.hpp"

namespace s3_upload_bundle {
namespace {

using file::EntryKind;
using Bytes = std::span<const std::byte>;

// Unpacked; beyond it the archive goes to a file.
constexpr std::uint64_t most_in_memory = 8U << 20U;

archives::ZipInput zip_input(const Entry& entry) {
  switch (entry.kind) {
    case EntryKind::directory:
      return {.path = entry.path, .kind = archives::ZipKind::directory};
    case EntryKind::symlink:
      return {.path = entry.path, .kind = archives::ZipKind::symlink, .content = entry.link_target};
    case EntryKind::regular:
      break;
  }
  return {.path = entry.path,
          .executable = (entry.mode & 0100U) != 0,
          .content = entry.content,
          .file = entry.file};
}

void write_zip(const Bundle& bundle, const archives::ZipOutput& output, std::int64_t mtime) {
  std::vector<archives::ZipInput> inputs;
  inputs.reserve(bundle.entries.size());
  for (const auto& entry : bundle.entries) inputs.push_back(zip_input(entry));
  archives::write_zip(std::move(inputs), output, {.mtime = mtime});
}

void add_file(archives::TarWriter& tar, archives::TarEntry entry, const Entry& source) {
  if (source.file.empty()) {
    tar.add(std::move(entry), source.content);
    return;
  }
  const file::SteadyFile file(source.file);
  entry.size = file.size();
  tar.begin(entry);
  file.read([&tar](Bytes bytes) { tar.write(bytes); });
}

void write_tgz(const Bundle& bundle, const archives::Sink& sink, std::int64_t mtime) {
  archives::GzipWriter gzip(sink);
  archives::TarWriter tar([&gzip](Bytes bytes) { gzip.write(bytes); });
  for (const auto& entry : bundle.entries) {
    archives::TarEntry header{.path = entry.path, .mode = entry.mode, .mtime = mtime};
    if (entry.kind == EntryKind::regular) {
      add_file(tar, std::move(header), entry);
      continue;
    }
    header.kind = entry.kind == EntryKind::directory ? archives::TarKind::directory
                                                     : archives::TarKind::symlink;
    header.link_target = entry.link_target;
    tar.add(std::move(header));
  }
  tar.finish();
  gzip.finish();
}

// Ends the packing when the build is stopped.
archives::ZipOutput stoppable(archives::ZipOutput output, const std::stop_token& stop) {
  return {.append =
              [append = std::move(output.append), stop](Bytes bytes) {
                if (stop.stop_requested()) {
                  throw base::Error(base::Kind::unavailable, "pack the bundle: stopped");
                }
                append(bytes);
              },
          .patch = std::move(output.patch)};
}

void write(const Bundle& bundle, const PackOptions& options, archives::ZipOutput output) {
  const auto checked = stoppable(std::move(output), options.stop);
  if (options.format == Format::zip) {
    write_zip(bundle, checked, options.mtime);
  } else {
    write_tgz(bundle, checked.append, options.mtime);
  }
}

void append_to(std::string& text, Bytes bytes) {
  text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::filesystem::path scratch_folder(const std::filesystem::path& wanted) {
  std::error_code error;
  if (std::filesystem::is_directory(wanted, error)) return wanted;
  return std::filesystem::temp_directory_path();
}

}  // namespace

std::int64_t archive_time(const std::optional<std::string>& source_date_epoch) {
  if (!source_date_epoch) return archives::first_zip_time;
  const auto seconds = text::find_number(*source_date_epoch);
  if (!seconds) {
    throw base::Error(
        base::Kind::usage,
        fmt::format("read SOURCE_DATE_EPOCH: '{}' is no number of seconds", *source_date_epoch),
        "unset it, or set it to git log -1 --format=%ct");
  }
  constexpr std::int64_t last_zip_time = 4'354'819'198;  // 2107-12-31T23:59:58Z
  const auto most = static_cast<std::uint64_t>(last_zip_time);
  return std::max(static_cast<std::int64_t>(std::min(*seconds, most)), archives::first_zip_time);
}

Archive pack(const Bundle& bundle, const PackOptions& options) {
  Archive archive{.type = options.format == Format::zip ? "zip" : "tgz"};
  if (bundle.size <= most_in_memory) {
    auto& bytes = archive.bytes;
    write(bundle, options,
          {.append = [&bytes](Bytes more) { append_to(bytes, more); },
           .patch =
               [&bytes](std::uint64_t offset, Bytes better) {
                 std::ranges::copy(better, std::as_writable_bytes(std::span(bytes)).begin() +
                                               static_cast<std::ptrdiff_t>(offset));
               }});
    archive.size = bytes.size();
    return archive;
  }
  auto& scratch = archive.scratch.emplace(scratch_folder(options.scratch));
  write(bundle, options,
        {.append = [&scratch](Bytes more) { scratch.append(more); },
         .patch = [&scratch](std::uint64_t offset,
                             Bytes better) { scratch.overwrite(offset, better); }});
  archive.size = scratch.size();
  return archive;
}

Archive archive_of(const ReadyArchive& ready) {
  Archive archive{.type = ready.type == archives::ArchiveType::zip
                              ? "zip"
                              : (ready.type == archives::ArchiveType::tar ? "tar" : "tgz")};
  archive.ready = file::open_for_reading(ready.path);
  const auto now = file::snapshot(archive.ready);
  if (!(now == ready.snapshot)) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read {}: it changed while it was checked", ready.path.string()),
                      "run it again when nothing writes to it");
  }
  archive.size = now.size;
  return archive;
}

aws::UploadContent Archive::content(const aws::S3* s3, std::uint64_t part_size,
                                    std::stop_token stop) {
  if (!scratch && !ready) return aws::content_of_bytes(std::move(bytes));
  const auto& fd = scratch ? scratch->descriptor() : ready;
  if (s3 != nullptr) return aws::hashed_content_of_file(*s3, fd, part_size);
  return aws::hashed_content(fd, {}, std::move(stop));
}

std::string content_type_of(std::string_view bundle_type) {
  if (bundle_type == "zip") return "application/zip";
  return bundle_type == "tgz" ? "application/gzip" : "application/x-tar";
}

}  // namespace s3_upload_bundle
