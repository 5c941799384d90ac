// SPDX-License-Identifier: Apache-2.0
#include "docker-push/dockerfile_build.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.hpp"
#include "docker-push/dockerfile_image.hpp"
#include "docker-push/image_files.hpp"
#include "docker-push/tree_recipes.hpp"
#include "dockerfile/parser.hpp"
#include "logging/log.hpp"
#include "oci/document_cache.hpp"
#include "oci/layout.hpp"
#include "process/environment.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

bool has_error(const dockerfile::Plan& plan) {
  return std::ranges::any_of(plan.findings, [](const dockerfile::Finding& finding) {
    return finding.severity == dockerfile::Severity::error;
  });
}

// "linux/arm64" of --platform; empty: this machine's.
oci::Platform platform_of(const std::string& text) {
  if (text.empty()) return oci::own_platform();
  const auto parts = text::split(text, '/');
  oci::Platform platform{.os = std::string(parts.front()), .architecture = {}};
  if (parts.size() > 1) platform.architecture = parts[1];
  return platform;
}

// Bases of one build, each looked up once.
ImageSources sources_of(Registries& registries, const std::filesystem::path& scratch,
                        std::stop_token stop) {
  using Known = std::map<std::string, std::shared_ptr<const oci::BaseImage>>;
  const auto known = std::make_shared<Known>();
  const auto find = [known, &registries](const std::string& image, const std::string& platform) {
    auto& found = (*known)[image + ' ' + platform];
    if (found == nullptr) {
      const oci::Reference reference = oci::parse_reference(image);
      const oci::DocumentCache cache(process::cache_folder() / "documents");
      found = std::make_shared<const oci::BaseImage>(
          oci::find_base_image(registries.of(reference), reference, platform_of(platform), &cache));
    }
    return found;
  };
  return {.image = find, .files = [scratch, stop](const oci::BaseImage& image) {
            return image_files(image, scratch, stop);
          }};
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
  const oci::Platform own = oci::own_platform();
  const dockerfile::Platform platform{.os = own.os, .architecture = own.architecture};
  dockerfile::BuildInput input{
      .context = request_.context,
      .dockerfile = request_.file,
      .target = request_.target,
      .build_args = request_.build_args,
      .target_platform = platform,
      .build_platform = platform,
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

DockerfileBuild::Built DockerfileBuild::by_engine(const dockerfile::EngineNeed& need,
                                                  const Provenance& provenance) const {
  const auto program = find_builder(request_.engine, need, request_.file.string());
  logging::info("line {} needs an engine ({}): building with {}", need.instruction.line,
                need.reason, program.filename().string());
  EngineBuild build{.file = request_.file,
                    .context = request_.context,
                    .target = request_.target,
                    .build_args = request_.build_args};
  for (const auto& [name, value] : annotations_of(provenance, {})) build.labels[name] = value;
  const auto tar = scratch_ / "built.tar";
  build_with_engine(program, build, tar, context_.stop);
  return {.draft = oci::read_image_archive(tar, {.name = {}, .platform = oci::own_platform()},
                                           scratch_)};
}

DockerfileBuild::Built DockerfileBuild::run(Registries& registries, const Provenance& provenance,
                                            const ToLayers& to_layers) {
  if (const auto need = first_needing_engine(plan_)) {
    report_findings(plan_, dockerfile_);
    return by_engine(*need, provenance);
  }
  const ImageSources sources = sources_of(registries, scratch_, context_.stop);
  evaluate(&sources);
  report_findings(plan_, dockerfile_);
  // A base's ONBUILD may bring a RUN along.
  if (const auto need = first_needing_engine(plan_)) return by_engine(*need, provenance);
  BuiltStage stage = build_stages(plan_, dockerfile_.name, sources, scratch_);
  Built built{.recipes = tree_recipes(layer_files(stage), context_.stop)};
  if (stage.files.base()) built.base = *stage.files.base();
  built.draft =
      dockerfile_image(plan_.target().config, stage, provenance, to_layers(built.recipes));
  return built;
}

}  // namespace docker_push
