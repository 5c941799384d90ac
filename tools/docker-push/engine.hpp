// SPDX-License-Identifier: Apache-2.0
//
// The container engine of this machine: for images that lie in it, and for Dockerfiles whose RUN
// needs a container. What it builds is taken out of it as a tar, so that pushing stays ours.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "cli/run.hpp"
#include "container/engine.hpp"

namespace docker_push {

enum class Engine { find_one, none, docker, podman, buildah, api };

// "auto", "none", "docker", "podman", "buildah", "api"; throws usage for anything else.
Engine parse_engine(std::string_view text);

struct EngineBuild {
  std::filesystem::path file{};
  std::filesystem::path context{};
  std::string target{};
  std::map<std::string, std::string, std::less<>> build_args{};
  std::map<std::string, std::string> labels{};
  std::filesystem::path scratch{};
  // For the bases' registries, of whom programs find out by themselves; asked when it is needed.
  std::function<std::map<std::string, container::Login>()> logins{};
};

// Two ways to one: its command-line program, which knows its contexts, credentials and
// permissions, and its API. Failures are environment when the engine does not answer, refused with
// its words, unavailable when stopped.
class LocalEngine {
 public:
  virtual ~LocalEngine() = default;

  virtual std::string name() const = 0;  // "podman", "the engine at unix:///var/run/docker.sock"

  virtual bool has_image(const std::string& image) = 0;
  virtual void save(const std::string& image, const std::filesystem::path& tar) = 0;
  virtual void load(const std::filesystem::path& tar) = 0;

  // Leaves the image in `tar`. Its name in the engine is its own and gone afterwards, however this
  // ends; the engine's cache of steps stays.
  virtual void build(const EngineBuild& build, const std::filesystem::path& tar) = 0;
};

// The wanted one; of several docker's program (it alone gets all of BuildKit right), the API,
// buildah, podman. Throws environment when there is none: what needed it, and what was looked for.
std::unique_ptr<LocalEngine> find_engine(Engine wanted, const std::string& need,
                                         const cli::Context& context);

}  // namespace docker_push
