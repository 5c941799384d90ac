// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace process {

// A row of /proc.
struct Process {
  pid_t pid = -1;
  pid_t parent = -1;
  pid_t group = -1;
  char state = '?';
  std::string name;  // the kernel's short one

  // The dead keep their row until their parent reaps them, and some containers' process 1 never
  // does.
  bool is_living() const { return state != 'Z' && state != 'X'; }
};

std::vector<Process> process_table();

}  // namespace process
