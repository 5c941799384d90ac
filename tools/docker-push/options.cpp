// SPDX-License-Identifier: Apache-2.0
#include "docker-push/options.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <memory>

#include "base/error.hpp"
#include "cli/duration.hpp"
#include "docker-push/docker_push.hpp"
#include "logging/secrets.hpp"
#include "process/environment.hpp"
#include "text/human.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

constexpr std::size_t longest_password = 64U << 10U;

struct Parsed {
  PushRequest request;
  std::string layout = "unpacked";
  std::vector<std::string> build_args;
  std::string engine = "auto";
  std::string platform;
  bool update_base = false;
  std::string max_wait = "5m";
  std::string username;
  bool password_stdin = false;
};

// "10001", "app", "10001:10001"; what else a container's start would stumble over.
std::string refuse_no_user(const std::string& input) {
  const auto is_name = [](std::string_view name) {
    constexpr std::string_view letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    return !name.empty() && name.find_first_not_of(letters) == std::string_view::npos;
  };
  const auto parts = text::cut(input, ":");
  const bool good =
      input.empty() || (parts ? is_name(parts->first) && is_name(parts->second) : is_name(input));
  return good ? std::string() : fmt::format("'{}' is no USER or USER:GROUP", input);
}

void declare_image(cli::Options& options, Parsed& parsed) {
  PushRequest& request = parsed.request;
  auto& app = options.app();
  constexpr auto group = "Image";
  options.mark(
      app.add_option("input", request.input, "Jar, Dockerfile, folder, FILE[@NAME], engine:NAME")
          ->type_name("INPUT")
          ->group(group),
      {});
  options.mark(app.add_option("--image", request.image, "Destination registry/repository[:tag]")
                   ->type_name("REF")
                   ->group(group),
               {.env = "STAGECRAFT_IMAGE", .required = true});
  options.mark(app.add_option("--tag", request.tags, "Further tag of the image (repeatable)")
                   ->allow_extra_args(false)
                   ->type_name("TAG")
                   ->group(group),
               {});
  options.mark(
      app.add_option("--save", request.save_to, "oci:DIR, docker-archive:FILE or engine, no push")
          ->type_name("WHERE")
          ->group(group),
      {.trusted = true});
  options.mark(app.add_option("--port", request.port, "Port that the image exposes")
                   ->check(CLI::Range(1, 65535))
                   ->type_name("PORT")
                   ->default_str(std::to_string(request.port))
                   ->group(group),
               {});
  options.mark(app.add_option("--user", request.user, "User of the container (the base's)")
                   ->check(refuse_no_user)
                   ->type_name("UID")
                   ->group(group),
               {});
  options.mark(app.add_option("--layout", parsed.layout, "unpacked jar, or tools: jar beside lib/")
                   ->check(CLI::IsMember({"unpacked", "tools"}))
                   ->type_name("L")
                   ->default_str(parsed.layout)
                   ->group(group),
               {});
  options.mark(app.add_option("--library-layers", request.layers.buckets,
                              "Layers to spread the libraries over; 1: one")
                   ->check(CLI::Range(1, 32))
                   ->type_name("N")
                   ->default_str(std::to_string(request.layers.buckets))
                   ->group(group),
               {});
}

void declare_base(cli::Options& options, Parsed& parsed) {
  PushRequest& request = parsed.request;
  auto& app = options.app();
  constexpr auto group = "Base";
  options.mark(
      app.add_option("--base", request.base, "Base image, or local-jre (default: Temurin's JRE)")
          ->type_name("REF")
          ->group(group),
      {.env = "STAGECRAFT_BASE"});
  options.mark(
      app.add_option("--platform", parsed.platform, "Platform of the image (this machine's)")
          ->type_name("OS/ARCH")
          ->group(group),
      {.env = "STAGECRAFT_PLATFORM"});
  options.mark(
      app.add_flag("--update-base", parsed.update_base, "Write what base tags name to images.lock")
          ->group(group),
      {});
}

void declare_cache(cli::Options& options, PushRequest& request) {
  auto& app = options.app();
  constexpr auto group = "Cache";
  options.mark(app.add_option("--cache-from", request.cache_from,
                              "Tag to learn unchanged layers from (repeatable)")
                   ->allow_extra_args(false)
                   ->type_name("TAG")
                   ->group(group),
               {});
  options.mark(app.add_flag("--verify-cache", request.verify_cache,
                            "Make known layers too and compare digests")
                   ->group(group),
               {});
}

void declare_results(cli::Options& options, PushRequest& request) {
  auto& app = options.app();
  constexpr auto group = "Result";
  options.mark(
      app.add_option("--digest-file", request.digest_file, "Write the image's digest there")
          ->type_name("FILE")
          ->group(group),
      {.trusted = true});
  options.mark(
      app.add_option("--metadata-file", request.metadata_file, "Write the JSON result there, too")
          ->type_name("FILE")
          ->group(group),
      {.trusted = true});
}

void declare_dockerfile(cli::Options& options, Parsed& parsed) {
  PushRequest& request = parsed.request;
  auto& app = options.app();
  constexpr auto group = "Dockerfile";
  options.mark(
      app.add_option("-f,--file", request.place.file, "Dockerfile; INPUT is its context's folder")
          ->type_name("FILE")
          ->group(group),
      {});
  options.mark(
      app.add_option("--context", request.place.context, "Build context (the Dockerfile's folder)")
          ->type_name("DIR")
          ->group(group),
      {});
  options.mark(
      app.add_option("--build-arg", parsed.build_args, "NAME=VALUE, or our NAME (repeatable)")
          ->allow_extra_args(false)
          ->type_name("ARG")
          ->group(group),
      {});
  options.mark(app.add_option("--target", request.dockerfile.target, "Stage to build (the last)")
                   ->type_name("STAGE")
                   ->group(group),
               {});
  options.mark(app.add_flag("--layered", request.dockerfile.layered,
                            "Make layers of the boot jar that it starts")
                   ->group(group),
               {});
  options.mark(app.add_option("--engine", parsed.engine,
                              "Engine: auto, none, docker, api, buildah or podman")
                   ->type_name("E")
                   ->default_str(parsed.engine)
                   ->group(group),
               {.env = "STAGECRAFT_ENGINE", .trusted = true});
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
  options.mark(app.add_option("--plain-http", parsed.request.registries.plain_http,
                              "Registry to ask by http (repeatable)")
                   ->allow_extra_args(false)
                   ->type_name("HOST")
                   ->group(group),
               {.trusted = true});
  options.mark(
      app.add_option("--max-wait", parsed.max_wait, "Longest wait that a registry may ask for")
          ->check([](const std::string& input) { return cli::refuse_no_duration(input); })
          ->type_name("TIME")
          ->default_str(parsed.max_wait)
          ->group(group),
      {});
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

// An argument without a value is the environment's, and left out when that has none, as docker
// does.
std::map<std::string, std::string, std::less<>> build_args_of(
    const std::vector<std::string>& given) {
  std::map<std::string, std::string, std::less<>> arguments;
  for (const std::string& text : given) {
    const auto parts = text::cut(text, "=");
    const std::string name(parts ? parts->first : std::string_view(text));
    if (name.empty()) {
      throw base::Error(base::Kind::usage, "read --build-arg: it has no name",
                        "give --build-arg NAME=VALUE");
    }
    if (parts) {
      arguments[name] = parts->second;
    } else if (const auto value = process::environment_variable(name)) {
      arguments[name] = *value;
    }
  }
  return arguments;
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
  return {.name = "docker-push",
          .summary = "Push a Spring Boot jar or a Dockerfile as an image, without a Docker engine",
          .examples = {"docker-push INPUT --image REGISTRY/REPOSITORY[:TAG] [--base REF]",
                       "docker-push . --file Dockerfile --image ghcr.io/acme/shop:1.2",
                       "docker-push --image ghcr.io/acme/shop --base eclipse-temurin:17-jre",
                       "eval \"$(deploy-sandbox env)\" && docker-push --base local-jre"},
          .declare =
              [parsed](cli::Options& options) {
                declare_image(options, *parsed);
                declare_base(options, *parsed);
                declare_cache(options, parsed->request);
                declare_dockerfile(options, *parsed);
                declare_results(options, parsed->request);
                declare_registry(options, *parsed);
              },
          .step =
              [parsed](const cli::Context& context) {
                PushRequest request = parsed->request;
                request.layers.layout =
                    parsed->layout == "tools" ? Layout::tools : Layout::unpacked;
                request.dockerfile.build_args = build_args_of(parsed->build_args);
                request.dockerfile.engine = parse_engine(parsed->engine);
                request.dockerfile.buckets = request.layers.buckets;
                if (!parsed->platform.empty()) {
                  request.platform = oci::parse_platform(parsed->platform);
                  request.dockerfile.platform = request.platform;
                }
                if (parsed->update_base) request.lock = LockUse::renew;
                request.registries.max_wait = *text::find_duration(parsed->max_wait);
                request.registries.credentials = explicit_credentials(*parsed);
                return push(request, context);
              }};
}

}  // namespace docker_push
