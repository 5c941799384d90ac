// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "http/client.hpp"
#include "process/environment.hpp"

namespace oci {

// What the folders certs.d/<host[:port]> say, for http::ClientOptions::host_tls (containers-certs.d
// (5)): *.crt are authorities, *.cert and *.key of one name the client's pair. The user's folder
// (~/.config/containers) goes before /etc/containers and /etc/docker; the first that exists counts.
// Each host is read once. Throws environment when a file cannot be read or a pair is not whole.
std::function<const http::HostTls*(const std::string& authority)> certificates_by_host(
    const process::Environment& environment, const std::filesystem::path& etc = "/etc");

}  // namespace oci
