// SPDX-License-Identifier: Apache-2.0
#include "container/engine.hpp"

#include <fmt/core.h>

#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "container/build_log.hpp"
#include "container/build_request.hpp"
#include "container/message_stream.hpp"
#include "file/file.hpp"
#include "file/new_file.hpp"
#include "file/read_at.hpp"
#include "http/client.hpp"
#include "json/field.hpp"
#include "logging/log.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"

namespace container {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t image_cap = 1ULL << 40U;
constexpr std::uint64_t stream_cap = 4ULL << 30U;
constexpr auto longest_silence = 1h;  // a RUN may compile for long without a word
constexpr auto short_call = 60s;
constexpr auto ping = 10s;
constexpr auto last_call = 15s;

std::string path_of(const std::string& name) {
  return text::percent_encode(name, text::Slash::keep);
}

// {"message": "…"} of an answer that is no success, else its status.
std::string words_of(const http::Response& answer) {
  try {
    const json::Value document = json::parse(answer.body, "the engine's answer");
    const auto message = json::Field(document, "the engine's answer")["message"].maybe_string();
    if (message && !message->empty()) return std::string(text::trim(*message));
  } catch (const base::Error& error) {
    logging::debug("{}", error.message());
  }
  return fmt::format("HTTP {}", answer.status);
}

http::ClientOptions options_for(const Endpoint& endpoint) {
  http::ClientOptions options{.attempts = 1, .unix_socket = endpoint.socket};
  if (endpoint.url.starts_with("https:")) {
    options.host_tls = [tls = &endpoint.tls](const std::string&) { return tls; };
  }
  return options;
}

http::ClientOptions within(http::ClientOptions options, std::chrono::milliseconds total) {
  options.total = total;
  return options;
}

http::ClientOptions patient(http::ClientOptions options) {
  options.stall = longest_silence;
  return options;
}

http::Body body_of_file(const std::filesystem::path& path) {
  const auto fd = std::make_shared<const file::UniqueFd>(file::open_for_reading(path));
  return {.size = file::snapshot(*fd).size,
          .read = [fd, what = fmt::format("read {}", path.string())](std::uint64_t offset,
                                                                     std::span<char> buffer) {
            return file::read_at(*fd, offset, buffer, what);
          }};
}

}  // namespace

struct Engine::State {
  State(Endpoint the_endpoint, timing::Clock& clock, std::stop_token stop)
      : endpoint(std::move(the_endpoint)),
        calls(clock, stop, within(options_for(endpoint), short_call)),
        streams(clock, stop, patient(options_for(endpoint))),
        last_calls(clock, {}, within(options_for(endpoint), last_call)) {}

  Endpoint endpoint;
  ApiVersion version{};
  http::Client calls;
  http::Client streams;
  http::Client last_calls;  // heed no stop

  std::string url(const std::string& path) const {
    return fmt::format("{}/v{}{}", endpoint.url, version.text(), path);
  }

  std::string told(std::string_view what) const {
    return fmt::format("{} (engine at {})", what, endpoint.address);
  }

  http::Response send(http::Client& client, std::string_view what, const http::Request& request) {
    auto attempt = client.try_once(request);
    if (attempt.response) return std::move(*attempt.response);
    if (attempt.stopped) {
      throw base::Error(base::Kind::unavailable, fmt::format("{}: interrupted", told(what)));
    }
    const auto message = fmt::format("{}: {}", told(what), attempt.why);
    switch (attempt.failure) {
      case http::Failure::not_connected:
        throw base::Error(base::Kind::environment, message, "start the engine, or set DOCKER_HOST");
      case http::Failure::refused:
        throw base::Error(base::Kind::refused, message);
      case http::Failure::broken:
        break;
    }
    throw base::Error(base::Kind::unavailable, message, "a rerun is safe");
  }

  [[noreturn]] void refuse(std::string_view what, const http::Response& answer) const {
    throw base::Error(base::Kind::refused, fmt::format("{}: {}", told(what), words_of(answer)));
  }

  // An answer that is a stream of messages, to its end.
  void follow(std::string_view what, http::Request request,
              const MessageStream::OnMessage& on_message) {
    MessageStream stream(on_message);
    request.response_cap = stream_cap;
    request.repeat = http::Repeat::unsafe;
    request.sink = [&stream](std::span<const std::byte> bytes) { stream.feed(bytes); };
    const auto answer = send(streams, what, request);
    if (answer.status != 200) refuse(what, answer);
    stream.finish();
  }
};

Engine::Engine(Endpoint endpoint, const process::Environment& environment, timing::Clock& clock,
               std::stop_token stop)
    : state_(std::make_unique<State>(std::move(endpoint), clock, stop)) {
  http::Client client(clock, stop, within(options_for(state_->endpoint), ping));
  const auto attempt = client.try_once({.url = state_->endpoint.url + "/_ping"});
  const auto what = fmt::format("reach the engine at {}", address());
  if (attempt.stopped) {
    throw base::Error(base::Kind::unavailable, fmt::format("{}: interrupted", what));
  }
  if (!attempt.response || attempt.response->status != 200) {
    throw base::Error(
        base::Kind::environment,
        fmt::format("{}: {}", what, attempt.response ? words_of(*attempt.response) : attempt.why),
        "start the engine, or set DOCKER_HOST");
  }
  state_->version =
      negotiated(attempt.response->headers.find("Api-Version"), environment("DOCKER_API_VERSION"));
  logging::debug("engine at {}: API {}", address(), api_version().text());
}

Engine::~Engine() = default;

const std::string& Engine::address() const { return state_->endpoint.address; }

ApiVersion Engine::api_version() const { return state_->version; }

bool Engine::has_image(const std::string& name) {
  const auto what = fmt::format("look for the image {}", name);
  const auto answer = state_->send(
      state_->calls, what, {.url = state_->url(fmt::format("/images/{}/json", path_of(name)))});
  if (answer.status == 404) return false;
  if (answer.status != 200) state_->refuse(what, answer);
  return true;
}

void Engine::save_image(const std::string& name, const std::filesystem::path& tar) {
  const auto what = fmt::format("take the image {}", name);
  // Some engines begin a tar for a name that they do not know.
  if (!has_image(name)) {
    throw base::Error(base::Kind::refused,
                      fmt::format("{}: it has no such image", state_->told(what)));
  }
  file::NewFile file(tar.string() + ".part");
  const auto answer =
      state_->send(state_->streams, what,
                   {.url = state_->url(fmt::format("/images/{}/get", path_of(name))),
                    .repeat = http::Repeat::unsafe,
                    .response_cap = image_cap,
                    .sink = [&file](std::span<const std::byte> bytes) { file.write(bytes); }});
  if (answer.status != 200) state_->refuse(what, answer);
  file.rename_to(tar);
}

void Engine::load_images(const std::filesystem::path& tar) {
  constexpr std::string_view what = "load the image";
  std::string error;
  state_->follow(what,
                 {.method = "POST",
                  .url = state_->url("/images/load?quiet=1"),
                  .headers = {{"Content-Type", "application/x-tar"}},
                  .body = body_of_file(tar)},
                 [&error](const Message& message) {
                   const auto line = text::trim(message.output);
                   if (!line.empty()) logging::debug("{}", line);
                   if (error.empty()) error = message.error;
                 });
  if (error.empty()) return;
  throw base::Error(base::Kind::refused, fmt::format("{}: {}", state_->told(what), error));
}

BuildFailure Engine::build_image(const ImageBuild& build) {
  constexpr std::string_view what = "build the image";
  http::Headers headers{{"Content-Type", "application/x-tar"}};
  if (!build.logins.empty()) headers.add("X-Registry-Config", registry_config(build.logins));
  BuildLog log(build.on_line);
  state_->follow(what,
                 {.method = "POST",
                  .url = state_->url("/build?" + build_query(build)),
                  .headers = std::move(headers),
                  .body = build.context},
                 [&log](const Message& message) { log.take(message); });
  log.finish();
  const auto failure = log.failure();
  if (!failure.empty()) return failure;
  if (!has_image(build.tag)) return "it ended without a word and without an image";
  return std::nullopt;
}

void Engine::remove_image(const std::string& name) {
  const auto what = fmt::format("remove the image {}", name);
  const auto answer = state_->send(
      state_->last_calls, what,
      {.method = "DELETE", .url = state_->url(fmt::format("/images/{}?noprune=1", path_of(name)))});
  if (answer.status != 200 && answer.status != 404) state_->refuse(what, answer);
}

EngineSearch find_engine(const process::Environment& environment, timing::Clock& clock,
                         std::stop_token stop) {
  EngineSearch search;
  const auto try_one = [&](const Endpoint& endpoint) {
    try {
      search.engine = std::make_unique<Engine>(endpoint, environment, clock, stop);
    } catch (const base::Error& error) {
      if (stop.stop_requested()) throw;
      search.tried.push_back(error.message());
    }
  };
  std::optional<Endpoint> chosen;
  try {
    chosen = find_chosen_endpoint(environment);
  } catch (const base::Error& error) {
    search.tried.push_back(error.message());
    return search;
  }
  if (chosen) {
    try_one(*chosen);
    return search;
  }
  for (const Endpoint& endpoint : usual_endpoints(environment)) {
    std::error_code error;
    if (std::filesystem::exists(endpoint.socket, error)) {
      try_one(endpoint);
    } else {
      search.tried.push_back(fmt::format("no {}", endpoint.socket));
    }
    if (search.engine) return search;
  }
  return search;
}

}  // namespace container
