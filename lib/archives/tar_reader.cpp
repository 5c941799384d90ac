// SPDX-License-Identifier: Apache-2.0
#include "archives/tar_reader.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "archives/entry_name.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "text/split.hpp"

namespace archives {
namespace {

constexpr std::size_t block_size = 512;
constexpr std::size_t buffer_size = 256U << 10U;
constexpr std::uint64_t most_extension = 1U << 20U;  // of a PAX header or a GNU long name

[[noreturn]] void refuse(const std::string& name, std::string_view why) {
  throw base::Error(base::Kind::integrity, fmt::format("read {}: {}", name, why),
                    "the file is damaged or no tar; write it again");
}

// The file's bytes, inflated when it is a gzip stream of any number of members.
class Input {
 public:
  explicit Input(const std::filesystem::path& path)
      : name_(path.string()), fd_(file::open_for_reading(path)) {
    fill();
    zipped_ = end_ >= 2 && buffer_[0] == 0x1f && buffer_[1] == 0x8b;
    if (zipped_ && inflateInit2(&stream_, 16 + MAX_WBITS) != Z_OK) {
      throw base::Error(base::Kind::internal, "start inflate");
    }
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  ~Input() {
    if (zipped_) inflateEnd(&stream_);
  }

  const std::string& name() const { return name_; }
  bool zipped() const { return zipped_; }

  // Fewer bytes than asked for only at the end.
  std::size_t read(std::span<char> out) {
    std::size_t done = 0;
    while (done < out.size()) {
      const std::size_t count = zipped_ ? inflate_some(out.subspan(done)) : copy(out.subspan(done));
      if (count == 0) break;
      done += count;
    }
    return done;
  }

 private:
  bool fill() {
    begin_ = end_ = 0;
    while (true) {
      const auto count = ::read(fd_.get(), buffer_.data(), buffer_.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw base::from_errno(fmt::format("read {}", name_), errno);
      end_ = static_cast<std::size_t>(count);
      return count > 0;
    }
  }

  std::size_t copy(std::span<char> out) {
    if (begin_ == end_ && !fill()) return 0;
    const std::size_t count = std::min(out.size(), end_ - begin_);
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), count, out.begin());
    begin_ += count;
    return count;
  }

  std::size_t inflate_some(std::span<char> out) {
    while (!ended_) {
      if (begin_ == end_ && !fill()) refuse(name_, "its gzip stream ends early");
      stream_.next_in = buffer_.data() + begin_;
      stream_.avail_in = static_cast<uInt>(end_ - begin_);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data());
      stream_.avail_out = static_cast<uInt>(out.size());
      const int result = inflate(&stream_, Z_NO_FLUSH);
      begin_ = end_ - stream_.avail_in;
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
        refuse(name_, "its gzip stream is damaged");
      }
      const std::size_t count = out.size() - stream_.avail_out;
      if (result == Z_STREAM_END) begin_member();
      if (count > 0) return count;
    }
    return 0;
  }

  // gunzip and tar go on with a further member, and pass over zeros after the last one.
  void begin_member() {
    while (begin_ != end_ || fill()) {
      if (buffer_[begin_] != 0) break;
      ++begin_;
    }
    ended_ = begin_ == end_;
    if (!ended_) inflateReset(&stream_);
  }

  std::string name_;
  file::UniqueFd fd_;
  std::vector<unsigned char> buffer_ = std::vector<unsigned char>(buffer_size);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool zipped_ = false;
  bool ended_ = false;
  z_stream stream_{};
};

using Block = std::array<char, block_size>;

std::string_view field(const Block& block, std::size_t at, std::size_t size) {
  const std::string_view whole(block.data() + at, size);
  return whole.substr(0, whole.find('\0'));
}

// Octal digits between spaces and NULs, or GNU's binary form with the first bit set.
std::optional<std::uint64_t> find_number(const Block& block, std::size_t at, std::size_t size) {
  if ((static_cast<unsigned char>(block[at]) & 0x80U) != 0) {
    std::uint64_t number = static_cast<unsigned char>(block[at]) & 0x7fU;
    for (std::size_t i = 1; i < size; ++i) {
      if (number >> 55U != 0) return std::nullopt;
      number = (number << 8U) | static_cast<unsigned char>(block[at + i]);
    }
    return number;
  }
  std::uint64_t number = 0;
  for (const char c : text::trim(field(block, at, size))) {
    if (c < '0' || c > '7' || number >> 60U != 0) return std::nullopt;
    number = number * 8 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

bool has_right_sum(const Block& block) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block_size; ++i) {
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return find_number(block, 148, 8) == sum;
}

bool is_empty(const Block& block) {
  return std::ranges::all_of(block, [](char c) { return c == '\0'; });
}

// What a PAX header or GNU's long-name entries say of the entry after them; absent: its header
// does.
struct Extension {
  std::optional<std::string> path{};
  std::optional<std::string> target{};
  std::optional<std::uint64_t> size{};
};

class TarReader {
 public:
  TarReader(Input& input, const TarLimits& limits) : input_(input), limits_(limits) {}

  void read(const TarVisitor& visit) {
    Block block{};
    while (next(block)) {
      const char type = block[156];
      const auto size = find_number(block, 124, 12);
      if (!size) refuse(input_.name(), "an entry's size is no number");
      if (type == 'x') {
        take_pax(content(*size), extension_);
      } else if (type == 'g') {
        take_pax(content(*size), global_);
      } else if (type == 'L') {
        extension_.path = text_field(*size);
      } else if (type == 'K') {
        extension_.target = text_field(*size);
      } else {
        take_entry(block, *size, visit);
        extension_ = {};
      }
    }
  }

 private:
  // False at the end mark, or where the file ends at a block's border, as tar has it.
  bool next(Block& block) {
    const std::size_t count = read_bytes(block);
    if (count == 0 || (count == block_size && is_empty(block))) return false;
    if (count < block_size) refuse(input_.name(), "it ends within an entry's header");
    if (!has_right_sum(block)) {
      refuse(input_.name(), "an entry's header has a wrong checksum: it is damaged or no tar");
    }
    return true;
  }

  std::size_t read_bytes(std::span<char> out) {
    const std::size_t count = input_.read(out);
    total_ += count;
    if (total_ > limits_.total_bytes) {
      refuse(input_.name(), fmt::format("it unpacks to more than {} bytes", limits_.total_bytes));
    }
    return count;
  }

  void pass(std::uint64_t size, const Sink& sink) {
    std::uint64_t left = (size + block_size - 1) / block_size * block_size;
    std::vector<char> buffer(std::min<std::uint64_t>(left, buffer_size));
    std::uint64_t wanted = size;
    while (left > 0) {
      const std::span piece(buffer.data(), std::min<std::uint64_t>(left, buffer.size()));
      const std::size_t count = read_bytes(piece);
      // Some writers leave the padding of the last entry out; the bytes themselves must be there.
      if (count < std::min<std::uint64_t>(piece.size(), wanted)) {
        refuse(input_.name(), "it ends within an entry");
      }
      const std::size_t given = std::min<std::uint64_t>(count, wanted);
      if (sink && given > 0) sink(std::as_bytes(piece.first(given)));
      wanted -= given;
      if (count < piece.size()) return;
      left -= count;
    }
  }

  std::string content(std::uint64_t size) {
    if (size > most_extension) refuse(input_.name(), "a header's extension is too long");
    std::string text;
    pass(size, [&text](std::span<const std::byte> bytes) {
      text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    });
    return text;
  }

  std::string text_field(std::uint64_t size) {
    std::string text = content(size);
    text.resize(std::min(text.size(), text.find('\0')));
    return text;
  }

  // Records "LENGTH key=value\n".
  void take_pax(std::string_view records, Extension& extension) {
    while (!records.empty()) {
      const auto head = text::cut(records, " ");
      const auto length = head ? text::find_number(head->first) : std::nullopt;
      if (!length || *length > records.size() || *length < head->first.size() + 3 ||
          records[*length - 1] != '\n') {
        refuse(input_.name(), "a PAX header is broken");
      }
      const auto record = records.substr(head->first.size() + 1, *length - head->first.size() - 2);
      const auto pair = text::cut(record, "=");
      if (!pair) refuse(input_.name(), "a PAX header is broken");
      if (pair->first == "path") extension.path = std::string(pair->second);
      if (pair->first == "linkpath") extension.target = std::string(pair->second);
      if (pair->first == "size") {
        extension.size = text::find_number(pair->second);
        if (!extension.size) refuse(input_.name(), "a PAX header's size is no number");
      }
      if (pair->first.starts_with("GNU.sparse")) refuse(input_.name(), "it has a sparse file");
      records.remove_prefix(*length);
    }
  }

  void take_entry(const Block& block, std::uint64_t size, const TarVisitor& visit) {
    if (++entries_ > limits_.entries) {
      refuse(input_.name(), fmt::format("more than {} entries", limits_.entries));
    }
    std::string path(field(block, 0, 100));
    // Only POSIX's magic makes the prefix field one; GNU's old one has times there.
    if (field(block, 257, 6) == "ustar" && block[345] != '\0') {
      path = fmt::format("{}/{}", field(block, 345, 155), path);
    }
    path = extension_.path.value_or(global_.path.value_or(path));
    TarEntry entry{.link_target = extension_.target.value_or(
                       global_.target.value_or(std::string(field(block, 157, 100))))};
    entry.size = extension_.size.value_or(global_.size.value_or(size));
    const char type = block[156];
    const bool named_folder = path.ends_with('/');
    while (path.starts_with("./")) path.erase(0, path.find_first_not_of('/', 1));
    while (path.ends_with('/')) path.pop_back();
    const bool is_root = path.empty() || path == ".";
    if (!is_root) check_name(path);
    entry.path = std::move(path);
    entry.kind = kind_of(type, named_folder, entry.path);
    entry.mode = static_cast<unsigned>(find_number(block, 100, 8).value_or(0) & 07777U);
    entry.uid = static_cast<unsigned>(find_number(block, 108, 8).value_or(0));
    entry.gid = static_cast<unsigned>(find_number(block, 116, 8).value_or(0));
    if (entry.kind != TarKind::regular || type == '1') entry.size = 0;
    if (entry.kind == TarKind::regular && type != '1') entry.link_target.clear();
    if (type == '1') entry.link_target = plain_target(std::move(entry.link_target));
    pass(entry.size, is_root ? Sink{} : visit(entry));
  }

  void check_name(const std::string& path) const {
    if (const char* fault = find_name_fault(path)) {
      refuse(input_.name(), fmt::format("the name \"{}\" {}", path, fault));
    }
  }

  TarKind kind_of(char type, bool named_folder, const std::string& path) const {
    switch (type) {
      case '\0':
      case '0':
        return named_folder ? TarKind::directory : TarKind::regular;
      case '1':
      case '7':
        return TarKind::regular;
      case '2':
        return TarKind::symlink;
      case '5':
        return TarKind::directory;
      default:
        refuse(input_.name(), fmt::format("{} is neither file, folder nor link", path));
    }
  }

  static std::string plain_target(std::string target) {
    while (target.starts_with("./")) target.erase(0, 2);
    return target;
  }

  Input& input_;
  TarLimits limits_;
  Extension extension_;
  Extension global_;
  std::uint64_t entries_ = 0;
  std::uint64_t total_ = 0;
};

bool ends_like_a_zip(const std::filesystem::path& path) {
  constexpr std::uint64_t most = 22 + 0xffff;
  const auto fd = file::open_for_reading(path);
  const auto size = file::snapshot(fd).size;
  std::string tail(std::min(size, most), '\0');
  const auto count =
      ::pread(fd.get(), tail.data(), tail.size(), static_cast<off_t>(size - tail.size()));
  return count == static_cast<ssize_t>(tail.size()) && tail.find("PK\x05\x06") != std::string::npos;
}

}  // namespace

void read_tar(const std::filesystem::path& path, const TarVisitor& visit, const TarLimits& limits) {
  Input input(path);
  TarReader(input, limits).read(visit);
}

ArchiveType archive_type(const std::filesystem::path& path) {
  Input input(path);
  Block block{};
  std::size_t count = 0;
  try {
    count = input.read(block);
  } catch (const base::Error& error) {
    if (error.kind() != base::Kind::integrity) throw;
    return ArchiveType::unknown;  // a gzip magic and no gzip stream
  }
  const bool tar = count == block_size && !is_empty(block) && has_right_sum(block);
  if (tar) return input.zipped() ? ArchiveType::tgz : ArchiveType::tar;
  return !input.zipped() && ends_like_a_zip(path) ? ArchiveType::zip : ArchiveType::unknown;
}

}  // namespace archives
