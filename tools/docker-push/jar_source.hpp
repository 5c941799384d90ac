// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "archives/zip_reader.hpp"
#include "docker-push/provenance.hpp"
#include "file/file.hpp"
#include "process/environment.hpp"
#include "release/record.hpp"
#include "springboot/boot_jar.hpp"

namespace docker_push {

// The jar of this run, open, with what the release record says of it.
struct JarSource {
  std::filesystem::path path;
  std::optional<release::Record>
      record;  // absent only when the jar was named and there is no record
  std::unique_ptr<archives::ZipReader> zip;
  springboot::BootJar jar;
  file::Snapshot snapshot;
  Provenance provenance;

  // Hashes the whole jar; throws integrity when its sha256 is not the record's. May run on a thread
  // of its own.
  void require_recorded() const;

  // Throws integrity when the file is no longer what was opened.
  void require_unchanged() const;
};

// `named` is the jar's path, empty for the record's. Throws usage when there is neither,
// environment when the file is missing, integrity when it is no boot jar.
JarSource open_jar(const std::string& named, const std::filesystem::path& record,
                   const process::Environment& environment);

}  // namespace docker_push
