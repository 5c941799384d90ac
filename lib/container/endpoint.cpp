// SPDX-License-Identifier: Apache-2.0
#include "container/endpoint.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "http/url.hpp"
#include "json/field.hpp"
#include "text/split.hpp"

namespace container {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t document_cap = 1U << 20U;
constexpr std::string_view default_context = "default";

Endpoint at_socket(std::string path) {
  Endpoint endpoint{.address = "unix://" + path};
  endpoint.socket = std::move(path);
  return endpoint;
}

// Docker's names: ca.pem, and cert.pem with key.pem, each only where it is wanted.
std::optional<http::HostTls> find_tls(const fs::path& folder) {
  http::HostTls tls;
  tls.extra_authorities = file::find(folder / "ca.pem", document_cap).value_or("");
  if (fs::exists(folder / "cert.pem") && fs::exists(folder / "key.pem")) {
    tls.client_certificate = folder / "cert.pem";
    tls.client_key = folder / "key.pem";
  }
  const bool none = tls.extra_authorities.empty() && tls.client_certificate.empty();
  return none ? std::nullopt : std::optional(std::move(tls));
}

struct Place {
  std::string address;
  std::string chosen_by;             // "DOCKER_HOST"
  std::optional<http::HostTls> tls;  // absent: no TLS
};

base::Error unreachable(const Place& place, std::string_view why, std::string hint) {
  return {base::Kind::environment,
          fmt::format("reach the engine at {} ({}): {}", place.address, place.chosen_by, why),
          std::move(hint)};
}

Endpoint at_tcp(const Place& place, std::string_view authority) {
  const bool has_port = authority.rfind(':') != std::string_view::npos && !authority.ends_with(']');
  const auto url = http::parse_url(fmt::format("{}://{}{}", place.tls ? "https" : "http",
                                               text::split(authority, '/').front(),
                                               has_port    ? ""
                                               : place.tls ? ":2376"
                                                           : ":2375"));
  if (!place.tls && !http::is_loopback_host(url.host)) {
    throw unreachable(place, "plain http beyond this machine",
                      "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use a unix socket");
  }
  return {
      .address = place.address, .url = url.origin(), .tls = place.tls.value_or(http::HostTls{})};
}

Endpoint endpoint_of(const Place& place) {
  const auto parts = text::cut(place.address, "://");
  const auto scheme = parts ? parts->first : std::string_view();
  if (scheme == "unix" && parts->second.starts_with('/')) {
    return at_socket(std::string(parts->second));
  }
  if (scheme == "tcp" && !parts->second.empty()) return at_tcp(place, parts->second);
  if (scheme == "ssh") {
    throw unreachable(place, "only docker's own program speaks through ssh",
                      "install docker, or name a unix socket in DOCKER_HOST");
  }
  throw base::Error(base::Kind::usage,
                    fmt::format("reach the engine at {} ({}): neither unix:///PATH nor tcp://HOST",
                                place.address, place.chosen_by),
                    "give an address like unix:///var/run/docker.sock");
}

std::optional<fs::path> config_folder(const process::Environment& environment) {
  if (const auto folder = environment("DOCKER_CONFIG")) return fs::path(*folder);
  if (const auto home = environment("HOME")) return fs::path(*home) / ".docker";
  return std::nullopt;
}

Place place_of_context(const std::string& name, const std::string& chosen_by,
                       const fs::path& config) {
  const std::string id = crypto::sha256_hex(name);
  const fs::path path = config / "contexts/meta" / id / "meta.json";
  const auto text = file::find(path, document_cap);
  if (!text) {
    throw base::Error(
        base::Kind::environment,
        fmt::format("find the docker context {} ({}): no {}", name, chosen_by, path.string()),
        "choose another with docker context use, or unset DOCKER_CONTEXT");
  }
  const json::Value document = json::parse(*text, path.string());
  const json::Field docker = json::Field(document, path.string())["Endpoints"]["docker"];
  Place place{.address = docker["Host"].string(),
              .chosen_by = fmt::format("context {}", name),
              .tls = find_tls(config / "contexts/tls" / id / "docker")};
  if (docker["SkipTLSVerify"].maybe_boolean().value_or(false)) {
    throw unreachable(place, "its certificate is not to be verified",
                      "create the context with its authority (ca=…)");
  }
  return place;
}

// The name of the context and what names it; absent for docker's default one.
std::optional<std::pair<std::string, std::string>> find_context(
    const process::Environment& environment, const std::optional<fs::path>& config) {
  if (const auto name = environment("DOCKER_CONTEXT")) {
    if (*name == default_context) return std::nullopt;
    return std::pair(*name, std::string("DOCKER_CONTEXT"));
  }
  if (!config) return std::nullopt;
  const fs::path path = *config / "config.json";
  const auto text = file::find(path, document_cap);
  if (!text) return std::nullopt;
  const json::Value document = json::parse(*text, path.string());
  const auto name = json::Field(document, path.string())["currentContext"].maybe_string();
  if (!name || name->empty() || *name == default_context) return std::nullopt;
  return std::pair(*name, path.string());
}

}  // namespace

std::optional<Endpoint> find_chosen_endpoint(const process::Environment& environment) {
  const auto config = config_folder(environment);
  if (const auto host = environment("DOCKER_HOST")) {
    Place place{.address = *host, .chosen_by = "DOCKER_HOST", .tls = {}};
    if (environment("DOCKER_TLS_VERIFY")) {
      const auto folder = environment("DOCKER_CERT_PATH");
      place.tls = http::HostTls{};
      if (folder || config) {
        place.tls = find_tls(folder ? fs::path(*folder) : *config).value_or(http::HostTls{});
      }
    }
    return endpoint_of(place);
  }
  const auto context = find_context(environment, config);
  if (!context) return std::nullopt;
  return endpoint_of(place_of_context(context->first, context->second, config.value_or(".")));
}

std::vector<Endpoint> usual_endpoints(const process::Environment& environment) {
  const std::string own =
      environment("XDG_RUNTIME_DIR").value_or(fmt::format("/run/user/{}", ::getuid()));
  return {at_socket("/var/run/docker.sock"), at_socket(own + "/docker.sock"),
          at_socket(own + "/podman/podman.sock"), at_socket("/run/podman/podman.sock")};
}

}  // namespace container
