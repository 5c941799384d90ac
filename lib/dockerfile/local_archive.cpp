// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/local_archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "archives/entry_name.hpp"
#include "base/c_handle.hpp"
#include "base/error.hpp"
#include "dockerfile/glob.hpp"
#include "file/temp_dir.hpp"
#include "file/unique_fd.hpp"

namespace dockerfile {
namespace {

namespace fs = std::filesystem;
using ArchiveHandle = base::CHandle<struct archive, archive_read_free>;

bool is_entry(int status) { return status == ARCHIVE_OK || status == ARCHIVE_WARN; }

constexpr std::uint64_t most_account_bytes = 1U << 20U;

bool is_account_file(std::string_view path) { return path == "etc/passwd" || path == "etc/group"; }

// Of what an archive is part.
enum class Part { context, image };

class Unpacker {
 public:
  Unpacker(const fs::path& path, Part part, Contents contents, const UnpackLimits& limits)
      : path_(path), part_(part), contents_(contents), limits_(limits) {}

  std::optional<Tree> run(const fs::path& scratch);

 private:
  [[noreturn]] void refuse(const std::string& reason) const {
    throw base::Error(base::Kind::integrity, fmt::format("unpack {}: {}", path_.string(), reason));
  }
  const char* reason() const {
    const char* text = archive_error_string(handle_.get());
    return text ? text : "broken archive";
  }
  void begin_scratch_file(const fs::path& scratch);
  void add(archive_entry* found);
  bool set_kind(archive_entry* found, Entry& entry);
  Origin take(std::string_view name, std::uint64_t size);
  Origin store(std::uint64_t size);
  std::string text(std::uint64_t size);

  fs::path path_;
  Part part_;
  Contents contents_;
  UnpackLimits limits_;
  ArchiveHandle handle_{archive_read_new()};
  std::shared_ptr<file::TempDir> folder_;
  fs::path file_;
  file::UniqueFd out_;
  std::uint64_t written_ = 0;
  std::size_t seen_ = 0;
  Tree tree_;
};

std::optional<Tree> Unpacker::run(const fs::path& scratch) {
  archive_read_support_format_tar(handle_.get());
  archive_read_support_filter_gzip(handle_.get());
  archive_read_support_filter_bzip2(handle_.get());
  archive_read_support_filter_xz(handle_.get());
  archive_read_support_filter_zstd(handle_.get());
  if (archive_read_open_filename(handle_.get(), path_.c_str(), 1U << 16U) != ARCHIVE_OK) {
    return std::nullopt;
  }
  archive_entry* found = nullptr;
  const int first = archive_read_next_header(handle_.get(), &found);
  if (first == ARCHIVE_EOF && part_ == Part::image) return Tree{};
  if (!is_entry(first)) return std::nullopt;
  if (contents_ == Contents::all) begin_scratch_file(scratch);
  for (;;) {
    if (++seen_ > limits_.entries) refuse(fmt::format("more than {} entries", limits_.entries));
    add(found);
    const int status = archive_read_next_header(handle_.get(), &found);
    if (status == ARCHIVE_EOF) break;
    if (!is_entry(status)) refuse(reason());
  }
  return std::move(tree_);
}

void Unpacker::begin_scratch_file(const fs::path& scratch) {
  folder_ = std::make_shared<file::TempDir>("add", scratch);
  file_ = folder_->path() / "contents";
  out_ = file::UniqueFd(open(file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out_) throw base::from_errno(fmt::format("write {}", file_.string()), errno);
}

void Unpacker::add(archive_entry* found) {
  const char* raw = archive_entry_pathname(found);
  if (!raw) refuse("an entry without a name");
  std::string name = clean_path(raw);
  if (name.starts_with('/')) name.erase(0, 1);
  if (name == "." || name.empty()) return;  // the folder it is unpacked into
  if (const char* fault = archives::find_name_fault(name)) {
    refuse(fmt::format("the entry {} {}", name, fault));
  }
  Entry entry;
  entry.header.path = name;
  entry.header.mode = static_cast<unsigned>(archive_entry_perm(found)) & 07777U;
  entry.header.uid = static_cast<unsigned>(archive_entry_uid(found));
  entry.header.gid = static_cast<unsigned>(archive_entry_gid(found));
  if (!set_kind(found, entry)) return;
  add_parents(tree_, name, {});
  put_over(tree_, std::move(entry));
}

// False for what is left out.
bool Unpacker::set_kind(archive_entry* found, Entry& entry) {
  if (const char* target = archive_entry_hardlink(found)) {
    std::string of = clean_path(target);
    if (of.starts_with('/')) of.erase(0, 1);
    const auto linked = tree_.find(of);
    if (linked == tree_.end() || linked->second.header.kind == archives::TarKind::directory) {
      refuse(fmt::format("{} is a link to {}, which is no file before it", entry.header.path, of));
    }
    const std::string path = entry.header.path;
    entry = linked->second;
    entry.header.path = path;
    return true;
  }
  switch (archive_entry_filetype(found)) {
    case AE_IFDIR:
      entry.header.kind = archives::TarKind::directory;
      return true;
    case AE_IFLNK: {
      entry.header.kind = archives::TarKind::symlink;
      const char* target = archive_entry_symlink(found);
      entry.header.link_target = target ? target : "";
      return true;
    }
    case AE_IFREG:
      entry.header.size = static_cast<std::uint64_t>(archive_entry_size(found));
      entry.origin = take(entry.header.path, entry.header.size);
      return true;
    default:
      if (part_ == Part::image) return false;
      refuse(fmt::format("{} is neither file, folder nor link", entry.header.path));
  }
}

Origin Unpacker::take(std::string_view name, std::uint64_t size) {
  if (contents_ == Contents::all) return store(size);
  if (!is_account_file(name) || size > most_account_bytes) return {};
  return {.size = size, .text = text(size)};
}

std::string Unpacker::text(std::uint64_t size) {
  std::string content(size, '\0');
  std::size_t done = 0;
  while (done < content.size()) {
    const la_ssize_t got =
        archive_read_data(handle_.get(), content.data() + done, content.size() - done);
    if (got < 0) refuse(reason());
    if (got == 0) refuse("an entry is shorter than it says");
    done += static_cast<std::size_t>(got);
  }
  return content;
}

Origin Unpacker::store(std::uint64_t size) {
  if (size > limits_.bytes || written_ > limits_.bytes - size) {
    refuse(fmt::format("more than {} bytes", limits_.bytes));
  }
  Origin origin{.file = file_, .offset = written_, .size = size, .keep = folder_};
  std::array<char, 1U << 16U> buffer{};
  std::uint64_t taken = 0;
  for (;;) {
    const la_ssize_t got = archive_read_data(handle_.get(), buffer.data(), buffer.size());
    if (got < 0) refuse(reason());
    if (got == 0) break;
    taken += static_cast<std::uint64_t>(got);
    if (taken > size) refuse("an entry is longer than it says");
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const ssize_t put = write(out_.get(), buffer.data() + at, static_cast<std::size_t>(got) - at);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) throw base::from_errno(fmt::format("write {}", file_.string()), errno);
      at += static_cast<std::size_t>(put);
    }
  }
  if (taken != size) refuse("an entry is shorter than it says");
  written_ += size;
  return origin;
}

}  // namespace

std::optional<Tree> find_unpacked(const fs::path& path, const fs::path& scratch,
                                  const UnpackLimits& limits) {
  return Unpacker(path, Part::context, Contents::all, limits).run(scratch);
}

Tree read_layer(const fs::path& path, const fs::path& scratch, Contents contents,
                const UnpackLimits& limits) {
  std::optional<Tree> tree = Unpacker(path, Part::image, contents, limits).run(scratch);
  if (tree) return *std::move(tree);
  throw base::Error(base::Kind::integrity, fmt::format("read {}: it is no tar", path.string()));
}

}  // namespace dockerfile
