// SPDX-License-Identifier: Apache-2.0
#include "git/library.hpp"

#include <git2.h>

namespace git {

Library::Library() { git_libgit2_init(); }

Library::~Library() { git_libgit2_shutdown(); }

}  // namespace git
