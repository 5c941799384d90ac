// SPDX-License-Identifier: Apache-2.0
//
// An image into a registry: layers and config in parallel, each asked for before it is sent; the
// manifest last, so that a tag never points at content that is missing; then the tag is read back.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "oci/image.hpp"
#include "oci/registry.hpp"

namespace oci {

enum class Fate { present, mounted, sent };

struct BlobReport {
  Descriptor descriptor;
  std::string name;  // the layer's, or "config"
  Fate fate = Fate::present;
};

// Called once per blob, one at a time.
using OnBlob = std::function<void(const BlobReport& blob)>;

struct Destination {
  Registry& registry;
  std::string repository;
  std::string tag;
};

struct PushOptions {
  std::filesystem::path scratch;  // where blobs of other registries rest on their way
  unsigned parallel = 4;
  OnBlob on_blob{};
};

struct PushReport {
  bool unchanged = false;  // the tag named this image already; nothing was asked or sent
  std::vector<BlobReport> blobs{};
  std::uint64_t bytes_sent = 0;
};

// The first failure ends the push; the tag is untouched then. Throws integrity when the tag names
// another image afterwards.
PushReport push(const Destination& destination, const Image& image, const PushOptions& options);

// What push() would do, found by reading only. A blob that would be mounted counts as mounted
// though the registry might refuse.
PushReport plan(const Destination& destination, const Image& image);

}  // namespace oci
