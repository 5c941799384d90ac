// SPDX-License-Identifier: Apache-2.0
//
// A container engine over its API (Docker Engine API; podman serves the same), through its socket
// or TCP. Everything is streamed: an image is never in memory.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "container/api_version.hpp"
#include "container/endpoint.hpp"
#include "http/message.hpp"
#include "process/environment.hpp"
#include "timing/clock.hpp"

namespace container {

// What a registry wants to see before it gives a base image.
struct Login {
  std::string username{};
  std::string password{};
  std::string identity_token{};
  std::string registry_token{};
};

// Docker's classic builder, which takes logins with the request; or BuildKit, which would ask for
// them in a session of its own, so that it gets public bases only.
enum class Builder { classic, buildkit };

struct ImageBuild {
  http::Body context{};      // a tar
  std::string dockerfile{};  // its path in there
  std::string tag{};         // of the image in the engine
  std::string target{};      // a stage; empty: the last
  std::map<std::string, std::string, std::less<>> build_args{};
  std::map<std::string, std::string> labels{};
  std::map<std::string, Login> logins{};  // by registry, "docker.io" for Docker Hub
  Builder builder = Builder::classic;
  std::function<void(std::string_view line)> on_line{};
};

// How a build ended that the engine took on: nothing when the image is there, else its words.
using BuildFailure = std::optional<std::string>;

// Every failure names what was wanted and the engine: environment when it does not answer,
// unavailable when the connection broke or a stop came, refused with its words. One thread at a
// time.
class Engine {
 public:
  // Asks it for its API version. Throws environment when nothing answers there.
  Engine(Endpoint endpoint, const process::Environment& environment, timing::Clock& clock,
         std::stop_token stop);
  ~Engine();

  const std::string& address() const;
  ApiVersion api_version() const;

  bool has_image(const std::string& name);

  // `tar` is whole or absent.
  void save_image(const std::string& name, const std::filesystem::path& tar);
  void load_images(const std::filesystem::path& tar);

  // A stop ends the build in the engine too. Throws for a build that did not begin.
  BuildFailure build_image(const ImageBuild& build);

  // Takes the name away, and the image with its last name; what others are built on stays. Works
  // after a stop, within 15 seconds. No such image is no failure.
  void remove_image(const std::string& name);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct EngineSearch {
  std::unique_ptr<Engine> engine{};  // null: none answers
  std::vector<std::string> tried{};  // what was looked at then, and what it said
};

// The engine that was chosen, else the first of the usual places that answers.
EngineSearch find_engine(const process::Environment& environment, timing::Clock& clock,
                         std::stop_token stop);

}  // namespace container
