// SPDX-License-Identifier: Apache-2.0
//
// release.json: what one build is, link by link (source → jar → image → bundle → deployment →
// health). Each tool reads the sections before its own and adds its own; `prev` holds the sha256 of
// the file as the tool found it, so the record is a chain.
//
// Workspaces outlive builds, so a record may be another build's: it is stamped with commit and
// BUILD_TAG, and refused when the environment names others.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "json/field.hpp"
#include "json/value.hpp"
#include "process/environment.hpp"

namespace release {

inline constexpr std::string_view default_path = ".stagecraft/release.json";

// Which build this process belongs to, as far as the environment says; empty: unknown.
struct Stamp {
  std::string commit;     // GIT_COMMIT
  std::string build_tag;  // BUILD_TAG
};

Stamp stamp_of(const process::Environment& environment);

class Record {
 public:
  // Throws usage when there is no record (hint: the tool that starts it), integrity when it is no
  // release record or is stamped with another commit or build tag than `stamp` (both named).
  static Record open(const std::filesystem::path& path, const Stamp& stamp);

  // The same, absent when there is no file.
  static std::optional<Record> find(const std::filesystem::path& path, const Stamp& stamp);

  // The section of that name as a field; throws usage when absent, naming the tool that writes it.
  json::Field section(std::string_view name) const;
  bool has(std::string_view name) const;

  const std::filesystem::path& path() const { return path_; }
  const std::string& sha256() const { return sha256_; }
  const json::Value& document() const { return document_; }

  // A path stored in the record is relative to the record's folder.
  std::filesystem::path resolve(std::string_view stored) const;

  // Writes this section after the others, dropping those of later stages, which described an
  // earlier run. Throws conflict when the file changed since it was opened.
  void extend(std::string_view name, json::Value section) const;

 private:
  Record(std::filesystem::path path, json::Value document, std::string sha256)
      : path_(std::move(path)), document_(std::move(document)), sha256_(std::move(sha256)) {}

  std::filesystem::path path_;
  json::Value document_;
  std::string sha256_;
};

// Starts a new record, replacing whatever another build left.
void begin(const std::filesystem::path& path, json::Value source, json::Value jar);

// How a path is stored in the record at `record`.
std::string stored_path(const std::filesystem::path& record, const std::filesystem::path& file);

}  // namespace release
