// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "file/unique_fd.hpp"

namespace support {

struct ServedRequest {
  std::string method{};
  std::string path{};                                          // without the query
  std::string query{};                                         // without '?'
  std::vector<std::pair<std::string, std::string>> headers{};  // names lower-case
  std::string body{};
  bool whole = true;  // false: the server hung up while the body came

  std::string header(const std::string& name) const;  // lower-case name; empty when absent
};

struct ServedAnswer {
  int status = 200;  // 0: hangs up without a word
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
};

// An HTTP/1.1 server on 127.0.0.1, port from the kernel, whose answers are a function's. The
// function is called one request at a time; each connection serves one request. Requests need
// Content-Length.
class AnsweringServer {
 public:
  using Answer = std::function<ServedAnswer(const ServedRequest& request)>;

  // Asked when a header has come: how many bytes of the body are taken before the server hangs up
  // without an answer; absent: all, and it answers.
  using Intake = std::function<std::optional<std::uint64_t>(const ServedRequest& head)>;

  explicit AnsweringServer(Answer answer, Intake intake = {});
  AnsweringServer(const AnsweringServer&) = delete;
  AnsweringServer& operator=(const AnsweringServer&) = delete;
  ~AnsweringServer();

  std::string authority() const;  // "127.0.0.1:PORT"
  std::vector<ServedRequest> requests() const;

 private:
  void serve();
  void serve_connection(const file::UniqueFd& client);
  std::optional<ServedRequest> read_request(const file::UniqueFd& client);

  Answer answer_;
  Intake intake_;
  int port_ = 0;
  file::UniqueFd listener_;
  mutable std::mutex mutex_;
  std::vector<ServedRequest> requests_;
  std::vector<std::jthread> connections_;
  std::thread thread_;
};

}  // namespace support
