// SPDX-License-Identifier: Apache-2.0
#include "docker-push/jar_source.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace docker_push {
namespace {

std::string sha256_of(const file::UniqueFd& fd, const std::filesystem::path& path) {
  std::vector<char> buffer(1U << 20U);
  crypto::Sha256 hash;
  off_t offset = 0;
  while (true) {
    const auto count = ::pread(fd.get(), buffer.data(), buffer.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw base::from_errno(fmt::format("read {}", path.string()), errno);
    if (count == 0) return hash.finish_hex();
    hash.update(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
    offset += count;
  }
}

std::optional<release::Record> find_record(const std::string& named,
                                           const std::filesystem::path& path,
                                           const process::Environment& environment) {
  const release::Stamp stamp = release::stamp_of(environment);
  if (named.empty()) return release::Record::open(path, stamp);
  return release::Record::find(path, stamp);
}

// The moment the image counts as made: the commit's, so that the same source gives the same image.
std::string created_time(const JarSource& source, const process::Environment& environment) {
  if (const auto epoch = environment("SOURCE_DATE_EPOCH")) {
    const auto seconds = text::find_number(*epoch);
    constexpr std::uint64_t year_9999 = 253'402'300'799;
    if (!seconds || *seconds > year_9999) {
      throw base::Error(base::Kind::usage,
                        fmt::format("read SOURCE_DATE_EPOCH: '{}' is no time", *epoch),
                        "give seconds since 1970-01-01, or unset it");
    }
    return timing::rfc3339(timing::SystemTime(std::chrono::seconds(*seconds)));
  }
  if (source.record) {
    if (const auto seconds = source.record->section("source")["commit_time"].maybe_integer()) {
      return timing::rfc3339(timing::SystemTime(std::chrono::seconds(*seconds)));
    }
  }
  return timing::rfc3339(timing::SystemTime());
}

Provenance provenance_of(const JarSource& source, const process::Environment& environment) {
  Provenance provenance{.created = created_time(source, environment),
                        .version = source.jar.version};
  if (!source.record) return provenance;
  const json::Field from = source.record->section("source");
  provenance.revision = from["commit"].maybe_string().value_or("");
  provenance.source = from["repo"].maybe_string().value_or("");
  const json::Field jar = source.record->section("jar");
  provenance.version = jar["version"].maybe_string().value_or(provenance.version);
  provenance.described = from["version"].maybe_string().value_or("");
  return provenance;
}

void require_recorded_bytes(const JarSource& source) {
  const std::string recorded = source.record->section("jar")["sha256"].string();
  const std::string found = sha256_of(source.zip->descriptor(), source.path);
  if (recorded == found) return;
  throw base::Error(base::Kind::integrity,
                    fmt::format("check {}: its sha256 is {}, {} says {}", source.path.string(),
                                found, source.record->path().string(), recorded),
                    "run build-jar again, or name another record with --release");
}

}  // namespace

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
  if (source.record) require_recorded_bytes(source);
  source.jar = springboot::boot_jar(*source.zip);
  source.provenance = provenance_of(source, environment);
  return source;
}

}  // namespace docker_push
