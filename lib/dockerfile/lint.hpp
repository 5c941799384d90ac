// SPDX-License-Identifier: Apache-2.0
//
// What a reader of Dockerfiles would remark: BuildKit's rules under BuildKit's names, and faults
// that Spring Boot images are known for. Nothing here throws for what it finds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/evaluate.hpp"
#include "dockerfile/instruction.hpp"

namespace dockerfile {

// Of the file alone; evaluate() adds what the context and the bases tell.
std::vector<Finding> lint(const Dockerfile& dockerfile, const BuildInput& input);

// By line, without those that the file's check directive skips.
void arrange(std::vector<Finding>& findings, const Dockerfile& dockerfile);

// "Dockerfile:12: warning: message (Rule); fix", for people.
std::string to_line(const Finding& finding, const Dockerfile& dockerfile);

}  // namespace dockerfile
