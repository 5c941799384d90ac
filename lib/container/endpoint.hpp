// SPDX-License-Identifier: Apache-2.0
//
// Where the container engine of this machine listens, as docker's own client finds it: DOCKER_HOST,
// else the context that DOCKER_CONTEXT or the config document names, else the sockets that engines
// make by themselves.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/client.hpp"
#include "process/environment.hpp"

namespace container {

struct Endpoint {
  std::string address{};                 // as people write it: "unix:///var/run/docker.sock"
  std::string socket{};                  // a path; empty: by TCP
  std::string url = "http://localhost";  // what paths are appended to
  http::HostTls tls{};                   // for https
};

// The engine that somebody chose; absent: nobody did, or docker's default was chosen. Throws
// environment for one that cannot be reached from here (ssh), that would be spoken to in plain text
// beyond this machine or without verifying it, or whose context does not exist, usage for what is
// no address.
std::optional<Endpoint> find_chosen_endpoint(const process::Environment& environment);

// Where an engine may listen that nobody chose, the likeliest first: docker's socket, the user's
// own docker, podman's.
std::vector<Endpoint> usual_endpoints(const process::Environment& environment);

}  // namespace container
