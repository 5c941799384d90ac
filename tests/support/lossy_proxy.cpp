// SPDX-License-Identifier: Apache-2.0
#include "support/lossy_proxy.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "text/split.hpp"

namespace support {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

file::UniqueFd new_socket() {
  file::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw base::from_errno("open a socket", errno);
  return fd;
}

file::UniqueFd connected(int port) {
  auto fd = new_socket();
  const auto address = loopback(port);
  if (::connect(fd.get(), generic(address), sizeof address) != 0) {
    throw base::from_errno("connect to the upstream", errno);
  }
  return fd;
}

void send_all(const file::UniqueFd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the other side went away; it will say so itself
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t length_of(std::string_view head) {
  for (const auto line : text::lines(head)) {
    const auto field = text::cut(line, ":");
    if (field && text::equal_ignoring_case(field->first, "Content-Length")) {
      return text::find_number(text::trim(field->second)).value_or(0);
    }
  }
  return 0;
}

enum class HasBody { yes, no };  // the answer to a HEAD tells a length and has none

// One whole message with its body; absent at the end of the stream.
std::optional<std::string> read_message(const file::UniqueFd& fd, HasBody has_body = HasBody::yes) {
  std::string message;
  std::size_t wanted = std::string::npos;
  while (message.size() < wanted) {
    char buffer[65536];
    const auto got = ::recv(fd.get(), buffer, sizeof buffer, 0);
    if (got <= 0) return std::nullopt;
    message.append(buffer, static_cast<std::size_t>(got));
    const auto end = message.find("\r\n\r\n");
    if (wanted == std::string::npos && end != std::string::npos) {
      wanted = end + 4;
      if (has_body == HasBody::yes) wanted += length_of(std::string_view(message).substr(0, end));
    }
  }
  return message;
}

}  // namespace

LossyProxy::LossyProxy(const std::string& upstream, std::string lost)
    : LossyProxy(upstream, std::move(lost), std::string::npos) {}

LossyProxy::LossyProxy(const std::string& upstream, std::string lost, std::size_t cut_after)
    : upstream_port_(std::stoi(upstream.substr(upstream.rfind(':') + 1))),
      lost_(std::move(lost)),
      cut_after_(cut_after),
      listener_(new_socket()) {
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_.get(), generic(address), size) != 0 || ::listen(listener_.get(), 16) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw base::from_errno("listen on a loopback port", errno);
  }
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

LossyProxy::~LossyProxy() {
  ::shutdown(listener_.get(), SHUT_RDWR);  // ends accept()
  accepting_.join();
  for (auto& connection : connections_) {
    ::shutdown(connection.client.get(), SHUT_RDWR);
    connection.thread.join();
  }
}

std::string LossyProxy::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

void LossyProxy::accept_all() {
  while (true) {
    file::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) return;
    auto& connection =
        connections_.emplace_back(Connection{.client = std::move(client), .thread = {}});
    connection.thread = std::thread([this, &connection] { serve(connection.client); });
  }
}

void LossyProxy::serve(const file::UniqueFd& client) {
  while (const auto request = read_message(client)) {
    const bool named = request->find(lost_) != std::string::npos;
    const bool loses = named && ++seen_ == 1;
    const auto server = connected(upstream_port_);
    if (loses && cut_after_ != std::string::npos) {
      send_all(server, request->substr(0, request->find("\r\n\r\n") + 4 + cut_after_));
      break;
    }
    send_all(server, *request);
    const auto answer =
        read_message(server, request->starts_with("HEAD ") ? HasBody::no : HasBody::yes);
    if (!answer || loses) break;
    send_all(client, *answer);
  }
  ::shutdown(client.get(), SHUT_RDWR);  // the tool learns now, the descriptor is freed at the end
}

}  // namespace support
