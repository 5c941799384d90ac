// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "file/unique_fd.hpp"

namespace support {

// What goes wrong with one request.
struct Fault {
  enum class Kind {
    none,
    hang_up,      // the server never hears of it
    cut_request,  // the server gets `after` bytes of the body, and then an end
    lose_answer,  // the server has done it, and the line ends
    cut_answer,   // `after` bytes of the answer's body get through; half a header if it has none
    answer,       // `status` in the server's place, before the body is read
    stall         // silence, for as long as the client listens
  };

  Kind kind = Kind::none;
  std::optional<std::uint64_t> after{};  // absent: half
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
};

struct PassingRequest {
  std::string head{};

  std::string method() const;
  std::string target() const;
  std::string header(const std::string& name) const;  // empty when absent
};

// Stands between a tool and an HTTP/1.1 server on 127.0.0.1. Passes each exchange on as it is, but
// for what the plan says. Bodies need Content-Length.
class FaultProxy {
 public:
  using Plan = std::function<Fault(const PassingRequest& request)>;  // called one at a time

  // `upstream` is http://127.0.0.1:PORT, or without the scheme.
  FaultProxy(const std::string& upstream, Plan plan);
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  ~FaultProxy();

  std::string authority() const;  // 127.0.0.1:PORT
  std::string url() const { return "http://" + authority(); }
  int requests() const { return requests_; }
  std::uint64_t body_bytes() const { return body_bytes_; }  // of requests, taken from the tool

 private:
  struct Connection {
    file::UniqueFd client;
    std::thread thread;
  };
  class Exchange;

  void accept_all();
  void serve(file::UniqueFd& client);
  Fault planned(const std::string& head);

  int upstream_port_;
  Plan plan_;
  int port_ = 0;
  file::UniqueFd listener_;
  std::mutex mutex_;  // of the plan, and of closing a connection
  std::atomic<int> requests_{0};
  std::atomic<std::uint64_t> body_bytes_{0};
  std::list<Connection> connections_;  // the accepting thread's until it has ended
  std::thread accepting_;
};

}  // namespace support
