// SPDX-License-Identifier: Apache-2.0
//
// An HTTP/1.1 server on 127.0.0.1 that behaves as badly as told: what it sends is given byte by
// byte, and after each answer it keeps the connection, closes it, resets it or falls silent. It
// remembers what arrived and over which connection.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "file/unique_fd.hpp"

namespace support {

struct SeenRequest {
  std::string method{};
  std::string target{};                          // path and query, as sent
  std::map<std::string, std::string> headers{};  // names in lower case
  std::string body{};
  int connection = 0;  // the how-many-eth connection it came over, from 1
};

// What happens when the next request has arrived.
struct Step {
  enum class After { keep, close, reset, silence };

  std::string bytes{};        // sent as they are; empty: no answer
  After after = After::keep;  // silence: the connection stays open, nothing more is sent
  bool before_body = false;   // act on the header of the request, its body unread
};

// A whole answer with its Content-Length.
Step answer(int status, const std::string& body = {},
            const std::vector<std::pair<std::string, std::string>>& headers = {});

// A whole 200 answer in chunks.
Step chunked_answer(const std::vector<std::string>& chunks);

class ScriptedServer {
 public:
  enum class Start { now, later };

  // Each request takes the next step of the script, whatever connection it comes over; beyond its
  // end every answer is a 418. Started `later`, the port is taken but refuses connections.
  explicit ScriptedServer(std::vector<Step> script, Start start = Start::now);
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();

  void start();

  int port() const { return port_; }
  std::string url(const std::string& target = "/") const;  // http://127.0.0.1:PORT/…
  std::vector<SeenRequest> requests() const;               // those whose header arrived
  int connections() const;                                 // accepted so far

  // Waits until that many requests have arrived; false after 20 seconds.
  bool wait_for_requests(std::size_t count) const;

 private:
  void accept_until(const std::stop_token& stop);
  void serve(const std::stop_token& stop, file::UniqueFd connection, int number);
  bool do_next_step(const std::stop_token& stop, file::UniqueFd& connection, SeenRequest request,
                    std::string& unread);
  Step take_step();
  void note(const SeenRequest& request);

  file::UniqueFd listener_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Step> script_;
  std::size_t next_step_ = 0;
  std::vector<SeenRequest> requests_;
  int connections_ = 0;
  std::vector<std::jthread> serving_;
  std::jthread accepting_;
};

}  // namespace support
