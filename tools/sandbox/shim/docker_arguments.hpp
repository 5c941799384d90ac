// SPDX-License-Identifier: Apache-2.0
//
// `docker` as a hook on one instance sees it.
//
// All instances of the sandbox share one Docker Engine, so a command line written for a host of its
// own is rewritten: container names get the instance's id as a suffix, published ports bind to the
// instance's address, containers carry labels by which the sandbox finds them again, and lists show
// only the instance's own. Commands about images, registries and the engine pass unchanged.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sandbox::shim {

struct Scope {
  std::string sandbox;   // value of the label stagecraft.sandbox
  std::string instance;  // i-…
  std::string address;   // where published ports are bound
};

struct DockerCall {
  std::vector<std::string> arguments;  // without argv[0]
  bool strip_names = false;  // its output shows container names: cut name_suffix out of it
};

DockerCall rewrite(const std::vector<std::string>& arguments, const Scope& scope);

std::string name_suffix(const Scope& scope);

// "[ip:][host port:]container port[/protocol]" with the address put in the place of ip.
std::string publish_on(std::string_view mapping, std::string_view address);

}  // namespace sandbox::shim
