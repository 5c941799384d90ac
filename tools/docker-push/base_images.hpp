// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "docker-push/base_lock.hpp"
#include "docker-push/registries.hpp"
#include "oci/image.hpp"

namespace docker_push {

enum class LockUse {
  follow,  // a locked tag stands for its digest
  renew    // tags are asked for, and what they name is locked
};

// The images that one build takes from registries, each looked up once. One thread at a time.
class BaseImages {
 public:
  BaseImages(Registries& registries, BaseLock lock, LockUse use);

  // Throws refused when the registry no longer has what the lock names.
  std::shared_ptr<const oci::BaseImage> find(const std::string& image,
                                             const oci::Platform& platform);

  const BaseLock& lock() const { return lock_; }
  LockUse lock_use() const { return use_; }

  // Each tag that was asked for has a digest in the lock, or gets one.
  bool all_locked() const { return all_locked_; }

  // Throws usage when the lock is to be renewed and no tag was asked for.
  void require_renewable() const;

  // Writes the lock when it is to be renewed.
  void keep_lock() const;
  void tell_lock() const;  // what keep_lock() would write

 private:
  oci::BaseImage look_up(const std::string& image, const oci::Platform& platform);

  Registries& registries_;
  BaseLock lock_;
  LockUse use_;
  bool all_locked_ = true;
  LockedImages new_;  // what tags name now, when the lock is renewed
  std::map<std::string, std::shared_ptr<const oci::BaseImage>> known_;
};

}  // namespace docker_push
