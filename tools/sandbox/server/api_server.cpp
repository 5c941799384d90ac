// SPDX-License-Identifier: Apache-2.0
//
// The HTTP side over cpp-httplib 0.11, and what that library has to be talked out of:
// - it binds with SO_REUSEPORT, so that a port already taken would be shared instead of refused;
// - its backlog of 5 makes a burst of parallel parts wait a second for a second SYN;
// - it reads bodies in pieces of 4 KiB, decompresses gzip and takes multipart forms apart, which
//   would change what was signed: bodies are read past it, from the connection;
// - it percent-decodes header values: they are read past it too;
// - it applies ranges and compression to whatever is answered: answers therefore go out through a
//   content provider with their own Content-Length.
#include <fmt/core.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "sandbox/event_log.hpp"
#include "sandbox/faults/fault_api.hpp"
#include "sandbox/identifiers.hpp"
#include "sandbox/server/chunked_body.hpp"
#include "sandbox/server/connection.hpp"
#include "sandbox/server/dispatch.hpp"
#include "sandbox/server/fault.hpp"
#include "sandbox/server/services.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace sandbox {
namespace {

constexpr std::size_t workers = 48;
constexpr int backlog = 128;
constexpr int keep_alive_milliseconds = 5000;
constexpr std::size_t file_piece = 1U << 17U;
constexpr std::uint64_t largest_control_request = 64U << 10U;
constexpr std::string_view health_path = "/_sandbox/health";
constexpr std::string_view faults_path = "/_sandbox/faults";

Request plain_request(const httplib::Request& request, const Connection& connection) {
  Request result;
  result.method = request.method;
  const std::string_view target = request.target;
  const auto question = target.find('?');
  result.path = target.substr(0, question);
  if (question != std::string_view::npos) result.query = target.substr(question + 1);
  result.headers = connection.headers();
  return result;
}

using Send = std::function<bool(std::string_view)>;

bool send_file(const FilePart& part, const Send& send) {
  const auto fd = file::open_for_reading(part.path);
  std::vector<char> buffer(std::min<std::uint64_t>(file_piece, part.size));
  auto offset = static_cast<off_t>(part.offset);
  for (auto left = part.size; left > 0;) {
    const auto wanted = std::min<std::uint64_t>(left, buffer.size());
    const auto count = ::pread(fd.get(), buffer.data(), wanted, offset);
    if (count <= 0 || !send({buffer.data(), static_cast<std::size_t>(count)})) return false;
    offset += count;
    left -= static_cast<std::uint64_t>(count);
  }
  return true;
}

// False when the client is gone, or the answer is to end early.
bool send_body(const Answer& answer, const Send& send) {
  auto left = answer.interruption.cut.value_or(answer.size() + 1);
  const Send limited = [&left, &send](std::string_view piece) {
    const auto whole = piece.size() < left;
    const auto sent = piece.substr(0, left);
    left -= sent.size();
    return send(sent) && whole;
  };
  if (answer.files.empty()) return limited(answer.body);
  return std::all_of(answer.files.begin(), answer.files.end(),
                     [&limited](const FilePart& part) { return send_file(part, limited); });
}

void fill(httplib::Response& response, Answer answer, bool with_body) {
  response.status = answer.status;
  std::string type = "application/octet-stream";
  for (const auto& [name, value] : answer.headers) {
    if (name == "Content-Type") {
      type = value;
    } else {
      response.headers.erase(name);
      response.set_header(name, value);
    }
  }
  const auto size = answer.size();
  const bool has_no_body = answer.status == 204 || answer.status == 304;
  if (!has_no_body) response.set_header("Content-Length", std::to_string(size));
  if (size == 0 || !with_body || has_no_body) {
    if (!answer.files.empty() || size > 0) response.set_header("Content-Type", type);
    return;
  }
  const auto shared = std::make_shared<Answer>(std::move(answer));
  response.set_content_provider(type, [shared](std::size_t, httplib::DataSink& sink) {
    const bool sent = send_body(*shared, [&sink](std::string_view piece) {
      return sink.write(piece.data(), piece.size());
    });
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

// The connection that this thread of the library's pool serves; the library hands handlers a
// request without it.
thread_local Connection* served = nullptr;

class Server final : public httplib::Server {
 private:
  bool process_and_close_socket(socket_t socket) override {
    Connection connection(socket);
    served = &connection;
    const auto is_over = [this] { return svr_sock_ == INVALID_SOCKET; };
    bool goes_on = true;
    while (goes_on && connection.wait_for_request(keep_alive_milliseconds, is_over)) {
      bool closed = false;
      goes_on = process_request(connection, false, closed, [](httplib::Request&) {}) && !closed &&
                !connection.is_dropped();
    }
    served = nullptr;
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
    return goes_on;
  }
};

std::unique_ptr<ConnectionBody> raw_body(const Request& request) {
  if (find_value(request.headers, "transfer-encoding") != nullptr) {
    return std::make_unique<ConnectionBody>(*served, std::nullopt);
  }
  const auto length = text::find_number(value_of(request.headers, "content-length"));
  return std::make_unique<ConnectionBody>(*served, length.value_or(0));
}

// What is left of a body that nobody wanted, so that the answer is read and the connection lives.
void drain(Body& body) {
  std::vector<char> piece(file_piece);
  try {
    while (body.read(piece) > 0) {
    }
  } catch (const Fault&) {
    served->drop();
  }
}

}  // namespace

struct ApiServer::State {
  State(Services the_services, const std::filesystem::path& log_path)
      : services(the_services), dispatcher(the_services), log(log_path, the_services.world.clock) {}

  void answer(const httplib::Request& request, httplib::Response& response);
  Answer answer_control(const Request& request, Body& body);
  void set_up();

  Services services;
  Dispatcher dispatcher;
  EventLog log;
  Server server;
  int socket = -1;  // the listening one, owned by `server`
  std::thread listener;
};

Answer ApiServer::State::answer_control(const Request& request, Body& body) {
  if (request.path == health_path) {
    return {.headers = {{"Content-Type", "application/json"}}, .body = R"({"status":"ok"})"};
  }
  const auto token = value_of(request.headers, control_header);
  if (!crypto::equal_in_constant_time(token, services.control_token)) return {.status = 403};
  return answer_faults(services.faults, request.method, read_all(body, largest_control_request));
}

void ApiServer::State::answer(const httplib::Request& request, httplib::Response& response) {
  const auto began = std::chrono::steady_clock::now();
  const auto id = new_uuid();
  response.set_header("Date", timing::http_date(services.world.clock.now()));
  const bool is_head = request.method == "HEAD";
  auto plain = plain_request(request, *served);
  const auto raw = raw_body(plain);
  // A chunked transfer's framing comes off first; signatures do not cover it.
  const bool is_chunked = find_value(plain.headers, "transfer-encoding") != nullptr;
  const auto unframed = is_chunked ? std::make_unique<ChunkedBody>(*raw) : nullptr;
  Body& body = is_chunked ? static_cast<Body&>(*unframed) : *raw;
  if (plain.path == health_path || plain.path == faults_path) {
    auto result = answer_control(plain, body);
    drain(body);
    return fill(response, std::move(result), !is_head);
  }
  auto result = dispatcher.answer(plain, body, id);
  if (result.interruption.drop) {
    served->drop();
  } else {
    drain(body);
  }
  const auto size = is_head ? 0 : result.size();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  log.write("request", {{"id", id},
                        {"method", plain.method},
                        {"path", plain.path},
                        {"query", loggable_query(plain.query)},
                        {"operation", result.operation},
                        {"status", result.status},
                        {"error", result.error},
                        {"received", raw->received()},
                        {"sent", size},
                        {"ms", took.count()}});
  if (is_head && result.status >= 400) result.body.clear();  // S3 sends no document with these
  fill(response, std::move(result), !is_head);
}

void ApiServer::State::set_up() {
  server.new_task_queue = [] { return new httplib::ThreadPool(workers); };
  server.set_tcp_nodelay(true);
  server.set_socket_options([this](socket_t fd) {
    const int yes = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    socket = fd;
  });
  // Everything is answered before the library looks for a route and reads the body its own way.
  server.set_pre_routing_handler(
      [this](const httplib::Request& request, httplib::Response& response) {
        answer(request, response);
        return httplib::Server::HandlerResponse::Handled;
      });
}

ApiServer::ApiServer(Services services, std::filesystem::path request_log)
    : state_(std::make_unique<State>(std::move(services), request_log)) {
  state_->set_up();
}

ApiServer::~ApiServer() {
  state_->dispatcher.end_delays();
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
