// SPDX-License-Identifier: Apache-2.0
#include "docker-push/shared_libraries.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "file/tree.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

constexpr std::chrono::minutes ldd_limit{2};

bool is_elf_candidate(const file::TreeEntry& entry) {
  if (entry.kind != file::EntryKind::regular) return false;
  return entry.path.ends_with(".so") || entry.path.starts_with("bin/") ||
         entry.path == "lib/jspawnhelper";
}

bool lies_below(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const std::filesystem::path relative = path.lexically_normal().lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

LibraryList parse_ldd(std::string_view output, const std::filesystem::path& own) {
  LibraryList list;
  for (std::string_view line : text::lines(output)) {
    line = text::trim(line);
    std::string_view path = line;
    if (const auto parts = text::cut(line, " => ")) {
      path = text::trim(parts->second);
      if (path.starts_with("not found")) {
        list.missing.emplace(parts->first);
        continue;
      }
    }
    // "/lib/x86_64-linux-gnu/libc.so.6 (0x00007f…)"; headings end in ':', linux-vdso has no path.
    const auto parts = text::cut(path, " (");
    if (!parts || !parts->first.starts_with('/')) continue;
    const std::filesystem::path found(parts->first);
    if (!lies_below(found, own)) list.paths.insert(found.lexically_normal());
  }
  return list;
}

LibraryList shared_libraries(const std::filesystem::path& jre, std::stop_token stop) {
  auto environment = process::all_environment_variables();
  environment["LC_ALL"] = "C";
  environment["LD_LIBRARY_PATH"] = fmt::format("{0}/lib:{0}/lib/server", jre.string());
  process::Command ldd{.argv = {"ldd"}, .environment = std::move(environment)};
  for (const file::TreeEntry& entry : file::tree(jre)) {
    if (is_elf_candidate(entry)) ldd.argv.push_back(jre / entry.path);
  }
  const auto result = process::capture(ldd, stop, ldd_limit);
  LibraryList list = parse_ldd(result.out, jre.lexically_normal());
  if (list.paths.empty()) {
    throw base::Error(base::Kind::environment,
                      fmt::format("find the libraries of {}: ldd ended with {}: {}", jre.string(),
                                  process::describe(result.exit), text::trim(result.err)));
  }
  return list;
}

}  // namespace docker_push
