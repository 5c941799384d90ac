// SPDX-License-Identifier: Apache-2.0
#include "release/record.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"

namespace release {
namespace {

constexpr std::int64_t schema = 1;

struct Stage {
  std::string_view section;
  std::string_view tool;  // that writes it
};

constexpr std::array<Stage, 6> stages{{{"source", "build-jar"},
                                       {"jar", "build-jar"},
                                       {"image", "docker-push"},
                                       {"bundle", "s3-upload-bundle"},
                                       {"deployment", "codedeploy-trigger"},
                                       {"health", "wait-healthy"}}};

const Stage& stage_of(std::string_view section) {
  const auto found = std::find_if(stages.begin(), stages.end(), [&](const Stage& stage) {
    return stage.section == section;
  });
  if (found == stages.end()) {
    throw base::Error(base::Kind::internal, fmt::format("no record section named {}", section));
  }
  return *found;
}

void require_same(std::string_view what, const std::string& theirs, const std::string& ours,
                  const std::filesystem::path& path) {
  if (ours.empty() || theirs.empty() || ours == theirs) return;
  throw base::Error(base::Kind::integrity,
                    fmt::format("read {}: it is of {} {}, this build is of {}", path.string(), what,
                                theirs, ours),
                    "run build-jar in this build first, or give this build's record with --release");
}

std::filesystem::path lock_path(const std::filesystem::path& path) {
  return path.parent_path() / ("." + path.filename().string() + ".lock");
}

std::filesystem::path folder_of(const std::filesystem::path& record) {
  return std::filesystem::weakly_canonical(std::filesystem::absolute(record).parent_path());
}

}  // namespace

Stamp stamp_of(const process::Environment& environment) {
  return {environment("GIT_COMMIT").value_or(""), environment("BUILD_TAG").value_or("")};
}

std::optional<Record> Record::find(const std::filesystem::path& path, const Stamp& stamp) {
  const auto content = file::find(path);
  if (!content) return std::nullopt;
  auto document = json::parse(*content, path.string());
  const json::Field root(document, path.string());
  if (root["schema"].integer() != schema) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read {}: schema {}, this version reads {}", path.string(),
                                  root["schema"].integer(), schema));
  }
  const auto source = root["source"];
  require_same("commit", source["commit"].string(), stamp.commit, path);
  require_same("build", source["build_tag"].maybe_string().value_or(""), stamp.build_tag, path);
  return Record(path, std::move(document), crypto::sha256_hex(*content));
}

Record Record::open(const std::filesystem::path& path, const Stamp& stamp) {
  auto record = find(path, stamp);
  if (!record) {
    throw base::Error(base::Kind::usage, fmt::format("read {}: no such release record", path.string()),
                      "run build-jar first, or name the record with --release");
  }
  return std::move(*record);
}

json::Field Record::section(std::string_view name) const {
  if (!has(name)) {
    throw base::Error(base::Kind::usage,
                      fmt::format("read {}: it has no section '{}'", path_.string(), name),
                      fmt::format("run {} first", stage_of(name).tool));
  }
  return json::Field(document_, path_.string())[name];
}

bool Record::has(std::string_view name) const { return document_.find(name) != nullptr; }

std::filesystem::path Record::resolve(std::string_view stored) const {
  return (folder_of(path_) / stored).lexically_normal();
}

void Record::extend(std::string_view name, json::Value section) const {
  const auto& own = stage_of(name);
  const file::Lock lock(lock_path(path_));
  const auto current = file::find(path_);
  if (!current || crypto::sha256_hex(*current) != sha256_) {
    throw base::Error(base::Kind::conflict,
                      fmt::format("extend {}: another stage changed it meanwhile", path_.string()),
                      "run the stages of one build one after another");
  }
  json::Value next = json::object({{"schema", schema}});
  for (const auto& stage : stages) {
    if (stage.section == own.section) break;
    if (const auto* kept = document_.find(stage.section)) next.set(stage.section, *kept);
  }
  next.set(own.section, std::move(section));
  next.set("prev", sha256_);
  file::write_atomically(path_, json::write_pretty(next));
}

void begin(const std::filesystem::path& path, json::Value source, json::Value jar) {
  const file::Lock lock(lock_path(path));
  file::write_atomically(
      path, json::write_pretty(json::object(
                {{"schema", schema}, {"source", std::move(source)}, {"jar", std::move(jar)}})));
}

std::string stored_path(const std::filesystem::path& record, const std::filesystem::path& file) {
  return std::filesystem::weakly_canonical(std::filesystem::absolute(file))
      .lexically_relative(folder_of(record))
      .generic_string();
}

}  // namespace release
