// SPDX-License-Identifier: Apache-2.0
#include "cli/run.hpp"
#include "codedeploy-trigger/options.hpp"

int main(int argc, char** argv) { return cli::run(argc, argv, codedeploy_trigger::tool()); }
