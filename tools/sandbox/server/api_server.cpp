// SPDX-License-Identifier: Apache-2.0
//
// The HTTP side over cpp-httplib 0.11, and what that library has to be talked out of:
// - it binds with SO_REUSEPORT, so that a port already taken would be shared instead of refused;
// - its backlog of 5 makes a burst of parallel parts wait a second for a second SYN;
// - a DELETE or POST without Content-Length is read until the client closes;
// - it decompresses gzip bodies and takes multipart forms apart, which would change what was
// signed:
//   the headers that tell it so are hidden from it while it reads;
// - it applies ranges and compression to whatever is answered: answers therefore go out through a
//   content provider with their own Content-Length.
#include <fmt/core.h>
#include <httplib.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "sandbox/event_log.hpp"
#include "sandbox/identifiers.hpp"
#include "sandbox/server/dispatch.hpp"
#include "sandbox/server/services.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace sandbox {
namespace {

constexpr std::size_t largest_body = 512U << 20U;
constexpr std::size_t workers = 48;
constexpr int backlog = 128;
constexpr time_t keep_alive_seconds = 2;  // also what stopping waits for at most
constexpr time_t transfer_seconds = 60;   // between two pieces of a body
constexpr std::string_view health_path = "/_sandbox/health";
constexpr std::string_view hidden_prefix = "hidden-";

// The request is a plain object of the library's, handed out as const.
void hide(const httplib::Request& request, const std::string& name) {
  auto& headers = const_cast<httplib::Headers&>(request.headers);
  while (true) {
    auto node = headers.extract(name);
    if (node.empty()) return;
    node.key() = std::string(hidden_prefix) + name;
    headers.insert(std::move(node));
  }
}

Request plain_request(const httplib::Request& request) {
  Request result;
  result.method = request.method;
  const std::string_view target = request.target;
  const auto question = target.find('?');
  result.path = target.substr(0, question);
  if (question != std::string_view::npos) result.query = target.substr(question + 1);
  for (const auto& [name, value] : request.headers) {
    // The library adds these four about the connection; they did not come over the wire.
    if (name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" ||
        name == "LOCAL_PORT") {
      continue;
    }
    const bool hidden = name.starts_with(hidden_prefix);
    result.headers.emplace_back(text::lower(name.substr(hidden ? hidden_prefix.size() : 0)), value);
  }
  return result;
}

bool send_file(const FilePart& part, const httplib::DataSink& sink) {
  const auto fd = file::open_for_reading(part.path);
  std::array<char, 1U << 16U> buffer;
  auto offset = static_cast<off_t>(part.offset);
  for (auto left = part.size; left > 0;) {
    const auto wanted = std::min<std::uint64_t>(left, buffer.size());
    const auto count = ::pread(fd.get(), buffer.data(), wanted, offset);
    if (count <= 0 || !sink.write(buffer.data(), static_cast<std::size_t>(count))) return false;
    offset += count;
    left -= static_cast<std::uint64_t>(count);
  }
  return true;
}

void fill(httplib::Response& response, Answer answer, bool with_body) {
  response.status = answer.status;
  std::string type = "application/octet-stream";
  for (const auto& [name, value] : answer.headers) {
    if (name == "Content-Type") {
      type = value;
    } else {
      response.set_header(name, value);
    }
  }
  const auto size = answer.file ? answer.file->size : answer.body.size();
  const bool has_no_body = answer.status == 204 || answer.status == 304;
  if (!has_no_body) response.set_header("Content-Length", std::to_string(size));
  if (size == 0 || !with_body || has_no_body) {
    if (answer.file || size > 0) response.set_header("Content-Type", type);
    return;
  }
  const auto shared = std::make_shared<Answer>(std::move(answer));
  response.set_content_provider(type, [shared](std::size_t, httplib::DataSink& sink) {
    const bool sent = shared->file ? send_file(*shared->file, sink)
                                   : sink.write(shared->body.data(), shared->body.size());
    if (sent) sink.done();
    return sent;
  });
}

// A query as the request log may show it: presigned ones carry a usable signature.
std::string loggable_query(const std::string& query) {
  std::vector<std::string> kept;
  for (const auto piece : text::split(query, '&')) {
    if (!piece.starts_with("X-Amz-") && !piece.empty()) kept.emplace_back(piece);
  }
  return text::join(kept, "&");
}

}  // namespace

struct ApiServer::State {
  State(Services the_services, const std::filesystem::path& log_path)
      : services(the_services), dispatcher(the_services), log(log_path, the_services.world.clock) {}

  void answer(const httplib::Request& request, httplib::Response& response, std::string body);
  void set_up();

  Services services;
  Dispatcher dispatcher;
  EventLog log;
  httplib::Server server;
  int socket = -1;  // the listening one, owned by `server`
  std::thread listener;
};

void ApiServer::State::answer(const httplib::Request& request, httplib::Response& response,
                              std::string body) {
  const auto began = std::chrono::steady_clock::now();
  const auto id = new_uuid();
  const auto now = services.world.clock.now();
  response.set_header("Date", timing::http_date(now));
  if (request.path == health_path) {
    return fill(response,
                {.headers = {{"Content-Type", "application/json"}}, .body = R"({"status":"ok"})"},
                request.method != "HEAD");
  }
  auto plain = plain_request(request);
  plain.body = std::move(body);
  auto result = dispatcher.answer(plain, id);
  response.set_header(protocol_of(plain) == Protocol::s3 ? "x-amz-request-id" : "x-amzn-RequestId",
                      id);
  const bool is_head = request.method == "HEAD";
  const auto size = is_head ? 0 : result.file ? result.file->size : result.body.size();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  log.write("request", {{"id", id},
                        {"method", plain.method},
                        {"path", plain.path},
                        {"query", loggable_query(plain.query)},
                        {"operation", result.operation},
                        {"status", result.status},
                        {"error", result.error},
                        {"received", static_cast<std::uint64_t>(plain.body.size())},
                        {"sent", size},
                        {"ms", took.count()}});
  if (is_head && result.status >= 400) result.body.clear();  // S3 sends no document with these
  fill(response, std::move(result), !is_head);
}

void ApiServer::State::set_up() {
  server.new_task_queue = [] { return new httplib::ThreadPool(workers); };
  server.set_payload_max_length(largest_body);
  server.set_keep_alive_max_count(std::numeric_limits<std::size_t>::max());
  server.set_keep_alive_timeout(keep_alive_seconds);
  server.set_read_timeout(transfer_seconds);
  server.set_write_timeout(transfer_seconds);
  server.set_tcp_nodelay(true);
  server.set_socket_options([this](socket_t fd) {
    const int yes = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    socket = fd;
  });
  server.set_pre_routing_handler(
      [this](const httplib::Request& request, httplib::Response& response) {
        const auto length = request.get_header_value("Content-Length");
        const bool has_body =
            (!length.empty() && length != "0") || request.has_header("Transfer-Encoding");
        const bool may_have_body = request.method != "GET" && request.method != "HEAD";
        if (has_body && may_have_body) {
          hide(request, "content-encoding");
          hide(request, "content-type");
          return httplib::Server::HandlerResponse::Unhandled;
        }
        answer(request, response, {});
        return httplib::Server::HandlerResponse::Handled;
      });
  const auto with_body = [this](const httplib::Request& request, httplib::Response& response,
                                const httplib::ContentReader& read) {
    std::string body;
    const bool complete = read([&body](const char* data, std::size_t size) {
      body.append(data, size);
      return true;
    });
    if (!complete) return;  // the library has put the reason into the status
    answer(request, response, std::move(body));
  };
  constexpr auto any_path = R"([\s\S]*)";
  server.Put(any_path, with_body);
  server.Post(any_path, with_body);
  server.Delete(any_path, with_body);
}

ApiServer::ApiServer(Services services, std::filesystem::path request_log)
    : state_(std::make_unique<State>(std::move(services), request_log)) {
  state_->set_up();
}

ApiServer::~ApiServer() {
  state_->server.stop();
  if (state_->listener.joinable()) state_->listener.join();
}

int ApiServer::start(int port) {
  auto& server = state_->server;
  const int bound = port == 0                                ? server.bind_to_any_port("127.0.0.1")
                    : server.bind_to_port("127.0.0.1", port) ? port
                                                             : -1;
  if (bound <= 0) {
    throw base::Error(base::Kind::environment,
                      fmt::format("listen on 127.0.0.1:{}: the port is taken", port),
                      "choose another --port, or 0 for a free one");
  }
  ::listen(state_->socket, backlog);
  state_->listener = std::thread([&server] { server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::yield();
  return bound;
}

}  // namespace sandbox
