// SPDX-License-Identifier: Apache-2.0
#include "build-jar/jar_facts.hpp"

#include <fmt/core.h>

#include <span>

#include "archives/zip_reader.hpp"
#include "base/error.hpp"
#include "build-jar/properties.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/read_at.hpp"
#include "text/hex.hpp"
#include "text/split.hpp"

namespace build_jar {
namespace {

constexpr std::uint64_t properties_cap = 1U << 20U;
constexpr std::size_t shortest_commit = 7;

using Properties = std::map<std::string, std::string, std::less<>>;

Properties properties_in(const archives::ZipReader& zip, const std::string& name) {
  const auto* entry = zip.find(name);
  return entry == nullptr ? Properties{} : parse_properties(zip.read(*entry, properties_cap));
}

std::string value_of(const Properties& properties, std::string_view key) {
  const auto found = properties.find(key);
  return found == properties.end() ? "" : found->second;
}

std::string hash_of(const file::UniqueFd& fd, const std::filesystem::path& path) {
  crypto::Sha256 hash;
  file::read_pieces(fd, {}, fmt::format("read {}", path.string()),
                    [&](std::span<const std::byte> bytes) { hash.update(bytes); });
  return hash.finish_hex();
}

void check_entries(const archives::ZipReader& zip, const springboot::BootJar& boot) {
  for (const auto& entry : zip.entries()) {
    if (entry.is_directory()) continue;
    zip.read(entry, [](std::span<const std::byte>) {});
    const bool library = entry.name.starts_with(boot.libraries) && entry.name.ends_with(".jar");
    if (library && entry.method != archives::ZipMethod::stored) {
      throw base::Error(
          base::Kind::integrity,
          fmt::format("check {}: {} is compressed, Spring Boot reads nested jars only "
                      "when they are stored",
                      zip.name(), entry.name));
    }
  }
  const auto start = boot.classes + text::replace_all(boot.start_class, ".", "/") + ".class";
  if (zip.find(start) == nullptr) {
    throw base::Error(
        base::Kind::integrity,
        fmt::format("check {}: its Start-Class {} is not in it", zip.name(), boot.start_class));
  }
}

}  // namespace

JarFacts jar_facts(const std::filesystem::path& path) {
  const archives::ZipReader zip(path);
  const auto before = file::snapshot(zip.descriptor());
  JarFacts facts{.size = before.size, .boot = springboot::boot_jar(zip)};
  check_entries(zip, facts.boot);
  facts.sha256 = hash_of(zip.descriptor(), path);

  const auto build = properties_in(zip, facts.boot.classes + "META-INF/build-info.properties");
  facts.version = value_of(build, "build.version");
  if (facts.version.empty()) facts.version = facts.boot.version;
  const auto git = properties_in(zip, facts.boot.classes + "git.properties");
  facts.commit = value_of(git, "git.commit.id.full");
  if (facts.commit.empty()) facts.commit = value_of(git, "git.commit.id");
  if (facts.commit.empty()) facts.commit = value_of(git, "git.commit.id.abbrev");

  if (file::snapshot(zip.descriptor()) != before ||
      file::snapshot(file::open_for_reading(path)) != before) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("check {}: it changed while it was read", path.string()),
                      "let nothing else build in this folder");
  }
  return facts;
}

void require_commit(const JarFacts& facts, const std::string& commit,
                    const std::filesystem::path& path) {
  if (facts.commit.empty()) return;
  const bool same = facts.commit.size() >= shortest_commit && text::is_lower_hex(facts.commit) &&
                    commit.starts_with(facts.commit);
  if (same) return;
  throw base::Error(base::Kind::integrity,
                    fmt::format("check {}: its git.properties says commit {}, HEAD is {}",
                                path.string(), facts.commit, commit),
                    "remove the build folder and build again");
}

}  // namespace build_jar
