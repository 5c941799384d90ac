// SPDX-License-Identifier: Apache-2.0
#include "aws/credential_cache.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "aws/credential_answer.hpp"
#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "logging/log.hpp"

namespace aws {
namespace {

constexpr std::chrono::minutes least_life{15};
constexpr std::uint64_t most_bytes = 64U << 10U;
constexpr mode_t others = S_IRWXG | S_IRWXO;

bool lasts(const Credentials& credentials, timing::SystemTime now) {
  return credentials.expires && *credentials.expires > now + least_life;
}

// Ours alone to read and to write, and no link.
bool is_private(const std::filesystem::path& path, mode_t type) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && (status.st_mode & S_IFMT) == type &&
         status.st_uid == ::geteuid() && (status.st_mode & others) == 0;
}

class CachedProvider : public CredentialProvider {
 public:
  CachedProvider(KeySource source, CredentialCache cache, timing::Clock& clock)
      : source_(std::move(source)), cache_(std::move(cache)), clock_(clock) {}

  Credentials fetch(Reuse reuse) override {
    if (reuse == Reuse::allowed) {
      if (auto found = cache_.find(source_.inputs, clock_.now())) return std::move(*found);
    }
    auto credentials = source_.provider->fetch(reuse);
    cache_.keep(source_.inputs, credentials, clock_.now());
    return credentials;
  }

 private:
  KeySource source_;
  CredentialCache cache_;
  timing::Clock& clock_;
};

}  // namespace

std::filesystem::path CredentialCache::path_of(std::string_view inputs) const {
  return folder_ / (crypto::sha256_hex(inputs) + ".json");
}

std::optional<Credentials> CredentialCache::find(std::string_view inputs,
                                                 timing::SystemTime now) const {
  if (folder_.empty()) return std::nullopt;
  const auto path = path_of(inputs);
  if (!is_private(folder_, S_IFDIR) || !is_private(path, S_IFREG)) return std::nullopt;
  try {
    const auto text = file::find(path, most_bytes);
    if (!text) return std::nullopt;
    auto credentials = credentials_of_json(*text, path.string(), "SessionToken");
    if (!lasts(credentials, now)) return std::nullopt;
    logging::debug("AWS keys {} are kept in {}", shown_key(credentials), path.string());
    return credentials;
  } catch (const base::Error& error) {
    logging::debug("kept AWS keys cannot be used: {}", error.what());
    return std::nullopt;
  }
}

void CredentialCache::keep(std::string_view inputs, const Credentials& credentials,
                           timing::SystemTime now) const {
  if (folder_.empty() || !lasts(credentials, now)) return;
  try {
    if (folder_.has_parent_path()) file::make_directories(folder_.parent_path());
    ::mkdir(folder_.c_str(), 0700);  // one that is there already is looked at like a new one
    if (!is_private(folder_, S_IFDIR)) {
      logging::debug("AWS keys are not kept: {} is not a folder of mode 0700 and ours",
                     folder_.string());
      return;
    }
    file::write_atomically(path_of(inputs), json_of_credentials(credentials), 0600);
  } catch (const base::Error& error) {
    logging::debug("AWS keys are not kept: {}", error.what());
  }
}

KeySource cached(KeySource source, const Surroundings& surroundings) {
  CredentialCache cache(credential_cache_folder(surroundings.environment));
  auto label = source.label;
  auto inputs = source.inputs;
  return {.label = std::move(label),
          .inputs = std::move(inputs),
          .provider = std::make_unique<CachedProvider>(std::move(source), std::move(cache),
                                                       *surroundings.clock)};
}

}  // namespace aws
