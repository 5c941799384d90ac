// SPDX-License-Identifier: Apache-2.0
//
// Which of a build's jars is the one to ship. File names say nothing: `-plain.jar` is Gradle's
// default and `repackage` keeps the name, so each candidate's manifest is asked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace build_jar {

// What tells a file from another one that was put in its place. The change time, since a build may
// set the modification time to whatever project.build.outputTimestamp says.
struct FileMark {
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t changed_ns = 0;
  bool operator==(const FileMark&) const = default;
};

using Outputs = std::map<std::filesystem::path, FileMark>;

// The jars and wars in every target/ and build/libs/ below the project; with a pattern, the files
// it matches, seen from the project.
Outputs outputs(const std::filesystem::path& project, const std::string& pattern);

struct Candidate {
  std::filesystem::path path{};
  std::uint64_t size = 0;
  bool of_this_run = false;  // written by it; else left by an earlier one
  std::string why_not{};     // empty: a boot jar
  bool damaged = false;      // why_not tells of a broken file
};

// Opens each file and asks its manifest.
std::vector<Candidate> candidates(const Outputs& before, const Outputs& after);

struct ChoiceRules {
  // The build tool said that the boot jar of an earlier run is what it would build now.
  bool old_is_current = false;
  bool pattern_given = false;
};

// The one boot jar. One that an earlier run left counts only when this run wrote no archive at all
// or said that it is current. Throws refused when there is none, with the reasons; usage when there
// are several; integrity when the only ones are damaged.
const Candidate& choose(const std::vector<Candidate>& candidates, const ChoiceRules& rules);

// A line per candidate for the log: path, size, and why it is or is not the one.
std::vector<std::string> explain(const std::vector<Candidate>& candidates,
                                 const std::filesystem::path& project);

}  // namespace build_jar
