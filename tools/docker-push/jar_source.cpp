// SPDX-License-Identifier: Apache-2.0
#include "docker-push/jar_source.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/read_at.hpp"

namespace docker_push {
namespace {

std::string sha256_of(const file::UniqueFd& fd, const std::filesystem::path& path) {
  crypto::Sha256 hash;
  file::read_pieces(fd, {}, fmt::format("read {}", path.string()),
                    [&hash](std::span<const std::byte> bytes) { hash.update(bytes); });
  return hash.finish_hex();
}

std::optional<release::Record> find_record(const std::string& named,
                                           const std::filesystem::path& path,
                                           const process::Environment& environment) {
  const release::Stamp stamp = release::stamp_of(environment);
  if (named.empty()) return release::Record::open(path, stamp);
  return release::Record::find(path, stamp);
}

}  // namespace

void JarSource::require_recorded() const {
  if (!record) return;
  const std::string recorded = record->section("jar")["sha256"].string();
  const std::string found = sha256_of(zip->descriptor(), path);
  if (recorded == found) return;
  throw base::Error(base::Kind::integrity,
                    fmt::format("check {}: its sha256 is {}, {} says {}", path.string(), found,
                                record->path().string(), recorded),
                    "run build-jar again, or name another record with --release");
}

void JarSource::require_unchanged() const {
  if (file::snapshot(zip->descriptor()) == snapshot) return;
  throw base::Error(base::Kind::integrity,
                    fmt::format("read {}: it changed while it was read", path.string()),
                    "let the build end before docker-push starts");
}

JarSource open_jar(const std::string& named, const std::filesystem::path& record,
                   const process::Environment& environment) {
  JarSource source{.path = named,
                   .record = find_record(named, record, environment),
                   .zip = {},
                   .jar = {},
                   .snapshot = {},
                   .provenance = {}};
  if (named.empty()) {
    source.path = source.record->resolve(source.record->section("jar")["path"].string());
  }
  if (!std::filesystem::exists(source.path)) {
    throw base::Error(base::Kind::environment,
                      fmt::format("open {}: no such jar", source.path.string()),
                      named.empty() ? "run build-jar again" : "name a jar that exists");
  }
  source.zip = std::make_unique<archives::ZipReader>(source.path);
  source.snapshot = file::snapshot(source.zip->descriptor());
  source.jar = springboot::boot_jar(*source.zip);
  source.provenance = provenance_of(source.record, environment);
  if (source.provenance.version.empty()) source.provenance.version = source.jar.version;
  return source;
}

}  // namespace docker_push
