// SPDX-License-Identifier: Apache-2.0
#include "ci/context.hpp"

namespace ci {

std::string Context::correlation() const { return build_url.empty() ? build_tag : build_url; }

Context context(const process::Environment& environment) {
  const auto value = [&](std::string_view name) { return environment(name).value_or(""); };
  Context found;
  // JENKINS_URL is set only when the administrator entered the address of the controller.
  found.jenkins = !value("JENKINS_URL").empty() ||
                  (!value("JENKINS_HOME").empty() && !value("BUILD_TAG").empty());
  found.build_tag = value("BUILD_TAG");
  found.build_number = value("BUILD_NUMBER");
  found.build_url = value("BUILD_URL");
  found.commit = value("GIT_COMMIT");
  found.branch = environment("BRANCH_NAME").value_or(value("GIT_BRANCH"));
  found.change = value("CHANGE_ID");
  return found;
}

}  // namespace ci
