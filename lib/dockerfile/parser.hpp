// SPDX-License-Identifier: Apache-2.0
//
// The grammar of a Dockerfile, as BuildKit reads it.
//
// A file is a list of logical lines: one that ends in the escape character goes on in the next,
// comments and blank lines between are skipped, and the documents of its "<<NAME" words follow it.
// Only the first word decides how the rest of a line is cut into arguments.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "dockerfile/instruction.hpp"

namespace dockerfile {

inline constexpr std::size_t most_dockerfile_bytes = 1U << 20U;

// Throws refused with "<name>:<line>: <reason>".
Dockerfile parse(std::string_view text, std::string name = "Dockerfile");

// The file's own name is used in messages.
Dockerfile read_dockerfile(const std::filesystem::path& path);

// The instruction of an ONBUILD trigger ("COPY . /src").
Instruction parse_trigger(std::string_view text, const Dockerfile& dockerfile, int line);

}  // namespace dockerfile
