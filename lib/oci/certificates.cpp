// SPDX-License-Identifier: Apache-2.0
#include "oci/certificates.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "file/file.hpp"
#include "logging/log.hpp"

namespace oci {
namespace {

constexpr std::uint64_t certificate_cap = 1U << 20U;

std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

http::HostTls read_folder(const std::filesystem::path& folder) {
  http::HostTls tls;
  for (const auto& path : files_of(folder)) {
    if (path.extension() == ".crt") {
      tls.extra_authorities += file::read(path, certificate_cap) + '\n';
    }
    if (path.extension() != ".cert" && path.extension() != ".key") continue;
    auto certificate = path;
    auto key = path;
    certificate.replace_extension(".cert");
    key.replace_extension(".key");
    for (const auto& needed : {certificate, key}) {
      if (std::filesystem::exists(needed)) continue;
      throw base::Error(base::Kind::environment,
                        fmt::format("read {}: {} is missing beside it", path.string(),
                                    needed.filename().string()),
                        "a client needs its certificate (.cert) and its key (.key)");
    }
    if (!tls.client_certificate.empty()) continue;
    tls.client_certificate = certificate;
    tls.client_key = key;
  }
  return tls;
}

struct Folders {
  std::vector<std::filesystem::path> roots;
  std::mutex mutex;
  std::map<std::string, std::optional<http::HostTls>> known;

  const http::HostTls* find(const std::string& asked) {
    // Docker Hub's folder has the name that images have.
    const std::string authority = asked == "registry-1.docker.io" ? "docker.io" : asked;
    const std::lock_guard lock(mutex);
    const auto found = known.find(authority);
    if (found != known.end()) return found->second ? &*found->second : nullptr;
    std::optional<http::HostTls> tls;
    for (const auto& root : roots) {
      const auto folder = root / authority;
      std::error_code error;
      if (!std::filesystem::is_directory(folder, error)) continue;
      tls = read_folder(folder);
      logging::debug("{}: certificates of {}", authority, folder.string());
      break;
    }
    auto& kept = known[authority] = std::move(tls);
    return kept ? &*kept : nullptr;
  }
};

}  // namespace

std::function<const http::HostTls*(const std::string& authority)> certificates_by_host(
    const process::Environment& environment, const std::filesystem::path& etc) {
  auto folders = std::make_shared<Folders>();
  if (const auto config = environment("XDG_CONFIG_HOME")) {
    folders->roots.push_back(std::filesystem::path(*config) / "containers/certs.d");
  } else if (const auto home = environment("HOME")) {
    folders->roots.push_back(std::filesystem::path(*home) / ".config/containers/certs.d");
  }
  folders->roots.push_back(etc / "containers/certs.d");
  folders->roots.push_back(etc / "docker/certs.d");
  return [folders](const std::string& authority) { return folders->find(authority); };
}

}  // namespace oci
