// SPDX-License-Identifier: Apache-2.0
#include "cli/run.hpp"
#include "docker-push/options.hpp"

int main(int argc, char** argv) { return cli::run(argc, argv, docker_push::tool()); }
