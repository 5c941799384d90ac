// SPDX-License-Identifier: Apache-2.0
#include "oci/push.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "file/new_file.hpp"

namespace oci {
namespace {

struct Blob {
  Descriptor descriptor;
  std::string name;
  std::variant<http::Body, RemoteBytes> source;
};

// Each digest once, the largest first: the push lasts as long as its longest thread.
std::vector<Blob> blobs_of(const Image& image) {
  std::vector<Blob> blobs;
  std::set<std::string> seen;
  for (const Layer& layer : image.layers) {
    if (!seen.insert(layer.descriptor.digest).second) continue;
    blobs.push_back({layer.descriptor, layer.name, layer.source});
  }
  blobs.push_back({image.config_descriptor, "config", http::body_of(image.config)});
  std::ranges::stable_sort(blobs, std::ranges::greater{},
                           [](const Blob& blob) { return blob.descriptor.size; });
  return blobs;
}

bool can_be_mounted(const Destination& destination, const Blob& blob) {
  const auto* remote = std::get_if<RemoteBytes>(&blob.source);
  return remote != nullptr && remote->registry->name() == destination.registry.name();
}

// From another registry or repository through a file: an upload may have to be sent twice.
void relay(const Destination& destination, const Blob& blob, const RemoteBytes& remote,
           const std::filesystem::path& scratch) {
  const auto path = scratch / blob.descriptor.digest.substr(sizeof "sha256:" - 1);
  std::optional<file::NewFile> file(path);
  remote.registry->read_blob(
      remote.repository, blob.descriptor,
      [&file](std::span<const std::byte> bytes) { file->write(bytes); },
      [&file, &path] {
        file.reset();
        file.emplace(path);
      });
  destination.registry.upload_blob(destination.repository, blob.descriptor, body_of_file(path));
}

Fate transfer(const Destination& destination, const Blob& blob,
              const std::filesystem::path& scratch) {
  Registry& registry = destination.registry;
  if (registry.has_blob(destination.repository, blob.descriptor.digest)) return Fate::present;
  const auto* remote = std::get_if<RemoteBytes>(&blob.source);
  if (can_be_mounted(destination, blob) &&
      registry.mount_blob(destination.repository, blob.descriptor.digest, remote->repository)) {
    return Fate::mounted;
  }
  if (remote != nullptr) {
    relay(destination, blob, *remote, scratch);
  } else {
    registry.upload_blob(destination.repository, blob.descriptor,
                         std::get<http::Body>(blob.source));
  }
  return Fate::sent;
}

// Threads take the next blob until all are done or one failed.
class Transfers {
 public:
  Transfers(const Destination& destination, std::vector<Blob> blobs, const PushOptions& options)
      : destination_(destination), blobs_(std::move(blobs)), options_(options) {}

  PushReport run() {
    {
      const std::size_t count =
          std::min<std::size_t>(std::max(options_.parallel, 1U), blobs_.size());
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < count; ++i) threads.emplace_back([this] { work(); });
    }
    if (failure_) std::rethrow_exception(failure_);
    return std::move(report_);
  }

 private:
  void work() {
    while (!failed_) {
      const std::size_t index = next_++;
      if (index >= blobs_.size()) return;
      try {
        done(blobs_[index], transfer(destination_, blobs_[index], options_.scratch));
      } catch (...) {
        // Told by run(); an exception must not leave a thread.
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
        failed_ = true;
      }
    }
  }

  void done(const Blob& blob, Fate fate) {
    const std::lock_guard lock(mutex_);
    report_.blobs.push_back({blob.descriptor, blob.name, fate});
    if (fate == Fate::sent) report_.bytes_sent += blob.descriptor.size;
    if (options_.on_blob) options_.on_blob(report_.blobs.back());
  }

  const Destination& destination_;
  std::vector<Blob> blobs_;
  const PushOptions& options_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::exception_ptr failure_;
  PushReport report_;
};

bool tag_names(const Destination& destination, const Image& image) {
  return destination.registry.find_manifest_digest(destination.repository, destination.tag) ==
         image.digest;
}

}  // namespace

PushReport push(const Destination& destination, const Image& image, const PushOptions& options) {
  if (tag_names(destination, image)) return {.unchanged = true};
  PushReport report = Transfers(destination, blobs_of(image), options).run();

  // From here on everything the manifest names is in the registry.
  destination.registry.put_manifest(destination.repository, destination.tag, media_type::manifest,
                                    image.manifest);
  if (!tag_names(destination, image)) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("check {}/{}:{} after the push: it does not name {}",
                                  destination.registry.name(), destination.repository,
                                  destination.tag, image.digest),
                      "another push to the same tag may be under way; run again");
  }
  return report;
}

PushReport plan(const Destination& destination, const Image& image) {
  if (tag_names(destination, image)) return {.unchanged = true};
  PushReport report;
  for (const Blob& blob : blobs_of(image)) {
    Fate fate = can_be_mounted(destination, blob) ? Fate::mounted : Fate::sent;
    if (destination.registry.has_blob(destination.repository, blob.descriptor.digest)) {
      fate = Fate::present;
    }
    if (fate == Fate::sent) report.bytes_sent += blob.descriptor.size;
    report.blobs.push_back({blob.descriptor, blob.name, fate});
  }
  return report;
}

}  // namespace oci
