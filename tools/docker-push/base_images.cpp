// SPDX-License-Identifier: Apache-2.0
#include "docker-push/base_images.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/error.hpp"
#include "logging/log.hpp"
#include "oci/document_cache.hpp"
#include "oci/reference.hpp"
#include "process/environment.hpp"

namespace docker_push {

BaseImages::BaseImages(Registries& registries, BaseLock lock, LockUse use)
    : registries_(registries), lock_(std::move(lock)), use_(use) {}

std::shared_ptr<const oci::BaseImage> BaseImages::find(const std::string& image,
                                                       const oci::Platform& platform) {
  auto& found = known_[image + ' ' + platform.text()];
  if (found == nullptr) {
    found = std::make_shared<const oci::BaseImage>(look_up(image, platform));
  }
  return found;
}

oci::BaseImage BaseImages::look_up(const std::string& image, const oci::Platform& platform) {
  oci::Reference reference = oci::parse_reference(image);
  const auto registry = registries_.of(reference);
  const oci::DocumentCache cache(process::cache_folder() / "documents");
  if (!reference.digest.empty()) {
    return oci::find_base_image(registry, reference, platform, &cache);
  }
  if (reference.tag.empty()) reference.tag = "latest";
  const std::string name = reference.text();
  const auto locked = use_ == LockUse::follow ? lock_.find(name) : std::nullopt;
  if (!locked) {
    const bool renewed = use_ == LockUse::renew;
    all_locked_ = all_locked_ && renewed;
    if (!renewed && lock_.exists()) {
      logging::warning("{} does not name {}; --update-base adds it", lock_.path().string(), name);
    }
    auto base = oci::find_base_image(registry, reference, platform, &cache);
    if (renewed) new_[name] = base.digest;
    return base;
  }
  reference.digest = *locked;
  try {
    auto base = oci::find_base_image(registry, reference, platform, &cache);
    base.name = name;
    return base;
  } catch (const base::Error& error) {
    if (error.kind() != base::Kind::refused ||
        registry->find_manifest_digest(reference.repository, *locked)) {
      throw;
    }
    throw base::Error(
        base::Kind::refused,
        fmt::format("pull base image {}: {} says {}, which the registry does not have", name,
                    lock_.path().string(), *locked),
        "take what the tag names now with --update-base");
  }
}

void BaseImages::require_renewable() const {
  if (use_ == LockUse::follow || !new_.empty()) return;
  throw base::Error(
      base::Kind::usage,
      fmt::format("write {}: this image has no base with a tag", lock_.path().string()),
      "leave --update-base out");
}

void BaseImages::keep_lock() const {
  if (use_ == LockUse::follow) return;
  lock_.update(new_);
  for (const auto& [name, digest] : new_) logging::info("locked {} as {}", name, digest);
}

void BaseImages::tell_lock() const {
  for (const auto& [name, digest] : new_) logging::info("would lock {} as {}", name, digest);
}

}  // namespace docker_push
