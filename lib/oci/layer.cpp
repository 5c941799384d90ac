// SPDX-License-Identifier: Apache-2.0
#include "oci/layer.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "archives/gzip.hpp"
#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/new_file.hpp"
#include "file/read_at.hpp"

namespace oci {

std::size_t read_at(const file::UniqueFd& fd, std::uint64_t offset, std::span<char> buffer) {
  return file::read_at(fd, offset, buffer, "read a layer back");
}

void copy(const http::Body& body, const archives::Sink& sink) {
  std::vector<char> buffer(1U << 20U);
  for (std::uint64_t done = 0; done < body.size;) {
    const auto want = std::min<std::uint64_t>(buffer.size(), body.size - done);
    const auto count = body.read(done, std::span(buffer).first(want));
    if (count == 0) {
      throw base::Error(base::Kind::integrity, "read a layer: it is cut short");
    }
    sink(std::as_bytes(std::span(buffer).first(count)));
    done += count;
  }
}

http::Body body_of_file(const std::filesystem::path& path) {
  const auto fd = std::make_shared<const file::UniqueFd>(file::open_for_reading(path));
  return {.size = file::snapshot(*fd).size,
          .read = [fd](std::uint64_t offset, std::span<char> buffer) {
            return read_at(*fd, offset, buffer);
          }};
}

struct LayerWriter::State {
  explicit State(const std::filesystem::path& the_path)
      : path(the_path), file(std::make_shared<file::NewFile>(the_path.string() + ".part")) {}

  std::filesystem::path path;
  std::shared_ptr<file::NewFile> file;
  crypto::Sha256 compressed;
  crypto::Sha256 uncompressed;
  archives::GzipWriter gzip{[this](std::span<const std::byte> bytes) {
    compressed.update(bytes);
    file->write(bytes);
  }};
  void take(std::span<const std::byte> bytes) {
    uncompressed.update(bytes);
    gzip.write(bytes);
  }
  archives::TarWriter tar{[this](std::span<const std::byte> bytes) { take(bytes); }};
  bool whole = false;
};

LayerWriter::LayerWriter(const std::filesystem::path& path)
    : state_(std::make_unique<State>(path)) {}

LayerWriter::~LayerWriter() = default;

archives::TarWriter& LayerWriter::tar() { return state_->tar; }

void LayerWriter::write_tar(std::span<const std::byte> bytes) {
  state_->whole = true;
  state_->take(bytes);
}

Layer LayerWriter::finish(std::string name) {
  if (!state_->whole) state_->tar.finish();
  state_->gzip.finish();
  const std::shared_ptr<file::NewFile> file = state_->file;
  return {.descriptor = {.media_type = std::string(media_type::layer_gzip),
                         .digest = "sha256:" + state_->compressed.finish_hex(),
                         .size = file->size()},
          .diff_id = "sha256:" + state_->uncompressed.finish_hex(),
          .name = std::move(name),
          .source = http::Body{.size = file->size(),
                               .read = [file](std::uint64_t offset, std::span<char> buffer) {
                                 return read_at(file->descriptor(), offset, buffer);
                               }}};
}

Layer LayerWriter::keep(std::string name) {
  Layer layer = finish(std::move(name));
  state_->file->rename_to(state_->path);
  return layer;
}

}  // namespace oci
