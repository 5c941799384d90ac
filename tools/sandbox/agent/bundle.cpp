// SPDX-License-Identifier: Apache-2.0
#include "sandbox/agent/bundle.hpp"

#include <fmt/core.h>

#include <optional>
#include <system_error>

#include "base/error.hpp"
#include "file/file.hpp"
#include "process/child.hpp"
#include "sandbox/agent/deployment_root.hpp"
#include "text/split.hpp"

namespace sandbox::agent {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(std::string what) {
  throw base::Error(base::Kind::refused, std::move(what));
}

void unpack(const fs::path& bundle, std::string_view type, const fs::path& archive,
            const std::stop_token& stop) {
  std::vector<std::string> argv;
  if (type == "zip" || type.empty()) {
    argv = {"unzip", "-qo", bundle.string(), "-d", archive.string()};
  } else if (type == "tar" || type == "tgz") {
    argv = {"tar", type == "tgz" ? "-xpzf" : "-xpf", bundle.string(), "-C", archive.string()};
  } else {
    refuse(fmt::format("bundle type {} is not supported", type));
  }
  const auto done = process::capture({.argv = argv}, stop, std::chrono::minutes(10));
  if (done.exit.ok()) return;
  const auto words = text::trim(done.err.empty() ? done.out : done.err);
  // unzip says 50 when the disk is full, 9 when it finds no archive at all.
  if (done.exit.code == 50) refuse(fmt::format("No space left on device: {}", words));
  refuse(fmt::format("Error unpacking the bundle, {}: {}", process::describe(done.exit),
                     words.substr(0, 500)));
}

bool looks_like_appspec(const fs::path& path) {
  return text::lower(path.filename().string()).find("appspec") != std::string::npos;
}

// The one folder at the top of the archive, when it holds something that is called appspec.
std::optional<fs::path> leading_folder(const fs::path& archive) {
  std::optional<fs::path> only;
  for (const auto& entry : fs::directory_iterator(archive)) {
    if (only) return std::nullopt;
    only = entry.path();
  }
  if (!only || !fs::is_directory(fs::symlink_status(*only))) return std::nullopt;
  for (const auto& entry : fs::directory_iterator(*only)) {
    if (looks_like_appspec(entry.path())) return only;
  }
  return std::nullopt;
}

void strip_leading_folder(const fs::path& archive) {
  const auto folder = leading_folder(archive);
  if (!folder) return;
  // Aside first: the folder may hold an entry of its own name.
  const auto aside = archive.parent_path() / "deployment-archive-temp";
  fs::remove_all(aside);
  fs::rename(*folder, aside);
  fs::remove_all(archive);
  fs::rename(aside, archive);
}

}  // namespace

void download_bundle(const s3::Store& objects, const S3Location& revision,
                     const fs::path& deployment, std::stop_token stop) {
  if (!objects.has_bucket(revision.bucket)) refuse("The specified bucket does not exist");
  const auto object = objects.find(revision.bucket, revision.key, revision.version);
  if (!object) {
    refuse(revision.version.empty() ? "The specified key does not exist"
                                    : "The specified version does not exist");
  }
  if (!revision.etag.empty() && revision.etag != object->etag) {
    refuse(fmt::format("Expected deployment artifact bundle etag {} but was actually {}",
                       revision.etag, object->etag));
  }
  const auto archive = archive_of(deployment);
  fs::remove_all(deployment);
  file::make_directories(archive);
  const auto bundle =
      deployment / ("bundle." + (revision.bundle_type.empty() ? "zip" : revision.bundle_type));
  s3::copy_to(object->blobs, bundle);
  unpack(bundle, revision.bundle_type, archive, stop);
  strip_leading_folder(archive);
  std::error_code ignored;
  fs::remove(bundle, ignored);
}

}  // namespace sandbox::agent
