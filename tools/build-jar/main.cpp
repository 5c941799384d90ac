// SPDX-License-Identifier: Apache-2.0
#include "build-jar/options.hpp"
#include "cli/run.hpp"

int main(int argc, char** argv) { return cli::run(argc, argv, build_jar::tool()); }
