// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "build-jar/options.hpp"
#include "cli/run.hpp"

namespace build_jar {

// Builds the project, picks and checks its boot jar, and starts the release record with the
// sections `source` and `jar`. The record is written last, so a failure leaves the one that was
// there.
cli::Result build_jar(const BuildJarOptions& options, const cli::Context& context);

}  // namespace build_jar
