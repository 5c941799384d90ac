// SPDX-License-Identifier: Apache-2.0
#include "cli/run.hpp"
#include "wait-healthy/options.hpp"

int main(int argc, char** argv) { return cli::run(argc, argv, wait_healthy::tool()); }
