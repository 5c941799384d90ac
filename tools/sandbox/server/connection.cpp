// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/connection.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "sandbox/server/fault.hpp"
#include "text/split.hpp"

namespace sandbox {
namespace {

constexpr time_t transfer_seconds = 60;  // between two pieces of a body
constexpr int slice_milliseconds = 50;   // how late the end of the server is noticed
constexpr std::size_t most_head_bytes = 64U << 10U;
constexpr std::string_view head_end = "\r\n\r\n";

}  // namespace

Connection::Connection(socket_t socket) : socket_(socket) {
  const timeval limit{.tv_sec = transfer_seconds, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

bool Connection::wait_for_request(int limit_milliseconds, const std::function<bool()>& is_over) {
  head_.clear();
  if (begin_ < end_) return true;
  for (int waited = 0; waited < limit_milliseconds && !is_over(); waited += slice_milliseconds) {
    pollfd entry{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&entry, 1, slice_milliseconds) > 0) return refill();
  }
  return false;
}

bool Connection::refill() {
  ssize_t count = 0;
  do {
    count = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
  } while (count < 0 && errno == EINTR);
  begin_ = 0;
  end_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  return end_ > 0;
}

Pairs Connection::headers() const {
  Pairs fields;
  for (const auto line : text::lines(head_)) {
    const auto parts = text::cut(line, ":");
    // The request line has a colon only in its target, which is behind a space.
    if (!parts || parts->first.find(' ') != std::string_view::npos) continue;
    fields.emplace_back(text::lower(parts->first), text::trim(parts->second));
  }
  return fields;
}

std::size_t Connection::receive(std::span<char> into) {
  const auto buffered = std::min(into.size(), end_ - begin_);
  std::copy_n(buffer_.data() + begin_, buffered, into.data());
  begin_ += buffered;
  if (buffered > 0) return buffered;
  ssize_t count = 0;
  do {
    count = ::recv(socket_, into.data(), into.size(), MSG_WAITALL);
  } while (count < 0 && errno == EINTR);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

ssize_t Connection::read(char* into, std::size_t size) {
  if (begin_ == end_ && !refill()) return 0;
  const auto count = std::min(size, end_ - begin_);
  std::copy_n(buffer_.data() + begin_, count, into);
  if (!head_.ends_with(head_end) && head_.size() < most_head_bytes) head_.append(into, count);
  begin_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t Connection::write(const char* bytes, std::size_t size) {
  if (dropped_) return -1;
  for (std::size_t sent = 0; sent < size;) {
    const auto count = ::send(socket_, bytes + sent, size - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return -1;
    sent += static_cast<std::size_t>(count);
  }
  return static_cast<ssize_t>(size);
}

// Nobody asks: every client is on this machine.
void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip = "127.0.0.1";
  port = 0;
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
  ip = "127.0.0.1";
  port = 0;
}

std::size_t ConnectionBody::read(std::span<char> into) {
  if (left_) into = into.first(std::min<std::uint64_t>(into.size(), *left_));
  if (into.empty()) return 0;
  const auto count = connection_.receive(into);
  if (count == 0 && left_) {
    throw Fault(400, "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the "
                "timeout period.");
  }
  if (left_) *left_ -= count;
  received_ += count;
  return count;
}

}  // namespace sandbox
