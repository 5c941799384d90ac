// SPDX-License-Identifier: Apache-2.0
#include "docker-push/jar_base.hpp"

#include <fmt/core.h>

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "docker-push/engine.hpp"
#include "docker-push/local_jre.hpp"
#include "docker-push/stored_image.hpp"
#include "process/environment.hpp"

namespace docker_push {
namespace {

constexpr std::string_view local_jre_name = "local-jre";
constexpr std::string_view engine_prefix = "engine:";

oci::BaseImage own_java(const PushRequest& request, const JarSource& jar,
                        const cli::Context& context) {
  if (!oci::fits(oci::own_platform(), request.platform)) {
    throw base::Error(base::Kind::usage,
                      fmt::format("make a base for {}: local-jre is this machine's own Java",
                                  request.platform.text()),
                      "give --base with an image that exists for this platform");
  }
  return local_jre(
      *jar.zip, jar.jar,
      {.jdk = find_jdk(process::own_environment()), .cache = process::cache_folder() / "local-jre"},
      context.clock, context.stop);
}

oci::BaseImage of_engine(const std::string& name, const PushRequest& request,
                         const BaseSources& sources) {
  const auto engine =
      find_engine(request.dockerfile.engine, fmt::format("take the base {} from an engine", name),
                  sources.context);
  auto base = engine_base(*engine, name, sources.scratch, sources.context.stop);
  if (oci::fits(base.config.platform, request.platform)) return base;
  throw base::Error(
      base::Kind::refused,
      fmt::format("take the base {} from {}: it is for {}, not {}", name, engine->name(),
                  base.config.platform.text(), request.platform.text()),
      "give --platform with the base's");
}

std::string usual_base(const JarSource& jar) {
  if (jar.jar.java_version.empty()) {
    throw base::Error(
        base::Kind::usage,
        fmt::format("choose a base image: {} does not say its Java version", jar.path.string()),
        "give --base REF, or --base local-jre");
  }
  return fmt::format("eclipse-temurin:{}-jre", jar.jar.java_version);
}

}  // namespace

oci::BaseImage jar_base(const PushRequest& request, const JarSource& jar,
                        const BaseSources& sources) {
  const std::string& name = request.base;
  if (name == local_jre_name) return own_java(request, jar, sources.context);
  if (name.starts_with(engine_prefix)) {
    return of_engine(name.substr(engine_prefix.size()), request, sources);
  }
  return *sources.images.find(name.empty() ? usual_base(jar) : name, request.platform);
}

}  // namespace docker_push
