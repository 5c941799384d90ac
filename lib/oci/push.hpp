// SPDX-License-Identifier: Apache-2.0
//
// An image into a registry: layers in parallel, each made only when the registry lacks it; then
// config and manifest, so that a tag never points at content that is missing; then each tag is read
// back.
//
// What the destination holds already is learned from earlier manifests of the same repository: the
// layers they name are there, and their annotations tell the digests of layers that nobody on this
// machine has made. So a build that starts with an empty disk sends only what changed.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "oci/earlier.hpp"
#include "oci/image.hpp"
#include "oci/registry.hpp"
#include "oci/sending.hpp"

namespace oci {

enum class Fate { present, mounted, sent };

struct BlobReport {
  Descriptor descriptor;
  std::string name;  // the layer's, or "config"
  Fate fate = Fate::present;
  bool made = false;  // its bytes were compressed in this run
};

// Called once per blob, one at a time.
using OnBlob = std::function<void(const BlobReport& blob)>;

struct Destination {
  Registry& registry;
  std::string repository;
  std::vector<std::string> tags;  // at least one
};

struct PushOptions {
  std::vector<std::string> earlier{};  // tags of the destination to learn from, beside its own
  std::shared_ptr<Earlier> known{};    // of the destination, asked beforehand; null: nothing was
  std::filesystem::path scratch;  // where layers rest that are made, or come from other registries
  unsigned parallel = 4;
  OnBlob on_blob{};
  OnSending on_sending{};
  bool verify = false;  // layers are made whoever knows their digests already, and compared
  std::function<void()> confirm{};  // called before the first tag is written; throws to leave them
  std::stop_token stop{};
};

struct PushReport {
  bool unchanged = false;  // the tags named this image already; nothing was asked or sent
  std::vector<BlobReport> blobs{};
  std::uint64_t bytes_sent = 0;
  std::size_t verified = 0;  // layers
  Image image{};
};

// The first failure ends the push; the tags are untouched then. Throws integrity when a tag names
// another image afterwards.
PushReport push(const Destination& destination, Draft draft, const PushOptions& options);

// What push() would do, found by reading only; layers whose digests nobody knows are made. A blob
// that would be mounted counts as mounted though the registry might refuse.
PushReport plan(const Destination& destination, Draft draft, const PushOptions& options);

}  // namespace oci
