// SPDX-License-Identifier: Apache-2.0
#include "build-jar/jar_choice.hpp"

#include <fmt/core.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "springboot/boot_jar.hpp"
#include "text/human.hpp"
#include "text/split.hpp"

namespace build_jar {
namespace {

namespace fs = std::filesystem;

constexpr int deepest = 8;  // folders below the project; multi-module builds nest two or three

std::optional<FileMark> find_mark(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return FileMark{
      .inode = status.st_ino,
      .size = static_cast<std::uint64_t>(status.st_size),
      .changed_ns = std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec};
}

bool is_archive(const fs::path& path) {
  return path.extension() == ".jar" || path.extension() == ".war";
}

void collect_archives(const fs::path& folder, Outputs& found) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!is_archive(entry.path())) continue;
    if (const auto mark = find_mark(entry.path())) found.emplace(entry.path(), *mark);
  }
}

bool is_worth_entering(const fs::path& folder) {
  const auto name = folder.filename().string();
  return !name.starts_with('.') && name != "src" && name != "node_modules" && name != "target" &&
         name != "build";
}

Outputs outputs_of_build_folders(const fs::path& project) {
  Outputs found;
  std::error_code error;
  auto entry = fs::recursive_directory_iterator(
      project, fs::directory_options::skip_permission_denied, error);
  collect_archives(project / "target", found);
  collect_archives(project / "build/libs", found);
  for (; entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (error) break;
    if (!entry->is_directory(error)) continue;
    if (entry.depth() >= deepest || !is_worth_entering(entry->path())) {
      entry.disable_recursion_pending();
      continue;
    }
    collect_archives(entry->path() / "target", found);
    collect_archives(entry->path() / "build/libs", found);
  }
  return found;
}

// The project's own path holds no wildcards, whatever it is called.
std::string quoted_for_glob(std::string_view path) {
  std::string quoted;
  for (const char c : path) {
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) quoted += '\\';
    quoted += c;
  }
  return quoted;
}

Outputs outputs_matching(const fs::path& project, const std::string& pattern) {
  const auto whole =
      pattern.starts_with('/') ? pattern : quoted_for_glob(project.string()) + "/" + pattern;
  glob_t matches{};
  Outputs found;
  if (::glob(whole.c_str(), 0, nullptr, &matches) == 0) {
    for (std::size_t i = 0; i < matches.gl_pathc; ++i) {
      const fs::path path = matches.gl_pathv[i];
      if (const auto mark = find_mark(path)) found.emplace(path, *mark);
    }
  }
  ::globfree(&matches);
  return found;
}

bool is_boot_jar(const Candidate& candidate) { return candidate.why_not.empty(); }

std::string reasons(const std::vector<Candidate>& candidates) {
  std::vector<std::string> all;
  for (const auto& candidate : candidates) {
    if (!is_boot_jar(candidate)) {
      all.push_back(candidate.why_not);
    } else {
      all.push_back(fmt::format("{} is of an earlier run", candidate.path.string()));
    }
  }
  return text::join(all, "; ");
}

[[noreturn]] void refuse_all(const std::vector<Candidate>& candidates, const ChoiceRules& rules) {
  if (candidates.empty()) {
    throw base::Error(base::Kind::refused,
                      rules.pattern_given
                          ? "find the boot jar: no file matches --jar"
                          : "find the boot jar: no jar in any target/ or build/libs/",
                      rules.pattern_given ? "give a pattern as seen from the project's folder"
                                          : "name it with --jar if the build puts it elsewhere");
  }
  const bool damaged = std::ranges::any_of(candidates, &Candidate::damaged);
  throw base::Error(
      damaged ? base::Kind::integrity : base::Kind::refused,
      "find the boot jar: " + reasons(candidates),
      "apply Spring Boot's plugin: goal repackage with Maven, task bootJar with Gradle");
}

}  // namespace

Outputs outputs(const fs::path& project, const std::string& pattern) {
  return pattern.empty() ? outputs_of_build_folders(project) : outputs_matching(project, pattern);
}

std::vector<Candidate> candidates(const Outputs& before, const Outputs& after) {
  std::vector<Candidate> result;
  for (const auto& [path, mark] : after) {
    const auto old = before.find(path);
    Candidate candidate{
        .path = path, .size = mark.size, .of_this_run = old == before.end() || old->second != mark};
    try {
      candidate.why_not = springboot::inspect(path).why_not;
    } catch (const base::Error& error) {
      // One broken file beside the right one is no reason to fail.
      candidate.why_not = error.message();
      candidate.damaged = error.kind() == base::Kind::integrity;
    }
    result.push_back(std::move(candidate));
  }
  return result;
}

const Candidate& choose(const std::vector<Candidate>& candidates, const ChoiceRules& rules) {
  const bool wrote_any = std::ranges::any_of(candidates, &Candidate::of_this_run);
  const bool old_counts = rules.old_is_current || !wrote_any;
  std::vector<const Candidate*> fresh;
  std::vector<const Candidate*> old;
  for (const auto& candidate : candidates) {
    if (!is_boot_jar(candidate)) continue;
    (candidate.of_this_run ? fresh : old).push_back(&candidate);
  }
  const auto& eligible = fresh.empty() && old_counts ? old : fresh;
  if (eligible.empty()) refuse_all(candidates, rules);
  if (eligible.size() > 1) {
    std::vector<std::string> names;
    for (const auto* candidate : eligible) {
      names.push_back(
          fmt::format("{} ({})", candidate->path.string(), text::human_size(candidate->size)));
    }
    throw base::Error(
        base::Kind::usage,
        fmt::format("find the boot jar: {} of them: {}", eligible.size(), text::join(names, ", ")),
        "choose one with --jar, a pattern as seen from the project's folder");
  }
  return *eligible.front();
}

std::vector<std::string> explain(const std::vector<Candidate>& candidates,
                                 const fs::path& project) {
  std::vector<std::string> lines;
  for (const auto& candidate : candidates) {
    const auto name = fs::proximate(candidate.path, project).string();
    std::string verdict = is_boot_jar(candidate) ? "a boot jar" : candidate.why_not;
    if (is_boot_jar(candidate) && !candidate.of_this_run) verdict += ", not written by this run";
    lines.push_back(
        fmt::format("candidate {}, {}: {}", name, text::human_size(candidate.size), verdict));
  }
  return lines;
}

}  // namespace build_jar
