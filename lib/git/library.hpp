// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace git {

// libgit2 counts its users; one of these must outlive every handle of it.
class Library {
 public:
  Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library();
};

}  // namespace git
