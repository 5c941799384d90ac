// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/secrets.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "text/split.hpp"

namespace s3_upload_bundle {
namespace {

constexpr std::uint64_t most_looked_at = 1U << 20U;

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_below(std::string_view path, std::string_view tail) {
  return path == tail || (path.ends_with(tail) && path[path.size() - tail.size() - 1] == '/');
}

// .env.example and its like are there to be read.
bool is_environment_file(std::string_view name) {
  constexpr std::array<std::string_view, 5> examples{".example", ".sample", ".template", ".dist",
                                                     ".defaults"};
  if (name == ".env") return true;
  return name.starts_with(".env.") &&
         std::ranges::none_of(examples, [&](std::string_view end) { return name.ends_with(end); });
}

bool is_private_ssh_key(std::string_view name) {
  constexpr std::array<std::string_view, 6> names{"id_rsa",     "id_dsa",      "id_ecdsa",
                                                  "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk"};
  return std::ranges::find(names, name) != names.end();
}

// A trust store holds certificates, which are public.
bool is_key_store(std::string_view name) {
  const auto lower = text::lower(name);
  constexpr std::array<std::string_view, 4> ends{".p12", ".pfx", ".jks", ".keystore"};
  return lower.find("truststore") == std::string::npos &&
         std::ranges::any_of(ends, [&](std::string_view end) { return lower.ends_with(end); });
}

bool has_any(std::string_view content, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(
      words, [&](std::string_view word) { return content.find(word) != std::string_view::npos; });
}

// A value that Maven takes from elsewhere (${env.TOKEN}) is no secret.
bool has_literal_element(std::string_view content, std::string_view element) {
  const std::string open = fmt::format("<{}>", element);
  for (auto at = content.find(open); at != std::string_view::npos;
       at = content.find(open, at + 1)) {
    const auto value = text::trim(content.substr(at + open.size(), 2048));
    if (!value.starts_with("${") && !value.starts_with('<')) return true;
  }
  return false;
}

// npm's "…:_authToken=value", where a value from the environment is written ${NAME}.
bool has_npm_token(std::string_view content) {
  for (const auto line : text::lines(content)) {
    const auto pair = text::cut(line, "=");
    if (!pair || text::trim(line).starts_with('#') || text::trim(line).starts_with(';')) continue;
    const auto name = text::trim(pair->first);
    const auto value = text::trim(pair->second);
    const bool secret =
        name.ends_with("_authToken") || name.ends_with("_password") || name.ends_with("_auth");
    if (secret && !value.empty() && !value.starts_with("${")) return true;
  }
  return false;
}

bool is_pem_name(std::string_view name) {
  const auto lower = text::lower(name);
  return lower.ends_with(".pem") || lower.ends_with(".key") || lower.ends_with(".ppk");
}

bool is_npm_settings(std::string_view name) { return name == ".npmrc"; }

bool is_maven_settings(std::string_view name) {
  return name == "settings.xml" || name == "settings-security.xml";
}

bool is_allowed(const std::string& path, const std::vector<std::string>& allowed) {
  return std::ranges::any_of(allowed, [&](std::string_view name) {
    while (name.starts_with("./")) name.remove_prefix(2);
    return name == path;
  });
}

appspec::Finding secret_finding(const std::string& path, std::string_view why) {
  return {.rule = "B01",
          .severity = appspec::Severity::error,
          .path = path,
          .message = fmt::format("{} does not go into a bundle", why),
          .agent = "unpacks it on every host, and S3 keeps it for as long as the bundle",
          .fix = fmt::format("move it out, leave it out with --exclude, or if it is none: "
                             "--allow-secret '{}'",
                             path)};
}

}  // namespace

const char* find_secret_name(std::string_view path) {
  const auto name = file_name(path);
  if (is_environment_file(name)) return "a file of environment secrets";
  if (is_private_ssh_key(name)) return "a private SSH key";
  if (is_key_store(name)) return "a key store";
  if (name == ".netrc" || name == "_netrc" || name == ".pgpass" || name == ".git-credentials") {
    return "a file of passwords";
  }
  if (is_below(path, ".aws/credentials")) return "a file of AWS keys";
  return nullptr;
}

bool may_hold_secret(std::string_view path) {
  const auto name = file_name(path);
  return is_pem_name(name) || is_npm_settings(name) || is_maven_settings(name) ||
         is_below(path, ".docker/config.json");
}

const char* find_secret_content(std::string_view path, std::string_view content) {
  const auto name = file_name(path);
  if (is_pem_name(name) &&
      has_any(content, {"PRIVATE KEY-----", "PRIVATE KEY BLOCK-----", "PuTTY-User-Key-File-"})) {
    return "a private key";
  }
  if (is_npm_settings(name) && has_npm_token(content)) return "npm's settings with a token";
  if (is_maven_settings(name) &&
      (has_literal_element(content, "password") || has_literal_element(content, "passphrase") ||
       has_literal_element(content, "master"))) {
    return "Maven's settings with a password";
  }
  if (is_below(path, ".docker/config.json") &&
      has_any(content, {"\"auth\"", "\"identitytoken\"", "\"registrytoken\""})) {
    return "Docker's settings with a login";
  }
  return nullptr;
}

std::vector<appspec::Finding> secrets_in(const Bundle& bundle,
                                         const std::vector<std::string>& allowed) {
  std::vector<appspec::Finding> findings;
  for (const auto& entry : bundle.entries) {
    if (entry.kind != file::EntryKind::regular || is_allowed(entry.path, allowed)) continue;
    const char* why = find_secret_name(entry.path);
    // A link that was followed may have given the secret another name.
    if (why == nullptr && !entry.file.empty()) why = find_secret_name(entry.file.generic_string());
    if (why == nullptr && entry.size <= most_looked_at && may_hold_secret(entry.path)) {
      why = find_secret_content(entry.path, bundle.read(entry, most_looked_at));
    }
    if (why != nullptr) findings.push_back(secret_finding(entry.path, why));
  }
  return findings;
}

}  // namespace s3_upload_bundle
