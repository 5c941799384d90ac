// SPDX-License-Identifier: Apache-2.0
#include "aws/instance_metadata.hpp"

#include <fmt/core.h>

#include <string_view>
#include <utility>

#include "aws/credential_answer.hpp"
#include "base/error.hpp"
#include "http/client.hpp"
#include "http/url.hpp"
#include "json/value.hpp"
#include "logging/log.hpp"
#include "logging/secrets.hpp"
#include "text/split.hpp"

namespace aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::string_view role_path = "/latest/meta-data/iam/security-credentials/";
constexpr std::string_view region_path = "/latest/meta-data/placement/region";
constexpr std::uint64_t most_bytes = 64U << 10U;
constexpr auto hop_limit_hint =
    "from a container the token's answer does not arrive while the hop limit is 1: aws ec2 "
    "modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2";

struct Settings {
  http::Url address{};
  milliseconds timeout{1'000};
  int attempts = 1;
  bool disabled = false;
  bool version_1 = true;
};

bool is_true(const std::optional<std::string>& value) {
  return value && text::equal_ignoring_case(*value, "true");
}

// Of the environment, else of the profile; both spell them alike but for the prefix.
std::optional<std::string> find_setting(const Surroundings& from, std::string_view variable,
                                        std::string_view setting) {
  auto value = from.environment(variable);
  return value ? value : from.profiles.find_setting(from.profile, setting);
}

int number(const Surroundings& from, std::string_view variable, std::string_view setting) {
  const auto text = find_setting(from, variable, setting);
  if (!text) return 1;
  const auto value = text::find_number(*text);
  if (!value || *value == 0 || *value > 600) {
    throw base::Error(base::Kind::environment,
                      fmt::format("read {}: '{}' is no number from 1 to 600", variable, *text));
  }
  return static_cast<int>(*value);
}

std::string address(const Surroundings& from) {
  if (const auto given = find_setting(from, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                                      "ec2_metadata_service_endpoint")) {
    return *given;
  }
  const auto mode = find_setting(from, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                                 "ec2_metadata_service_endpoint_mode")
                        .value_or("ipv4");
  if (text::equal_ignoring_case(mode, "ipv6")) return "http://[fd00:ec2::254]";
  if (text::equal_ignoring_case(mode, "ipv4")) return "http://169.254.169.254";
  throw base::Error(base::Kind::environment,
                    fmt::format("read AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: '{}'", mode),
                    "set it to ipv4 or ipv6");
}

Settings settings_of(const Surroundings& from) {
  if (is_true(from.environment("AWS_EC2_METADATA_DISABLED"))) return {.disabled = true};
  Settings settings{
      .timeout = std::chrono::seconds(
          number(from, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout")),
      .attempts =
          number(from, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts"),
      .version_1 =
          !is_true(find_setting(from, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled"))};
  try {
    settings.address = http::parse_url(address(from));
  } catch (const base::Error& error) {
    throw base::Error(base::Kind::environment,
                      fmt::format("find the instance's metadata: {}", error.what()), error.hint());
  }
  if (settings.address.path.ends_with('/')) settings.address.path.pop_back();
  return settings;
}

http::ClientOptions client_options(const Settings& settings) {
  return {.connect_timeout = settings.timeout,
          .total = settings.timeout,
          .plain_http_hosts = {settings.address.host},  // the machine's own, or as told
          .attempts = 1,
          .use_proxy = false};
}

struct Token {
  std::string value{};  // empty: ask as version 1
  bool silent = false;  // the request went out, no answer came
};

}  // namespace

struct InstanceMetadata::State {
  explicit State(Surroundings the_surroundings)
      : surroundings(std::move(the_surroundings)),
        settings(settings_of(surroundings)),
        client(*surroundings.clock, surroundings.stop, client_options(settings)) {}

  Surroundings surroundings;
  Settings settings;
  http::Client client;

  http::Request request(std::string method, std::string_view path) const {
    auto url = settings.address;
    url.path += path;
    return {.method = std::move(method), .url = url.text(), .response_cap = most_bytes};
  }

  // At once and without a pause, as the total shall stay within a few seconds.
  http::Attempt send(const http::Request& what) {
    for (int left = settings.attempts;; --left) {
      auto attempt = client.try_once(what);
      const bool again = !attempt.response || attempt.response->status >= 500;
      if (!again || left <= 1 || attempt.stopped) return attempt;
    }
  }

  base::Error unavailable(std::string_view why, std::string hint = {}) const {
    return {base::Kind::unavailable,
            fmt::format("ask {} for the instance's keys: {}", settings.address.origin(), why),
            std::move(hint)};
  }

  std::variant<Token, NoInstanceKeys> token() {
    auto put = request("PUT", "/latest/api/token");
    put.headers.add("x-aws-ec2-metadata-token-ttl-seconds", "21600");
    const auto attempt = send(put);
    if (attempt.stopped) throw unavailable("interrupted");
    if (!attempt.response) {
      if (attempt.failure != http::Failure::broken) {
        return NoInstanceKeys{
            .why = fmt::format("nothing answers at {}: {}", settings.address.origin(), attempt.why),
            .silent = true};
      }
      if (!settings.version_1) throw unavailable("no answer to the token request", hop_limit_hint);
      return Token{.silent = true};
    }
    const int status = attempt.response->status;
    if (status == 200) {
      const std::string value(text::trim(attempt.response->body));
      logging::add_secret(value);
      return Token{.value = value};
    }
    const bool old = status == 403 || status == 404 || status == 405;
    if (old && settings.version_1) return Token{};
    if (status == 403) return NoInstanceKeys{.why = not_allowed()};
    throw base::Error(
        status >= 500 ? base::Kind::unavailable : base::Kind::environment,
        fmt::format("ask {} for a metadata token: HTTP {}", settings.address.origin(), status));
  }

  // An instance answers so whose service is switched off, and so do firewalls in front of others.
  std::string not_allowed() const {
    return fmt::format("{} answers 403: switched off, or no instance", settings.address.origin());
  }

  struct Page {
    int status = 0;  // 200, 403 or 404; all else is thrown
    std::string text{};
  };

  Page page(std::string_view path, const Token& with) {
    auto get = request("GET", path);
    if (!with.value.empty()) get.headers.add("x-aws-ec2-metadata-token", with.value);
    const auto attempt = send(get);
    const auto hint = with.silent ? hop_limit_hint : "";
    if (!attempt.response) throw unavailable(attempt.stopped ? "interrupted" : attempt.why, hint);
    const int status = attempt.response->status;
    if (status == 200) return {.status = status, .text = attempt.response->body};
    if (status == 403 || status == 404) return {.status = status};
    if (status >= 500) throw unavailable(fmt::format("HTTP {} for {}", status, path));
    throw base::Error(
        base::Kind::environment,
        fmt::format("ask {} for the instance's keys: HTTP {} for {}{}", settings.address.origin(),
                    status, path, with.silent ? ", and no answer to the token request" : ""),
        status == 401 && with.value.empty() ? hop_limit_hint : "");
  }

  // The service gives keys that are almost over, or over, while it has trouble getting new ones;
  // AWS goes on taking them meanwhile, so they are kept and asked for again later.
  Credentials kept_through_trouble(Credentials credentials) const {
    const auto now = surroundings.clock->now();
    if (credentials.expires && *credentials.expires <= now) {
      logging::warning(
          "the instance's keys are over and the metadata service has no new ones yet; "
          "going on with them");
      credentials.expires = now + minutes(15);
    }
    return credentials;
  }
};

InstanceMetadata::InstanceMetadata(Surroundings surroundings)
    : state_(std::make_unique<State>(std::move(surroundings))) {}

InstanceMetadata::~InstanceMetadata() = default;

bool InstanceMetadata::is_disabled() const { return state_->settings.disabled; }

std::variant<Credentials, NoInstanceKeys> InstanceMetadata::keys() {
  if (is_disabled()) return NoInstanceKeys{.why = "AWS_EC2_METADATA_DISABLED is true"};
  const auto token = state_->token();
  if (const auto* none = std::get_if<NoInstanceKeys>(&token)) return *none;
  const auto& with = std::get<Token>(token);
  const auto roles = state_->page(role_path, with);
  if (roles.status == 403) return NoInstanceKeys{.why = state_->not_allowed()};
  const std::string role(text::trim(text::lines(roles.text + "\n").front()));
  if (role.empty()) return NoInstanceKeys{.why = "the instance has no role"};
  const auto answer = state_->page(fmt::format("{}{}", role_path, role), with);
  if (answer.status != 200) {
    return NoInstanceKeys{.why = fmt::format("the instance has no keys of {}", role)};
  }
  auto credentials = state_->kept_through_trouble(credentials_of_json(
      answer.text, fmt::format("the instance's keys of role {}", role), "Token"));
  credentials.origin = fmt::format("the instance's role {}", role);
  return credentials;
}

std::optional<std::string> InstanceMetadata::region() {
  if (is_disabled()) return std::nullopt;
  const auto token = state_->token();
  if (std::holds_alternative<NoInstanceKeys>(token)) return std::nullopt;
  const std::string region(text::trim(state_->page(region_path, std::get<Token>(token)).text));
  return region.empty() ? std::nullopt : std::optional(region);
}

namespace {

class InstanceProvider : public CredentialProvider {
 public:
  explicit InstanceProvider(const Surroundings& surroundings) : metadata_(surroundings) {}

  Credentials fetch(Reuse) override {
    auto answer = metadata_.keys();
    if (const auto* none = std::get_if<NoInstanceKeys>(&answer)) {
      throw base::Error(none->silent ? base::Kind::unavailable : base::Kind::environment,
                        fmt::format("ask for the instance's keys: {}", none->why));
    }
    return std::get<Credentials>(std::move(answer));
  }

 private:
  InstanceMetadata metadata_;
};

}  // namespace

KeySource instance_source(const Surroundings& surroundings) {
  return {.label = "the instance's role",
          .inputs = json::write(json::Array{"instance"}),
          .provider = std::make_unique<InstanceProvider>(surroundings)};
}

std::optional<std::string> find_instance_region(const CredentialSearch& search) {
  try {
    return InstanceMetadata(surroundings_of(search)).region();
  } catch (const base::Error& error) {
    logging::debug("no region from the instance: {}", error.what());
    return std::nullopt;
  }
}

}  // namespace aws
