// SPDX-License-Identifier: Apache-2.0
#include "support/registry_fixture.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/error.hpp"
#include "file/file.hpp"
#include "support/loopback.hpp"
#include "text/split.hpp"
#include "timing/clock.hpp"

namespace support {
namespace {

// bcrypt of "right horse"; what `htpasswd -nbB ci 'right horse'` prints.
constexpr const char* htpasswd =
    "ci:$2b$04$1cQ9o2lA/rVdzOcuHuD0iu0M5svFLHJNvtAVQgoEicw.93xX41vNm\n";

int free_port() {
  const file::UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(probe.get(), generic, size) != 0 || ::getsockname(probe.get(), generic, &size) != 0) {
    throw base::from_errno("find a free port", errno);
  }
  return ntohs(address.sin_port);
}

bool answers(int port) {
  const file::UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::string run_skopeo(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "skopeo");
  const auto result = process::capture({.argv = std::move(arguments)});
  if (!result.exit.ok()) throw base::Error(base::Kind::internal, "skopeo: " + result.err);
  return std::string(text::trim(result.out));
}

}  // namespace

RegistryFixture::RegistryFixture(Login login, const std::string& tls) : folder_("registry-test") {
  // Another process may take the port before the registry does.
  for (int attempt = 1; !server_; ++attempt) {
    const int port = free_port();
    address_ = "127.0.0.1:" + std::to_string(port);
    std::string config =
        "version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: " +
        folder_.path().string() + "/blobs}}\nhttp: {addr: '" + address_ + "'" +
        (tls.empty() ? "" : ", tls: {" + tls + "}") + "}\n";
    if (login == Login::required) {
      const auto users = folder_.path() / "htpasswd";
      file::write_atomically(users, htpasswd);
      config += "auth: {htpasswd: {realm: test, path: " + users.string() + "}}\n";
    }
    file::write_atomically(folder_.path() / "config.yml", config);
    server_.emplace(process::Command{
        .argv = {"docker-registry", "serve", (folder_.path() / "config.yml").string()},
        .output = folder_.path() / "log",
        .dies_with_us = true});
    timing::SystemClock clock;
    const auto deadline = clock.steady_now() + std::chrono::seconds(10);
    while (!server_->poll() && clock.steady_now() < deadline) {
      if (answers(port)) return;
      clock.sleep_for(std::chrono::milliseconds(20), {});
    }
    server_.reset();
    if (attempt == 3) {
      throw base::Error(base::Kind::internal,
                        "start docker-registry: " + file::read(folder_.path() / "log"));
    }
  }
}

std::string RegistryFixture::requests() const {
  const std::string log = file::read(folder_.path() / "log");
  std::string told;
  for (const auto line : text::lines(std::string_view(log).substr(forgotten_))) {
    const auto begin = line.find('"');
    const auto end = line.find(" HTTP/1.1\"");
    if (begin == std::string_view::npos || end == std::string_view::npos) continue;
    told += std::string(line.substr(begin + 1, end - begin - 1)) + '\n';
  }
  return told;
}

void RegistryFixture::forget_requests() { forgotten_ = file::read(folder_.path() / "log").size(); }

std::string RegistryFixture::push_base_image(const std::string& name) const {
  const file::TempDir scratch("base-image");
  const auto path = scratch.path() / "base.tar";
  file::write_atomically(scratch.path() / "etc/motd", "base");
  if (!process::capture({.argv = {"tar", "-C", scratch.path(), "-cf", path, "etc"}}).exit.ok()) {
    throw base::Error(base::Kind::internal, "tar a base image");
  }
  run_skopeo({"copy", "--quiet", "--dest-tls-verify=false", "tarball:" + path.string(),
              "docker://" + address_ + "/" + name});
  return inspect(name, "{{index .Layers 0}}");
}

std::string RegistryFixture::inspect(const std::string& name, const std::string& format) const {
  return run_skopeo(
      {"inspect", "--tls-verify=false", "--format", format, "docker://" + address_ + "/" + name});
}

}  // namespace support
