// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "archives/sink.hpp"
#include "archives/tar_writer.hpp"
#include "file/unique_fd.hpp"
#include "http/message.hpp"
#include "oci/descriptor.hpp"

namespace oci {

class Registry;
struct LayerRecipe;

// A layer that lies in a registry already.
struct RemoteBytes {
  std::shared_ptr<Registry> registry;
  std::string repository;
};

// One layer of an image: both digests, what it is called, and where its bytes are or how they are
// made. Digests and size are empty while nobody knows them.
struct Layer {
  Descriptor descriptor;
  std::string diff_id;  // of the uncompressed tar
  std::string name;     // "dependencies"
  std::variant<http::Body, RemoteBytes, std::shared_ptr<const LayerRecipe>> source;
  bool referenced = false;  // a manifest in the destination names it, so it need not be asked for
  std::string learned_from{};  // who told the digests of a layer that was not made here

  bool is_known() const { return !descriptor.digest.empty(); }
};

// At `offset`, up to the buffer's size; 0 at the end.
std::size_t read_at(const file::UniqueFd& fd, std::uint64_t offset, std::span<char> buffer);

// All bytes of a body in their order. Throws integrity when it ends early.
void copy(const http::Body& body, const archives::Sink& sink);

// The bytes of a file; the file stays open as long as the body.
http::Body body_of_file(const std::filesystem::path& path);

// Makes a layer in one pass: tar → digest (diff id) → gzip → digest → file at `path`.
class LayerWriter {
 public:
  explicit LayerWriter(const std::filesystem::path& path);
  ~LayerWriter();
  LayerWriter(const LayerWriter&) = delete;
  LayerWriter& operator=(const LayerWriter&) = delete;

  archives::TarWriter& tar();

  // Instead of tar(): bytes of a tar that is whole in itself.
  void write_tar(std::span<const std::byte> bytes);

  // Ends the tar. The file lives as long as the layer's source.
  Layer finish(std::string name);

  // Ends the tar and leaves the file at `path`, synced.
  Layer keep(std::string name);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace oci
