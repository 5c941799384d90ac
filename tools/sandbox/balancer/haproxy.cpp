// SPDX-License-Identifier: Apache-2.0
#include "sandbox/balancer/haproxy.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/unique_fd.hpp"
#include "logging/log.hpp"
#include "process/environment.hpp"
#include "sandbox/listener.hpp"
#include "text/split.hpp"
#include "timing/clock.hpp"

namespace sandbox {
namespace {

namespace fs = std::filesystem;

// No retries, no redispatch: a refusing target has to show as 502, as behind an ALB, and not be
// hidden. http-server-close: a target that closes a reused connection would otherwise make HAProxy
// drop the client without an answer. The two *-response rules turn HAProxy's own 503 for a failed
// connection into the ALB's 502 and leave the application's 503 and "no usable server" alone.
constexpr std::string_view configuration = R"(global
    stats socket unix@./haproxy.sock mode 600 level admin
defaults
    mode http
    timeout client 60s
    timeout http-keep-alive 60s
    timeout connect 10s
    timeout server 60s
    retries 0
frontend web
    bind fd@{}
    default_backend tg_{}
)";

constexpr std::string_view backend = R"(backend tg_{}
    balance roundrobin
    option http-server-close
    http-response set-var(txn.app) int(1)
    http-after-response set-status 502 reason "Bad Gateway" if {{ status 503 }} !{{ var(txn.app) -m found }} {{ nbsrv gt 0 }}
)";

[[noreturn]] void refuse(std::string_view doing, std::string_view answer) {
  throw base::Error(base::Kind::internal,
                    fmt::format("{}: haproxy: {}", doing, text::trim(answer)));
}

// Its first alert names the cause, the ones after it only that it gives up.
std::string reason_in(const fs::path& log) {
  const auto content = file::find(log).value_or("");
  for (const auto line : text::lines(content)) {
    if (line.starts_with("[ALERT]")) return std::string(line);
  }
  return "haproxy does not answer";
}

}  // namespace

Haproxy::Haproxy(fs::path folder, int port, const std::vector<std::string>& target_groups)
    : folder_(std::move(folder)) {
  if (!process::find_program("haproxy")) {
    throw base::Error(base::Kind::environment, "start the load balancer: haproxy is not installed",
                      "apt-get install haproxy");
  }
  // HAProxy gets the listening socket itself, so that no other process can take the port between
  // our look for a free one and its bind.
  auto listener = listen_on_loopback(port, "load balancer");
  port_ = listener.port;
  file::make_directories(folder_);
  folder_ = fs::canonical(folder_);
  auto text = fmt::format(configuration, listener.fd.get(), target_groups.at(0));
  for (const auto& group : target_groups) text += fmt::format(backend, group);
  file::write_atomically(folder_ / "haproxy.cfg", text);
  child_ = std::make_unique<process::Child>(
      process::Command{.argv = {"haproxy", "-f", "haproxy.cfg", "-db"},
                       .directory = folder_,
                       .output = folder_ / "haproxy.log",
                       .inherited = {listener.fd.get()},
                       .dies_with_us = true});
  listener.fd.reset();

  timing::SystemClock clock;
  const auto deadline = clock.steady_now() + std::chrono::seconds(10);
  while (true) {
    try {
      command("show info");
      return;
    } catch (const base::Error& error) {
      if (child_->poll() || clock.steady_now() > deadline) {
        throw base::Error(base::Kind::environment, fmt::format("start the load balancer: {}",
                                                               reason_in(folder_ / "haproxy.log")));
      }
    }
    clock.sleep_for(std::chrono::milliseconds(20), {});
  }
}

void Haproxy::add_server(const std::string& target_group, const std::string& name,
                         const std::string& address, int port) {
  const auto answer =
      command(fmt::format("add server tg_{}/{} {}:{}", target_group, name, address, port));
  if (answer.find("New server registered") == std::string::npos &&
      answer.find("Already exists") == std::string::npos) {
    refuse(fmt::format("add the target {}", name), answer);
  }
}

void Haproxy::set_state(const std::string& target_group, const std::string& name,
                        ServerState state) {
  const auto answer =
      command(fmt::format("set server tg_{}/{} state {}", target_group, name, name_of(state)));
  if (!text::trim(answer).empty())
    refuse(fmt::format("set the state of the target {}", name), answer);
}

int Haproxy::sessions(const std::string& target_group, const std::string& name) {
  const auto csv = command("show stat");
  for (const auto line : text::lines(csv)) {
    const auto fields = text::split(line, ',');
    // pxname,svname,qcur,qmax,scur,…
    if (fields.size() > 4 && fields[0] == "tg_" + target_group && fields[1] == name) {
      return static_cast<int>(text::find_number(fields[4]).value_or(0));
    }
  }
  return 0;
}

bool Haproxy::remove_server(const std::string& target_group, const std::string& name) {
  const auto answer = command(fmt::format("del server tg_{}/{}", target_group, name));
  if (answer.find("Server deleted") != std::string::npos ||
      answer.find("No such server") != std::string::npos) {
    return true;
  }
  if (answer.find("still has connections") != std::string::npos) return false;
  refuse(fmt::format("remove the target {}", name), answer);
}

void Haproxy::cut_sessions(const std::string& target_group, const std::string& name) {
  command(fmt::format("shutdown sessions server tg_{}/{}", target_group, name));
}

std::string Haproxy::command(std::string_view line) const {
  file::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const file::UniqueFd folder(::open(folder_.c_str(), O_PATH | O_CLOEXEC));
  if (!fd || !folder) throw base::from_errno("reach haproxy", errno);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A socket's path is at most 107 bytes, a folder's may be longer: go by its descriptor.
  const auto path = fmt::format("/proc/self/fd/{}/haproxy.sock", folder.get());
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw base::from_errno("reach haproxy", errno);
  }
  const auto request = std::string(line) + "\n";
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    throw base::from_errno("talk to haproxy", errno);
  }
  std::string answer;
  std::array<char, 16384> buffer{};
  ssize_t count = 0;
  while ((count = ::read(fd.get(), buffer.data(), buffer.size())) > 0 &&
         answer.size() < (4U << 20U)) {
    answer.append(buffer.data(), static_cast<std::size_t>(count));
  }
  if (count < 0) throw base::from_errno("talk to haproxy", errno);
  logging::debug("haproxy: {} -> {}", line, text::trim(answer).substr(0, 200));
  return answer;
}

}  // namespace sandbox
