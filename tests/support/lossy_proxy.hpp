// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <list>
#include <string>
#include <thread>

#include "file/unique_fd.hpp"

namespace support {

// Stands between a tool and a server on 127.0.0.1 and passes every exchange on, but for one: the
// first request that has `lost` in it reaches the server, and its answer is thrown away with the
// connection. What the tool sees is a broken line after the work was done; or, where it is told to
// cut, before.
class LossyProxy {
 public:
  // `upstream` is http://127.0.0.1:PORT.
  LossyProxy(const std::string& upstream, std::string lost);

  // The first request with `lost` in it reaches the server only so far into its body.
  LossyProxy(const std::string& upstream, std::string lost, std::size_t cut_after);
  LossyProxy(const LossyProxy&) = delete;
  LossyProxy& operator=(const LossyProxy&) = delete;
  ~LossyProxy();

  std::string url() const;
  int requests_with_lost() const { return seen_; }

 private:
  struct Connection {
    file::UniqueFd client;
    std::thread thread;
  };

  void accept_all();
  void serve(const file::UniqueFd& client);

  int upstream_port_;
  std::string lost_;
  std::size_t cut_after_;
  int port_ = 0;
  file::UniqueFd listener_;
  std::atomic<int> seen_{0};
  std::list<Connection> connections_;  // the accepting thread's until it has ended
  std::thread accepting_;
};

}  // namespace support
