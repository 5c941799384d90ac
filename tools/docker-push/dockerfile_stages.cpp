// SPDX-License-Identifier: Apache-2.0
#include "docker-push/dockerfile_stages.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/error.hpp"
#include "docker-push/boot_extraction.hpp"

namespace docker_push {
namespace {

class Replay {
 public:
  Replay(const dockerfile::Plan& plan, const std::string& name, const ImageSources& sources,
         const std::filesystem::path& scratch)
      : plan_(plan), name_(name), sources_(sources), scratch_(scratch) {}

  BuiltStage run() {
    for (const dockerfile::Stage& stage : plan_.stages) {
      BuiltStage built = begin(stage.base);
      for (const dockerfile::Step& step : stage.steps) {
        try {
          built.steps.push_back(
              {.text = step.instruction.text,
               .files = std::visit([&](const auto& action) { return run(action, built.files); },
                                   step.action)});
        } catch (const base::Error& error) {
          throw error.within(fmt::format("{}:{}: {}", name_, step.instruction.line,
                                         dockerfile::name(step.instruction.command)));
        }
      }
      built_.push_back(std::move(built));
    }
    return std::move(built_.back());
  }

 private:
  BuiltStage begin(const dockerfile::Base& base) const {
    switch (base.kind) {
      case dockerfile::BaseKind::stage:
        return built_[base.stage];
      case dockerfile::BaseKind::image:
        return {.files = StageFiles(sources_.image(base.image, base.platform), sources_.read)};
      case dockerfile::BaseKind::scratch:
        break;
    }
    return {};
  }

  dockerfile::Tree run(std::monostate, StageFiles&) const { return {}; }

  dockerfile::Tree run(const dockerfile::Copied& copied, StageFiles& files) const {
    return files.take(copied);
  }

  dockerfile::Tree run(const dockerfile::CopyFrom& copy, StageFiles& files) {
    const dockerfile::Target target{files.tree(), files.is_complete()};
    if (copy.source.kind != dockerfile::BaseKind::stage) {
      const auto image = sources_.image(copy.source.image, copy.source.platform);
      auto copied = dockerfile::copy(copy.request, sources_.read.files(*image), target);
      return files.take(std::move(copied));
    }
    StageFiles& source = built_[copy.source.stage].files;
    for (const std::string& path : copy.request.sources) source.learn(path);
    return files.take(dockerfile::copy(copy.request, source.tree(), target));
  }

  dockerfile::Tree run(const dockerfile::ExtractBootJar& extraction, StageFiles& files) const {
    return files.take({.entries = extract_boot_jar(extraction, scratch_)});
  }

  dockerfile::Tree run(const dockerfile::NeedsEngine& need, StageFiles&) const {
    throw base::Error(base::Kind::internal,
                      fmt::format("build without an engine: {}", need.reason));
  }

  const dockerfile::Plan& plan_;
  const std::string& name_;
  const ImageSources& sources_;
  const std::filesystem::path& scratch_;
  std::vector<BuiltStage> built_;
};

}  // namespace

BuiltStage build_stages(const dockerfile::Plan& plan, const std::string& name,
                        const ImageSources& sources, const std::filesystem::path& scratch) {
  return Replay(plan, name, sources, scratch).run();
}

}  // namespace docker_push
