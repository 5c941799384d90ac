// SPDX-License-Identifier: Apache-2.0
#include "support/fault_proxy.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "base/error.hpp"
#include "support/loopback.hpp"
#include "text/split.hpp"

namespace support {
namespace {

constexpr std::string_view end_of_head = "\r\n\r\n";

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

file::UniqueFd new_socket() {
  file::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw base::from_errno("open a socket", errno);
  return fd;
}

// False when the other side went away.
bool send_all(const file::UniqueFd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Appends what has come; false at the end of the stream.
bool receive(const file::UniqueFd& fd, std::string& bytes) {
  std::array<char, 65536> buffer;
  const auto got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  bytes.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::string field_of(std::string_view head, std::string_view name) {
  for (const auto line : text::lines(head)) {
    const auto field = text::cut(line, ":");
    if (field && text::equal_ignoring_case(field->first, name)) {
      return std::string(text::trim(field->second));
    }
  }
  return {};
}

std::uint64_t length_of(std::string_view head) {
  return text::find_number(field_of(head, "Content-Length")).value_or(0);
}

// Takes a header with its end from `unread` and the stream; absent at the end of the stream.
std::optional<std::string> read_head(const file::UniqueFd& fd, std::string& unread) {
  auto end = unread.find(end_of_head);
  while (end == std::string::npos) {
    if (!receive(fd, unread)) return std::nullopt;
    end = unread.find(end_of_head);
  }
  std::string head = unread.substr(0, end + end_of_head.size());
  unread.erase(0, head.size());
  return head;
}

std::string text_of(const Fault& fault) {
  std::string text = fmt::format("HTTP/1.1 {} Fault\r\nContent-Length: {}\r\nConnection: close\r\n",
                                 fault.status, fault.body.size());
  for (const auto& [name, value] : fault.headers) text += fmt::format("{}: {}\r\n", name, value);
  return text + "\r\n" + fault.body;
}

}  // namespace

std::string PassingRequest::method() const { return head.substr(0, head.find(' ')); }

std::string PassingRequest::target() const {
  const auto begin = head.find(' ') + 1;
  return head.substr(begin, head.find(' ', begin) - begin);
}

std::string PassingRequest::header(const std::string& name) const { return field_of(head, name); }

// One request whose header has come, and its answer.
class FaultProxy::Exchange {
 public:
  Exchange(FaultProxy& proxy, const file::UniqueFd& client, const std::string& head,
           std::string& unread)
      : proxy_(proxy), client_(client), head_(head), unread_(unread), left_(length_of(head)) {}

  // False when the connection is to end.
  bool run(const Fault& fault) {
    switch (fault.kind) {
      case Fault::Kind::hang_up:
        return false;
      case Fault::Kind::stall:
        drain();
        return false;
      case Fault::Kind::answer:
        send_all(client_, text_of(fault));
        ::shutdown(client_.get(), SHUT_WR);
        drain();  // an end with bytes unread would be a reset, which overtakes the answer
        return false;
      default:
        return pass_on(fault);
    }
  }

 private:
  bool pass_on(const Fault& fault) {
    const auto server = new_socket();
    const auto address = loopback(proxy_.upstream_port_);
    if (::connect(server.get(), generic(address), sizeof address) != 0) return false;
    send_all(server, head_);
    const bool cuts = fault.kind == Fault::Kind::cut_request;
    if (!relay_body(server, cuts ? fault.after.value_or(left_ / 2) : left_) || cuts) return false;
    std::string unread;
    const auto head = read_head(server, unread);
    if (!head) return false;
    std::string body = std::move(unread);
    const std::uint64_t length = head_.starts_with("HEAD ") ? 0 : length_of(*head);
    while (body.size() < length) {
      if (!receive(server, body)) return false;
    }
    if (fault.kind == Fault::Kind::lose_answer) return false;
    if (fault.kind == Fault::Kind::cut_answer) {
      send_all(client_, length == 0 ? head->substr(0, head->size() / 2)
                                    : *head + body.substr(0, fault.after.value_or(length / 2)));
      return false;
    }
    return send_all(client_, *head + body);
  }

  // So much of the body. False when it ended before.
  bool relay_body(const file::UniqueFd& server, std::uint64_t count) {
    bool listens = true;  // a server may answer without having read all
    while (count > 0) {
      if (unread_.empty() && !receive(client_, unread_)) return false;
      const auto part = std::min<std::uint64_t>(unread_.size(), count);
      proxy_.body_bytes_ += part;
      listens = listens && send_all(server, std::string_view(unread_).substr(0, part));
      unread_.erase(0, part);
      left_ -= part;
      count -= part;
    }
    return true;
  }

  void drain() {
    do {
      const auto part = std::min<std::uint64_t>(unread_.size(), left_);
      proxy_.body_bytes_ += part;
      left_ -= part;
      unread_.clear();
    } while (receive(client_, unread_));
  }

  FaultProxy& proxy_;
  const file::UniqueFd& client_;
  const std::string& head_;
  std::string& unread_;
  std::uint64_t left_;  // of the body
};

FaultProxy::FaultProxy(const std::string& upstream, Plan plan)
    : upstream_port_(std::stoi(upstream.substr(upstream.rfind(':') + 1))),
      plan_(std::move(plan)),
      listener_(new_socket()) {
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_.get(), generic(address), size) != 0 || ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw base::from_errno("listen on a loopback port", errno);
  }
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

FaultProxy::~FaultProxy() {
  ::shutdown(listener_.get(), SHUT_RDWR);  // ends accept()
  accepting_.join();
  for (auto& connection : connections_) {
    {
      const std::lock_guard lock(mutex_);
      if (connection.client) ::shutdown(connection.client.get(), SHUT_RDWR);
    }
    connection.thread.join();
  }
}

std::string FaultProxy::authority() const { return fmt::format("127.0.0.1:{}", port_); }

void FaultProxy::accept_all() {
  while (true) {
    file::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) return;
    auto& connection =
        connections_.emplace_back(Connection{.client = std::move(client), .thread = {}});
    connection.thread = std::thread([this, &connection] { serve(connection.client); });
  }
}

Fault FaultProxy::planned(const std::string& head) {
  const std::lock_guard lock(mutex_);
  ++requests_;
  return plan_({.head = head});
}

void FaultProxy::serve(file::UniqueFd& client) {
  std::string unread;
  while (const auto head = read_head(client, unread)) {
    if (!Exchange(*this, client, *head, unread).run(planned(*head))) break;
  }
  // Closed, not shut down: what the tool sends from now on is to be refused, not taken for ever.
  const std::lock_guard lock(mutex_);
  client.reset();
}

}  // namespace support
