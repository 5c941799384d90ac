// SPDX-License-Identifier: Apache-2.0
#include "cli/run.hpp"
#include "sandbox/options.hpp"
#include "sandbox/shim/docker_shim.hpp"

int main(int argc, char** argv) {
  // Hooks find this program under the name of docker in their PATH.
  if (sandbox::shim::is_docker(argv[0])) return sandbox::shim::run_docker(argc, argv);
  return cli::run(argc, argv, sandbox::tool());
}
