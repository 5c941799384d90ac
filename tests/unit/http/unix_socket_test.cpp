// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <string>
#include <thread>

#include "client_setup.hpp"
#include "file/temp_dir.hpp"
#include "file/unique_fd.hpp"

namespace {

// Answers one request on a socket of the file system.
class SocketServer {
 public:
  SocketServer(const std::string& path, std::string answer)
      : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 4) == 0);
    thread_ = std::jthread([this, answer = std::move(answer)] { serve(answer); });
  }
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;
  ~SocketServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

  const std::string& request() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    return request_;
  }

 private:
  void serve(const std::string& answer) {
    const file::UniqueFd client(::accept(listener_.get(), nullptr, nullptr));
    std::array<char, 4096> buffer{};
    while (client && request_.find("\r\n\r\n") == std::string::npos) {
      const auto count = ::recv(client.get(), buffer.data(), buffer.size(), 0);
      if (count <= 0) return;
      request_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    if (client) (void)::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }

  file::UniqueFd listener_;
  std::string request_;
  std::jthread thread_;
};

}  // namespace

TEST_CASE("a request goes to a socket of this machine, whatever host it names") {
  const file::TempDir folder("socket");
  const std::string path = folder.path() / "engine.sock";
  SocketServer server(path, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK");
  ClientSetup setup({.unix_socket = path});

  const auto response = setup.client.send({.url = "http://engine.example/v1.41/info"});

  CHECK(response.body == "OK");
  CHECK(server.request().starts_with("GET /v1.41/info HTTP/1.1\r\nHost: engine.example\r\n"));
}

TEST_CASE("a socket that nobody listens on says why") {
  const file::TempDir folder("socket");
  const std::string path = folder.path() / "engine.sock";
  ClientSetup setup({.attempts = 1, .unix_socket = path});
  const auto attempt = setup.client.try_once({.url = "http://localhost/_ping"});
  REQUIRE_FALSE(attempt.response);
  CHECK(attempt.failure == http::Failure::not_connected);
  CHECK(attempt.why == "connect to " + path + ": No such file or directory");
}
