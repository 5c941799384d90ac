// SPDX-License-Identifier: Apache-2.0
#include "sandbox/claim.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>

#include "base/error.hpp"

namespace sandbox {

Claim::Claim(std::string_view name) {
  file::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw base::from_errno("make a socket", errno);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto full = "stagecraft-sandbox-" + std::string(name);
  const auto length = std::min(full.size(), sizeof address.sun_path - 1);
  std::copy_n(full.begin(), length, &address.sun_path[1]);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0) {
    fd_ = std::move(fd);
  } else if (errno != EADDRINUSE) {
    throw base::from_errno("claim the sandbox's name", errno);
  }
}

}  // namespace sandbox
