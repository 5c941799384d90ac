// SPDX-License-Identifier: Apache-2.0
//
// One client's socket, as the HTTP library and as the reader of a body see it. The library takes
// bodies in pieces of 4 KiB with a select() before each; here a piece is as large as the reader's
// buffer. It also percent-decodes header values, which signatures cover as they were sent: the
// request's head is kept as it came.
#pragma once

#include <httplib.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "sandbox/server/body.hpp"
#include "sandbox/server/http_message.hpp"

namespace sandbox {

class Connection final : public httplib::Stream {
 public:
  explicit Connection(socket_t socket);

  // True when a request's first bytes are there; false after the limit, at the connection's end, or
  // when `is_over` says so.
  bool wait_for_request(int limit_milliseconds, const std::function<bool()>& is_over);

  // The header fields of the request whose head was read last, undecoded, in the order they came;
  // names in lower case.
  Pairs headers() const;

  // Fills `into` as far as the client sends within the time limit; less only at its end.
  std::size_t receive(std::span<char> into);

  // From now on nothing is sent, and the connection is to be closed.
  void drop() { dropped_ = true; }
  bool is_dropped() const { return dropped_; }

  bool is_readable() const override { return true; }
  bool is_writable() const override { return !dropped_; }
  ssize_t read(char* into, std::size_t size) override;
  ssize_t write(const char* bytes, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  bool refill();

  socket_t socket_;
  bool dropped_ = false;
  std::string head_{};  // up to and with its empty line
  std::array<char, 8192> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

// `length` bytes of the connection, or all it sends. Throws RequestTimeout when it ends before.
class ConnectionBody final : public Body {
 public:
  ConnectionBody(Connection& connection, std::optional<std::uint64_t> length)
      : connection_(connection), left_(length) {}

  std::size_t read(std::span<char> into) override;
  std::uint64_t received() const { return received_; }

 private:
  Connection& connection_;
  std::optional<std::uint64_t> left_;
  std::uint64_t received_ = 0;
};

}  // namespace sandbox
