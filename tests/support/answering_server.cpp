// SPDX-License-Identifier: Apache-2.0
#include "support/answering_server.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.hpp"
#include "text/split.hpp"

namespace support {
namespace {

constexpr std::size_t most_request_bytes = 64U << 20U;

// False when the peer went away.
bool receive(const file::UniqueFd& client, std::string& bytes) {
  std::array<char, 65536> buffer{};
  const auto count = ::recv(client.get(), buffer.data(), buffer.size(), 0);
  if (count <= 0 || bytes.size() > most_request_bytes) return false;
  bytes.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

// The header's request; what came of its body already is in `bytes` afterwards.
std::optional<ServedRequest> read_head(const file::UniqueFd& client, std::string& bytes) {
  while (bytes.find("\r\n\r\n") == std::string::npos) {
    if (!receive(client, bytes)) return std::nullopt;
  }
  const std::size_t head_size = bytes.find("\r\n\r\n");
  const std::string head = bytes.substr(0, head_size);
  const auto lines = text::lines(head);
  const auto words = text::split(lines.at(0), ' ');
  ServedRequest request{.method = std::string(words.at(0)), .path = std::string(words.at(1))};
  if (const auto parts = text::cut(words.at(1), "?")) {
    request.path = parts->first;
    request.query = parts->second;
  }
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto field = text::cut(lines[i], ":");
    if (field) request.headers.emplace_back(text::lower(field->first), text::trim(field->second));
  }
  bytes.erase(0, head_size + 4);
  return request;
}

void send_all(const file::UniqueFd& client, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string written(const ServedAnswer& answer, bool head) {
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " -\r\nConnection: close\r\n";
  for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\r\n";
  text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n";
  return head ? text : text + answer.body;
}

}  // namespace

std::string ServedRequest::header(const std::string& name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

AnsweringServer::AnsweringServer(Answer answer, Intake intake)
    : answer_(std::move(answer)),
      intake_(std::move(intake)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), generic, &size) != 0) {
    throw base::from_errno("listen on 127.0.0.1", errno);
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

AnsweringServer::~AnsweringServer() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
}

std::string AnsweringServer::authority() const { return "127.0.0.1:" + std::to_string(port_); }

std::vector<ServedRequest> AnsweringServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void AnsweringServer::serve() {
  while (true) {
    file::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) break;
    connections_.emplace_back(
        [this, connection = std::move(client)] { serve_connection(connection); });
  }
  connections_.clear();
}

std::optional<ServedRequest> AnsweringServer::read_request(const file::UniqueFd& client) {
  std::string bytes;
  auto request = read_head(client, bytes);
  if (!request) return std::nullopt;
  std::uint64_t length = text::find_number(request->header("content-length")).value_or(0);
  if (intake_) {
    const std::lock_guard lock(mutex_);
    const auto taken = intake_(*request);
    request->whole = !taken;
    length = std::min(length, taken.value_or(length));
  }
  while (bytes.size() < length) {
    if (!receive(client, bytes)) return std::nullopt;
  }
  if (!request->whole) bytes.resize(length);
  request->body = std::move(bytes);
  return request;
}

void AnsweringServer::serve_connection(const file::UniqueFd& client) {
  const auto request = read_request(client);
  if (!request) return;
  ServedAnswer answer;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(*request);
    answer = answer_(*request);
  }
  if (answer.status == 0) return;
  if (request->whole) send_all(client, written(answer, request->method == "HEAD"));
}

}  // namespace support
