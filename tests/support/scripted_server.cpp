// SPDX-License-Identifier: Apache-2.0
#include "support/scripted_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>

#include "text/split.hpp"

namespace support {
namespace {

constexpr int look_every_ms = 10;  // how soon a stop is noticed

// False when the stop came first.
bool wait_readable(int fd, const std::stop_token& stop) {
  pollfd waiting{fd, POLLIN, 0};
  while (!stop.stop_requested()) {
    if (::poll(&waiting, 1, look_every_ms) > 0) return true;
  }
  return false;
}

// Appends what arrives; false at the end of the connection or at the stop.
bool receive_more(int fd, std::string& buffer, const std::stop_token& stop) {
  std::array<char, 16'384> bytes{};
  if (!wait_readable(fd, stop)) return false;
  const auto count = ::recv(fd, bytes.data(), bytes.size(), 0);
  if (count <= 0) return false;
  buffer.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

void send_all(int fd, std::string_view bytes, const std::stop_token& stop) {
  pollfd waiting{fd, POLLOUT, 0};
  while (!bytes.empty() && !stop.stop_requested()) {
    if (::poll(&waiting, 1, look_every_ms) <= 0) continue;
    const auto count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return;
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

SeenRequest parse_header(std::string_view header) {
  SeenRequest request;
  const auto lines = text::lines(header);
  const auto words = text::split(lines.front(), ' ');
  request.method = std::string(words.front());
  if (words.size() > 1) request.target = std::string(words[1]);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (const auto field = text::cut(lines[i], ":")) {
      request.headers[text::lower(field->first)] = std::string(text::trim(field->second));
    }
  }
  return request;
}

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("scripted server: ") + what);
}

}  // namespace

Step answer(int status, const std::string& body,
            const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string bytes = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
  for (const auto& [name, value] : headers) bytes += name + ": " + value + "\r\n";
  bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return {.bytes = std::move(bytes)};
}

Step chunked_answer(const std::vector<std::string>& chunks) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const auto& chunk : chunks) {
    std::string size;
    for (auto left = chunk.size(); left > 0; left /= 16)
      size.insert(size.begin(), digits[left % 16]);
    bytes += size + "\r\n" + chunk + "\r\n";
  }
  return {.bytes = bytes + "0\r\n\r\n"};
}

ScriptedServer::ScriptedServer(std::vector<Step> script, Start when)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), script_(std::move(script)) {
  require(static_cast<bool>(listener_), "no socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  require(::bind(listener_.get(), generic, size) == 0, "bind");
  require(::getsockname(listener_.get(), generic, &size) == 0, "getsockname");
  port_ = ntohs(address.sin_port);
  if (when == Start::now) start();
}

ScriptedServer::~ScriptedServer() {
  accepting_ = {};
  serving_.clear();
}

void ScriptedServer::start() {
  require(::listen(listener_.get(), 64) == 0, "listen");
  accepting_ = std::jthread([this](const std::stop_token& stop) { accept_until(stop); });
}

std::string ScriptedServer::url(const std::string& target) const {
  return "http://127.0.0.1:" + std::to_string(port_) + target;
}

std::vector<SeenRequest> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

int ScriptedServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

bool ScriptedServer::wait_for_requests(std::size_t count) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (requests().size() < count) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

void ScriptedServer::accept_until(const std::stop_token& stop) {
  while (wait_readable(listener_.get(), stop)) {
    file::UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) continue;
    const std::lock_guard lock(mutex_);
    const int number = ++connections_;
    serving_.emplace_back(
        [this, number, fd = std::move(connection)](const std::stop_token& stopped) mutable {
          serve(stopped, std::move(fd), number);
        });
  }
}

void ScriptedServer::serve(const std::stop_token& stop, file::UniqueFd connection, int number) {
  std::string unread;
  while (true) {
    auto header_end = unread.find("\r\n\r\n");
    while (header_end == std::string::npos) {
      if (!receive_more(connection.get(), unread, stop)) return;
      header_end = unread.find("\r\n\r\n");
    }
    auto request = parse_header(std::string_view(unread).substr(0, header_end));
    request.connection = number;
    unread.erase(0, header_end + 4);
    if (!do_next_step(stop, connection, std::move(request), unread)) return;
  }
}

bool ScriptedServer::do_next_step(const std::stop_token& stop, file::UniqueFd& connection,
                                  SeenRequest request, std::string& unread) {
  const auto step = take_step();
  if (!step.before_body) {
    const auto field = request.headers.find("content-length");
    const auto length =
        field == request.headers.end() ? 0 : text::find_number(field->second).value_or(0);
    while (unread.size() < length) {
      if (!receive_more(connection.get(), unread, stop)) break;
    }
    request.body = unread.substr(0, length);
    unread.erase(0, request.body.size());
  }
  note(request);
  send_all(connection.get(), step.bytes, stop);
  if (step.after == Step::After::keep) return true;
  if (step.after == Step::After::silence) {
    while (receive_more(connection.get(), unread, stop)) {
    }
  }
  if (step.after == Step::After::reset) {
    const linger at_once{1, 0};  // close() then sends RST
    ::setsockopt(connection.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  connection.reset();
  return false;
}

Step ScriptedServer::take_step() {
  const std::lock_guard lock(mutex_);
  if (next_step_ == script_.size()) return answer(418, "the script is over");
  return script_[next_step_++];
}

void ScriptedServer::note(const SeenRequest& request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
}

}  // namespace support
