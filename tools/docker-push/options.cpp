// SPDX-License-Identifier: Apache-2.0
#include "docker-push/options.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <memory>

#include "base/error.hpp"
#include "docker-push/docker_push.hpp"
#include "logging/secrets.hpp"
#include "process/environment.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

constexpr std::size_t longest_password = 64U << 10U;

struct Parsed {
  PushRequest request;
  std::string username;
  bool password_stdin = false;
};

void declare_image(cli::Options& options, PushRequest& request) {
  auto& app = options.app();
  constexpr auto group = "Image";
  options.mark(app.add_option("jar", request.jar, "Spring Boot jar (default: the release record's)")
                   ->type_name("JAR")
                   ->group(group),
               {});
  options.mark(app.add_option("--image", request.image,
                              "Destination registry/repository[:tag]")
                   ->type_name("REF")
                   ->group(group),
               {.env = "STAGECRAFT_IMAGE", .required = true});
  options.mark(
      app.add_option("--base", request.base, "Base image, or local-jre (default: Temurin's JRE)")
          ->type_name("REF")
          ->group(group),
      {.env = "STAGECRAFT_BASE"});
  options.mark(app.add_option("--port", request.port, "Port that the image exposes")
                   ->check(CLI::Range(1, 65535))
                   ->type_name("PORT")
                   ->default_str(std::to_string(request.port))
                   ->group(group),
               {});
  options.mark(app.add_option("--user", request.user, "User of the container (the base's)")
                   ->type_name("UID")
                   ->group(group),
               {});
}

void declare_registry(cli::Options& options, Parsed& parsed) {
  auto& app = options.app();
  constexpr auto group = "Registry";
  options.mark(app.add_option("--username", parsed.username, "Name to log in with")
                   ->type_name("NAME")
                   ->group(group),
               {.env = "REGISTRY_USERNAME", .trusted = true});
  app.add_flag("--password-stdin", parsed.password_stdin,
               "Read the password there (or REGISTRY_PASSWORD)")
      ->group(group);
  options.mark(app.add_option("--plain-http", parsed.request.plain_http,
                              "Registry to ask by http (repeatable)")
                   ->allow_extra_args(false)
                   ->type_name("HOST")
                   ->group(group),
               {.trusted = true});
}

std::string read_password() {
  std::string password;
  std::array<char, 4096> buffer{};
  while (true) {
    const auto count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw base::from_errno("read the password from stdin", errno);
    if (count == 0) break;
    password.append(buffer.data(), static_cast<std::size_t>(count));
    if (password.size() > longest_password) {
      throw base::Error(base::Kind::usage, "read the password from stdin: longer than 64 KiB");
    }
  }
  while (password.ends_with('\n') || password.ends_with('\r')) password.pop_back();
  if (password.empty()) {
    throw base::Error(base::Kind::usage, "read the password from stdin: it is empty",
                      "pipe the password in, or leave --password-stdin out");
  }
  return password;
}

// Command line and environment only; docker's config is asked where a registry wants to know.
std::optional<oci::Credentials> explicit_credentials(const Parsed& parsed) {
  const auto password = process::environment_variable("REGISTRY_PASSWORD");
  if (!parsed.password_stdin && !password) return std::nullopt;
  if (parsed.username.empty()) {
    throw base::Error(base::Kind::usage, "a password was given but no user name",
                      "set REGISTRY_USERNAME or give --username");
  }
  oci::Credentials credentials{
      .username = parsed.username,
      .password = parsed.password_stdin ? read_password() : *password,
      .source = parsed.password_stdin ? "--password-stdin" : "REGISTRY_PASSWORD"};
  logging::add_secret(credentials.password);
  return credentials;
}

}  // namespace

cli::Tool tool() {
  const auto parsed = std::make_shared<Parsed>();
  return {
      .name = "docker-push",
      .summary = "Make a layered image of a Spring Boot jar and push it, without a Docker engine",
      .examples = {"docker-push JAR --image REGISTRY/REPOSITORY[:TAG] [--base REF]",
                   "docker-push --image ghcr.io/acme/shop --base eclipse-temurin:17-jre",
                   "eval \"$(deploy-sandbox env)\" && docker-push --base local-jre"},
      .declare =
          [parsed](cli::Options& options) {
            declare_image(options, parsed->request);
            declare_registry(options, *parsed);
          },
      .step =
          [parsed](const cli::Context& context) {
            PushRequest request = parsed->request;
            request.credentials = explicit_credentials(*parsed);
            return push(request, context);
          }};
}

}  // namespace docker_push
