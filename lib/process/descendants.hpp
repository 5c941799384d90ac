// SPDX-License-Identifier: Apache-2.0
//
// All that a child started, wherever it went. A process group misses what made a session of its own
// (Gradle's JVM does), and a marker in the environment what cleared it; parenthood misses nothing
// once orphans are handed to us.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace process {

// From now on orphaned descendants become children of this process (PR_SET_CHILD_SUBREAPER).
void adopt_orphans();

struct Descendant {
  pid_t pid = -1;
  std::string command;  // the kernel's short name
};

// All living descendants of this process; the dead that wait to be reaped are left out.
std::vector<Descendant> descendants();

// TERM, after `grace` KILL, until none is left; reaps them. Answers whom it met. For a process that
// has no children it wants to keep.
std::vector<Descendant> end_descendants(std::chrono::milliseconds grace);

}  // namespace process
