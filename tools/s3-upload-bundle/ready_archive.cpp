// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/ready_archive.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <memory>
#include <system_error>
#include <utility>

#include "archives/zip_reader.hpp"
#include "base/error.hpp"
#include "text/human.hpp"
#include "text/split.hpp"

namespace s3_upload_bundle {
namespace {

namespace fs = std::filesystem;
using file::EntryKind;

constexpr std::uint64_t longest_target = 4096;
constexpr std::uint64_t most_env_bytes = 64U << 10U;
// What is kept of a tar's files while its list is read, so that scripts need no second pass.
constexpr std::uint64_t largest_kept = 256U << 10U;
constexpr std::uint64_t most_kept = 8U << 20U;

[[noreturn]] void refuse_size(const std::string& path, std::uint64_t cap) {
  throw base::Error(base::Kind::integrity,
                    fmt::format("read {}: larger than {}", path, text::human_size(cap)));
}

unsigned mode_of(const archives::ZipEntry& entry) {
  if (entry.mode != 0) return entry.mode & 07777U;
  return entry.is_directory() ? 0755 : 0644;
}

Bundle read_zip(const fs::path& path) {
  Bundle bundle;
  const auto zip = std::make_shared<archives::ZipReader>(path);
  for (const auto& each : zip->entries()) {
    Entry entry{
        .path = each.name, .mode = mode_of(each), .size = each.size, .stored_as = each.name};
    if (each.is_directory()) {
      entry.path.pop_back();
      entry.kind = EntryKind::directory;
    } else if (S_ISLNK(each.mode)) {
      entry.kind = EntryKind::symlink;
      entry.link_target = zip->read(each, longest_target);
      entry.size = 0;
    }
    bundle.size += entry.size;
    bundle.entries.push_back(std::move(entry));
  }
  bundle.read = [zip](const Entry& entry, std::uint64_t cap) {
    const auto* found = zip->find(entry.stored_as);
    if (found == nullptr) throw base::Error(base::Kind::internal, "read a zip: an entry vanished");
    return zip->read(*found, cap);
  };
  return bundle;
}

using Kept = std::map<std::string, std::string, std::less<>>;

// Reads the tar again up to this file.
std::string read_again(const fs::path& path, const std::string& name, std::uint64_t cap) {
  std::string content;
  archives::read_tar(path, [&](const archives::TarEntry& entry) -> archives::Sink {
    if (entry.path != name || entry.kind != archives::TarKind::regular) return {};
    content.clear();
    return [&content, &name, cap](std::span<const std::byte> bytes) {
      if (content.size() + bytes.size() > cap) refuse_size(name, cap);
      content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
  });
  return content;
}

Entry entry_of(const archives::TarEntry& found) {
  Entry entry{.path = found.path, .mode = found.mode, .size = found.size, .stored_as = found.path};
  if (found.kind == archives::TarKind::directory) entry.kind = EntryKind::directory;
  if (found.kind == archives::TarKind::symlink) {
    entry.kind = EntryKind::symlink;
    entry.link_target = found.link_target;
  }
  return entry;
}

// A hard link's bytes are under the other name, which came before.
void resolve_hard_link(Entry& entry, const std::string& target,
                       const std::map<std::string, Entry>& earlier, const fs::path& path) {
  const auto found = earlier.find(target);
  if (found == earlier.end()) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read {}: {} is a hard link to {}, which is not in it",
                                  path.string(), entry.path, target));
  }
  entry.size = found->second.size;
  entry.stored_as = found->second.stored_as;
}

Bundle read_tar(const fs::path& path) {
  std::map<std::string, Entry> entries;  // the last of a name counts, as tar overwrites
  const auto kept = std::make_shared<Kept>();
  std::uint64_t kept_bytes = 0;
  archives::read_tar(path, [&](const archives::TarEntry& found) -> archives::Sink {
    auto entry = entry_of(found);
    const bool hard_link = found.kind == archives::TarKind::regular && !found.link_target.empty();
    if (hard_link) resolve_hard_link(entry, found.link_target, entries, path);
    entries[found.path] = std::move(entry);
    if (found.kind != archives::TarKind::regular || hard_link) return {};
    kept->erase(found.path);
    if (found.size > largest_kept || kept_bytes + found.size > most_kept) return {};
    kept_bytes += found.size;
    auto& content = (*kept)[found.path];
    return [&content](std::span<const std::byte> bytes) {
      content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
  });
  Bundle bundle;
  for (auto& [name, entry] : entries) {
    bundle.size += entry.size;
    bundle.entries.push_back(std::move(entry));
  }
  bundle.read = [path, kept](const Entry& entry, std::uint64_t cap) {
    const auto found = kept->find(entry.stored_as);
    if (found == kept->end()) return read_again(path, entry.stored_as, cap);
    if (found->second.size() > cap) refuse_size(entry.path, cap);
    return found->second;
  };
  return bundle;
}

bool is_appspec_name(std::string_view path) {
  return path == "appspec.yml" || path == "appspec.yaml";
}

// The agent strips one single top folder that holds an appspec.
void strip_top_folder(Bundle& bundle) {
  if (bundle.entries.empty()) return;
  const auto& first = bundle.entries.front().path;
  const std::string top = first.substr(0, first.find('/'));
  bool holds_appspec = false;
  for (const auto& entry : bundle.entries) {
    const bool is_top = entry.path == top && entry.kind == EntryKind::directory;
    if (!is_top && !entry.path.starts_with(top + "/")) return;
    if (!is_top)
      holds_appspec |= is_appspec_name(std::string_view(entry.path).substr(top.size() + 1));
  }
  if (!holds_appspec) return;
  std::erase_if(bundle.entries, [&](const Entry& entry) { return entry.path == top; });
  for (auto& entry : bundle.entries) entry.path.erase(0, top.size() + 1);
}

// KEY=value as a shell reads it, as far as release.env goes.
std::string value_in(std::string_view env, std::string_view key) {
  std::string value;
  for (const auto line : text::lines(env)) {
    const auto pair = text::cut(line, "=");
    if (!pair || text::trim(pair->first) != key) continue;
    auto found = text::trim(pair->second);
    const bool quoted = found.size() >= 2 && (found.front() == '\'' || found.front() == '"') &&
                        found.back() == found.front();
    value = std::string(quoted ? found.substr(1, found.size() - 2) : found);
  }
  return value;
}

}  // namespace

ReadyArchive read_archive(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    throw base::Error(base::Kind::usage, fmt::format("read {}: no such file", path.string()),
                      "give a zip, tar or tgz with --file, or a folder with --source");
  }
  ReadyArchive archive{.path = path,
                       .type = archives::archive_type(path),
                       .snapshot = file::snapshot(file::open_for_reading(path)),
                       .bundle = {}};
  if (archive.type == archives::ArchiveType::unknown) {
    throw base::Error(base::Kind::usage,
                      fmt::format("read {}: it is neither zip, tar nor gzipped tar", path.string()),
                      "CodeDeploy unpacks these three; a folder is given with --source");
  }
  archive.bundle = archive.type == archives::ArchiveType::zip ? read_zip(path) : read_tar(path);
  std::ranges::sort(archive.bundle.entries, {}, &Entry::path);
  strip_top_folder(archive.bundle);
  return archive;
}

bool names_image(const ReadyArchive& archive, const ReleaseFacts& facts) {
  const auto* entry = archive.bundle.find(release_env_name);
  if (entry == nullptr || entry->kind != EntryKind::regular) return false;
  const auto env = archive.bundle.read(*entry, most_env_bytes);
  const auto image = value_in(env, "IMAGE");
  const auto digest = value_in(env, "IMAGE_DIGEST");
  const auto expected = facts.repository + "@" + facts.digest;
  if (image.empty() && digest.empty()) return false;
  const bool same_image = image.empty() || image.ends_with("@" + facts.digest);
  const bool same_digest = digest.empty() || digest == facts.digest;
  if (same_image && same_digest) return true;
  throw base::Error(base::Kind::integrity,
                    fmt::format("check {}: its release.env names {}, the release record {}",
                                archive.path.string(), image.empty() ? digest : image, expected),
                    "pack it again for this build, or let --source do it");
}

}  // namespace s3_upload_bundle
