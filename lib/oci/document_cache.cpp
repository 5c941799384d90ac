// SPDX-License-Identifier: Apache-2.0
#include "oci/document_cache.hpp"

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "logging/log.hpp"
#include "oci/digest.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

constexpr std::uint64_t most_bytes = 4ULL << 20U;

std::optional<std::string> find_file(const std::filesystem::path& path) {
  try {
    return file::find(path, most_bytes);
  } catch (const base::Error& error) {
    logging::debug("{}", error.what());
    return std::nullopt;
  }
}

std::string hex_of(const std::string& digest) { return digest.substr(digest.find(':') + 1); }

}  // namespace

void DocumentCache::write(const std::filesystem::path& path, const std::string& bytes) const {
  try {
    file::write_atomically_unsynced(path, bytes);
  } catch (const base::Error& error) {
    logging::debug("{}", error.what());
  }
}

std::optional<std::string> DocumentCache::find(const std::string& digest) const {
  auto bytes = find_file(folder_ / "sha256" / hex_of(digest));
  if (bytes && digest_of(*bytes) != digest) return std::nullopt;
  return bytes;
}

void DocumentCache::keep(const std::string& digest, const std::string& bytes) const {
  write(folder_ / "sha256" / hex_of(digest), bytes);
}

std::filesystem::path DocumentCache::name_file(const std::string& name) const {
  return folder_ / "names" / crypto::sha256_hex(name);
}

std::optional<std::string> DocumentCache::find_named(const std::string& name) const {
  auto digest = find_file(name_file(name));
  if (digest && is_digest(*digest)) return digest;
  return std::nullopt;
}

void DocumentCache::keep_named(const std::string& name, const std::string& digest) const {
  write(name_file(name), digest);
}

}  // namespace oci
