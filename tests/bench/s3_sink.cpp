// SPDX-License-Identifier: Apache-2.0
//
// An S3 that reads and forgets, so that a benchmark times the client and not the server: the
// sandbox checks digests and writes files, which takes longer than sending. Answers every request
// as S3 would, credentials unseen; also CodeDeploy's RegisterApplicationRevision, which `aws deploy
// push` ends with. Prints its address and serves until it is ended.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "file/unique_fd.hpp"
#include "text/split.hpp"

namespace {

struct Object {
  std::uint64_t size = 0;
  std::string headers{};  // checksums as they were claimed
};

struct State {
  std::mutex mutex{};
  std::map<std::string, Object> objects{};
  std::map<std::string, std::uint64_t> uploads{};  // path → bytes so far
};

struct Request {
  std::string method{};
  std::string path{};
  std::string query{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::uint64_t size = 0;

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

constexpr std::string_view etag = "\"0123456789abcdef0123456789abcdef\"";

class Connection {
 public:
  explicit Connection(file::UniqueFd socket) : socket_(std::move(socket)) {}

  bool read_head(Request& request) {
    std::size_t end = 0;
    while ((end = text_.find("\r\n\r\n")) == std::string::npos) {
      if (!fill()) return false;
    }
    const auto head = text_.substr(0, end);
    text_.erase(0, end + 4);
    const auto lines = text::lines(head);
    const auto words = text::split(lines.at(0), ' ');
    request.method = words.at(0);
    const auto parts = text::cut(words.at(1), "?");
    request.path = parts ? parts->first : words.at(1);
    request.query = parts ? parts->second : "";
    for (std::size_t i = 1; i < lines.size(); ++i) {
      if (const auto field = text::cut(lines[i], ":")) {
        request.headers.emplace_back(text::lower(field->first), text::trim(field->second));
      }
    }
    request.size = text::find_number(request.header("content-length")).value_or(0);
    if (request.header("expect") == "100-continue") write("HTTP/1.1 100 Continue\r\n\r\n");
    return true;
  }

  bool skip_body(std::uint64_t size) {
    const auto here = std::min<std::uint64_t>(size, text_.size());
    text_.erase(0, here);
    size -= here;
    while (size > 0) {
      const auto count =
          ::recv(socket_.get(), buffer_.data(), std::min<std::uint64_t>(size, buffer_.size()), 0);
      if (count <= 0) return false;
      size -= static_cast<std::uint64_t>(count);
    }
    return true;
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

 private:
  bool fill() {
    const auto count = ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
    if (count <= 0) return false;
    text_.append(buffer_.data(), static_cast<std::size_t>(count));
    return true;
  }

  file::UniqueFd socket_;
  std::string text_;
  std::vector<char> buffer_ = std::vector<char>(1U << 20U);
};

std::string answer(int status, std::string headers, const std::string& body = {}) {
  headers += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return "HTTP/1.1 " + std::to_string(status) + " -\r\n" + headers + body;
}

std::string stored(State& state, const Request& request, std::uint64_t size) {
  Object object{.size = size};
  for (const auto& [name, value] : request.headers) {
    const bool checksum =
        name.starts_with("x-amz-checksum-") && value.find('=') != std::string::npos;
    if (checksum || name.starts_with("x-amz-meta-")) object.headers += name + ": " + value + "\r\n";
  }
  state.objects[request.path] = std::move(object);
  return "ETag: " + std::string(etag) + "\r\nx-amz-version-id: v1\r\n";
}

std::string answer_to(State& state, const Request& request) {
  const std::lock_guard lock(state.mutex);
  if (!request.header("x-amz-target").empty()) return answer(200, {}, "{}");
  const bool part = request.query.find("partNumber=") != std::string::npos;
  if (request.method == "PUT" && part) {
    state.uploads[request.path] += request.size;
    return answer(200, "ETag: " + std::string(etag) + "\r\n");
  }
  if (request.method == "PUT") return answer(200, stored(state, request, request.size));
  if (request.method == "POST" && request.query.starts_with("uploads")) {
    state.uploads[request.path] = 0;
    return answer(200, {},
                  "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                  "</InitiateMultipartUploadResult>");
  }
  if (request.method == "POST") {
    return answer(200, stored(state, request, state.uploads[request.path]),
                  "<CompleteMultipartUploadResult><ETag>" + std::string(etag) +
                      "</ETag></CompleteMultipartUploadResult>");
  }
  if (request.method == "GET") {
    return answer(200, {}, "<ListMultipartUploadsResult></ListMultipartUploadsResult>");
  }
  if (request.method == "DELETE") {  // between two runs: what is there already is not sent
    state.objects.clear();
    return answer(204, {});
  }
  const auto found = state.objects.find(request.path);
  if (request.method != "HEAD" || found == state.objects.end()) return answer(404, {});
  return "HTTP/1.1 200 -\r\nETag: " + std::string(etag) + "\r\nx-amz-version-id: v1\r\n" +
         found->second.headers + "Content-Length: " + std::to_string(found->second.size) +
         "\r\n\r\n";
}

void serve(State& state, file::UniqueFd socket) {
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Connection connection(std::move(socket));
  while (true) {
    Request request;
    if (!connection.read_head(request) || !connection.skip_body(request.size)) return;
    connection.write(answer_to(state, request));
  }
}

}  // namespace

int main() {
  const file::UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener.get(), generic, size) != 0 || ::listen(listener.get(), 64) != 0 ||
      ::getsockname(listener.get(), generic, &size) != 0) {
    std::perror("listen on 127.0.0.1");
    return 1;
  }
  std::printf("http://127.0.0.1:%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  State state;
  while (true) {
    file::UniqueFd client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) return 1;
    std::thread([&state, socket = std::move(client)]() mutable {
      serve(state, std::move(socket));
    }).detach();
  }
}
