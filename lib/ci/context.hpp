// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "process/environment.hpp"

namespace ci {

// What the CI system says of this build; every field is empty when it says nothing.
struct Context {
  bool jenkins = false;
  std::string build_tag;     // BUILD_TAG, "jenkins-shop-main-42"
  std::string build_number;  // BUILD_NUMBER
  std::string build_url;     // BUILD_URL
  std::string commit;        // GIT_COMMIT
  std::string branch;        // BRANCH_NAME, else GIT_BRANCH
  std::string change;        // CHANGE_ID of a pull request build

  std::string correlation() const;  // the best short name of this build for a log's first line
};

Context context(const process::Environment& environment);

}  // namespace ci
