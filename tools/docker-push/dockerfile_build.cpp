// SPDX-License-Identifier: Apache-2.0
#include "docker-push/dockerfile_build.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.hpp"
#include "docker-push/base_names.hpp"
#include "docker-push/dockerfile_image.hpp"
#include "docker-push/engine_bases.hpp"
#include "docker-push/image_files.hpp"
#include "docker-push/layered_jar.hpp"
#include "docker-push/tree_recipes.hpp"
#include "dockerfile/parser.hpp"
#include "logging/log.hpp"
#include "oci/docker_archive.hpp"
#include "process/environment.hpp"

namespace docker_push {
namespace {

bool has_error(const dockerfile::Plan& plan) {
  return std::ranges::any_of(plan.findings, [](const dockerfile::Finding& finding) {
    return finding.severity == dockerfile::Severity::error;
  });
}

// Where images come from: their registries, and what no registry gives from the engine of this
// machine, unless a lock says which bytes it must be. `target` is the platform of images that FROM
// does not give one.
ImageSources sources_of(BaseImages& bases, EngineBases& local, const oci::Platform& target,
                        const NameSources& sources) {
  using Found = std::shared_ptr<const oci::BaseImage>;
  const auto find = [&bases, &local, target](const std::string& image,
                                             const std::string& platform) -> Found {
    const oci::Platform wanted = platform.empty() ? target : oci::parse_platform(platform);
    if (auto known = local.known(image, wanted)) return known;
    try {
      return bases.find(image, wanted);
    } catch (const base::Error& error) {
      const bool may_be_local =
          error.kind() == base::Kind::refused || error.kind() == base::Kind::unavailable;
      auto found = may_be_local && !bases.lock().exists() ? local.find(image, wanted) : nullptr;
      if (found == nullptr) throw;
      logging::warning("its registry gives no base: {}", error.message());
      return found;
    }
  };
  return {
      .image = find,
      .read = {
          .files =
              [sources](const oci::BaseImage& image) {
                return image_files(image, sources.scratch, sources.stop);
              },
          .names = [sources](const oci::BaseImage& image) { return base_names(image, sources); }}};
}

dockerfile::Platform dockerfile_platform(const oci::Platform& platform) {
  return {.os = platform.os, .architecture = platform.architecture, .variant = platform.variant};
}

}  // namespace

DockerfileBuild::DockerfileBuild(DockerfileRequest request, const cli::Context& context,
                                 const std::filesystem::path& scratch)
    : request_(std::move(request)),
      context_(context),
      scratch_(scratch),
      dockerfile_(dockerfile::read_dockerfile(request_.file)) {
  evaluate(nullptr);
  if (has_error(plan_)) report_findings(plan_, dockerfile_);
}

void DockerfileBuild::evaluate(const ImageSources* sources) {
  dockerfile::BuildInput input{
      .context = request_.context,
      .dockerfile = request_.file,
      .target = request_.target,
      .build_args = request_.build_args,
      .target_platform = dockerfile_platform(request_.platform),
      .build_platform = dockerfile_platform(oci::own_platform()),
      .scratch = scratch_,
      .today = std::chrono::floor<std::chrono::days>(context_.clock.now())};
  if (sources != nullptr) {
    input.base_config = [sources](const std::string& image, const std::string& of) {
      return config_of(sources->image(image, of)->config);
    };
  }
  plan_ = dockerfile::evaluate(dockerfile_, input);
}

void DockerfileBuild::check_jar(const release::Record& record, Provenance& provenance) const {
  const json::Field jar = record.section("jar");
  const auto size = jar["size"].maybe_integer().value_or(0);
  const std::string sha256 = jar["sha256"].maybe_string().value_or("");
  if (copies_file(plan_, static_cast<std::uint64_t>(size), sha256)) return;
  logging::warning("{} copies no file that is the jar of {}; the image gets no revision label",
                   request_.file.string(), record.path().string());
  provenance.revision.clear();
  provenance.source.clear();
  provenance.version.clear();
}

// No option of ours reaches what an engine does.
void DockerfileBuild::require_engine_can(const dockerfile::EngineNeed& need,
                                         const BaseImages& bases) const {
  std::string_view option;
  if (request_.layered) option = "--layered";
  if (bases.lock_use() == LockUse::renew) option = "--update-base";
  if (request_.platform.text() != oci::own_platform().text()) option = "--platform";
  if (!option.empty()) {
    throw base::Error(
        base::Kind::usage,
        fmt::format("build {} with {}: line {} needs an engine ({})", request_.file.string(),
                    option, need.instruction.line, need.reason),
        fmt::format("leave {} out, or do before the build what RUN does", option));
  }
  if (bases.lock().exists()) {
    logging::warning("an engine builds, which does not know {}", bases.lock().path().string());
  }
}

DockerfileBuild::Built DockerfileBuild::by_engine(const dockerfile::EngineNeed& need,
                                                  const Provenance& provenance,
                                                  const EngineHelp& help) const {
  const std::string wanted =
      fmt::format("line {} needs an engine ({})", need.instruction.line, need.reason);
  const auto engine = find_engine(
      request_.engine, fmt::format("build {}: {}", request_.file.string(), wanted), context_);
  if (context_.dry_run) {
    logging::info("{}: would build with {}; its layers are not known until then", wanted,
                  engine->name());
    return {.planned = engine->name()};
  }
  if (help.check_push) help.check_push();
  logging::info("{}: building with {}", wanted, engine->name());
  EngineBuild build{.file = request_.file,
                    .context = request_.context,
                    .target = request_.target,
                    .build_args = request_.build_args,
                    .scratch = scratch_,
                    .logins = [this, &help] { return base_logins(plan_, help.credentials); }};
  for (const auto& [name, value] : annotations_of(provenance, {})) build.labels[name] = value;
  const auto tar = scratch_ / "built.tar";
  engine->build(build, tar);
  return {.draft = oci::read_image_archive(tar, {.name = {}, .platform = oci::own_platform()},
                                           scratch_)};
}

DockerfileBuild::Built DockerfileBuild::run(BaseImages& bases, const Provenance& provenance,
                                            const ToLayers& to_layers, const EngineHelp& help) {
  if (const auto need = first_needing_engine(plan_)) {
    report_findings(plan_, dockerfile_, {.offered = false});
    require_engine_can(*need, bases);
    return by_engine(*need, provenance, help);
  }
  EngineBases local(request_.engine, context_, scratch_);
  const ImageSources sources = sources_of(
      bases, local, request_.platform,
      {.scratch = scratch_, .cache = process::cache_folder() / "names", .stop = context_.stop});
  evaluate(&sources);
  // A base's ONBUILD may bring a RUN along.
  const auto need = first_needing_engine(plan_);
  report_findings(plan_, dockerfile_,
                  {.offered = !need, .layered = request_.layered, .locked = bases.all_locked()});
  if (need) {
    require_engine_can(*need, bases);
    return by_engine(*need, provenance, help);
  }
  BuiltStage stage = build_stages(plan_, dockerfile_.name, sources, scratch_);
  stage.platform = request_.platform;
  if (request_.layered) {
    layer_jar(stage, plan_.target().config,
              {.dockerfile = dockerfile_.name,
               .buckets = request_.buckets,
               .scratch = scratch_,
               .stop = context_.stop});
  }
  Built built{.recipes = tree_recipes(layer_files(stage), context_.stop)};
  if (stage.files.base()) built.base = *stage.files.base();
  built.draft =
      dockerfile_image(plan_.target().config, stage, provenance, to_layers(built.recipes));
  return built;
}

}  // namespace docker_push
