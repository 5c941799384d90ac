// SPDX-License-Identifier: Apache-2.0
#include "aws/container_credentials.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "aws/credential_answer.hpp"
#include "aws/failure.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "http/client.hpp"
#include "json/value.hpp"
#include "logging/secrets.hpp"
#include "text/split.hpp"

namespace aws {
namespace {

constexpr std::chrono::seconds timeout{2};
constexpr std::uint64_t most_bytes = 64U << 10U;

// Of ECS, and of EKS over IPv4 and IPv6.
constexpr std::array<std::string_view, 3> agents{"169.254.170.2", "169.254.170.23",
                                                 "[fd00:ec2::23]"};

bool may_be_asked(const http::Url& url) {
  return url.scheme == "https" || http::is_loopback_host(url.host) ||
         std::find(agents.begin(), agents.end(), url.host) != agents.end();
}

http::Url parsed(const std::string& address, std::string_view variable) {
  try {
    return http::parse_url(address);
  } catch (const base::Error& error) {
    throw base::Error(base::Kind::environment, fmt::format("{}: {}", variable, error.what()),
                      error.hint());
  }
}

std::string authorization(const process::Environment& environment) {
  std::string token;
  if (const auto path = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    token = text::trim(file::read(*path, most_bytes));
  } else {
    token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
  }
  if (token.find_first_of("\r\n") != std::string::npos) {
    throw base::Error(base::Kind::environment,
                      "the container's authorization token has a line break in it");
  }
  if (!token.empty()) logging::add_secret(token);
  return token;
}

class ContainerProvider : public CredentialProvider {
 public:
  ContainerProvider(const Surroundings& surroundings, http::Url address)
      : environment_(surroundings.environment),
        address_(std::move(address)),
        client_(*surroundings.clock, surroundings.stop,
                {.connect_timeout = timeout,
                 .total = timeout,
                 .ca_file = surroundings.ca_file,
                 .plain_http_hosts = {address_.host},  // find_container_address() looked at it
                 .attempts = 3,
                 .use_proxy = false}) {}

  Credentials fetch(Reuse) override {
    const auto response = client_.send({.url = address_.text(),
                                        .headers = {{"Accept", "application/json"}},
                                        .response_cap = most_bytes},
                                       {.before_attempt = [this](http::Request& each) {
                                         const auto token = authorization(environment_);
                                         if (!token.empty())
                                           each.headers.set("Authorization", token);
                                       }});
    if (response.status != 200) {
      throw error_of(failure_of(response), fmt::format("ask {}", address_.origin()));
    }
    return credentials_of_json(response.body, "the container's keys", "Token");
  }

 private:
  process::Environment environment_;
  http::Url address_;
  http::Client client_;
};

}  // namespace

std::optional<http::Url> find_container_address(const process::Environment& environment) {
  if (const auto path = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
    constexpr std::string_view variable = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    if (path->starts_with('/'))
      return parsed(fmt::format("http://{}{}", agents[0], *path), variable);
    throw base::Error(base::Kind::environment,
                      fmt::format("{}: '{}' does not begin with a slash", variable, *path));
  }
  const auto address = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!address) return std::nullopt;
  auto url = parsed(*address, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (may_be_asked(url)) return url;
  throw base::Error(base::Kind::environment,
                    fmt::format("AWS_CONTAINER_CREDENTIALS_FULL_URI: {} is beyond this machine and "
                                "not https, and the request would carry a token",
                                url.origin()),
                    "use https, or one of " +
                        fmt::format("{}, {}, {} and loopback", agents[0], agents[1], agents[2]));
}

std::optional<KeySource> find_container(const Surroundings& surroundings) {
  auto address = find_container_address(surroundings.environment);
  if (!address) return std::nullopt;
  auto label = fmt::format("the container's role at {}", address->origin());
  auto inputs = json::write(json::Array{"container", address->text()});
  return KeySource{
      .label = std::move(label),
      .inputs = std::move(inputs),
      .provider = std::make_unique<ContainerProvider>(surroundings, std::move(*address))};
}

}  // namespace aws
