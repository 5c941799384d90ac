// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "springboot/boot_jar.hpp"

namespace build_jar {

// What the chosen jar says and is.
struct JarFacts {
  std::uint64_t size = 0;
  std::string sha256{};
  std::string version{};  // build-info.properties, else the manifest's; empty when neither tells
  std::string commit{};   // git.properties, as long as it stands there; empty when absent
  springboot::BootJar boot{};
};

// Reads the whole jar: every outer entry against its CRC (which covers the nested jars, since those
// are stored), and what Spring Boot needs to start it. Throws integrity naming the entry; also when
// the file changes meanwhile.
JarFacts jar_facts(const std::filesystem::path& path);

// Throws integrity when the jar was made from another commit. One that does not say passes.
void require_commit(const JarFacts& facts, const std::string& commit,
                    const std::filesystem::path& path);

}  // namespace build_jar
