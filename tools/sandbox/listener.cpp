// SPDX-License-Identifier: Apache-2.0
#include "sandbox/listener.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

#include "base/error.hpp"

namespace sandbox {

Listener listen_on_loopback(int port, const std::string& what) {
  Listener listener{.fd = file::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
                    .port = port};
  if (!listener.fd) throw base::from_errno("make a socket", errno);
  const int yes = 1;
  ::setsockopt(listener.fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::bind(listener.fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.fd.get(), SOMAXCONN) != 0) {
    throw base::from_errno(fmt::format("listen on 127.0.0.1:{} for the {}", port, what), errno,
                           "choose another port, or 0 for a free one");
  }
  socklen_t size = sizeof address;
  ::getsockname(listener.fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  listener.port = ntohs(address.sin_port);
  return listener;
}

}  // namespace sandbox
