// SPDX-License-Identifier: Apache-2.0
#include "docker-push/api_engine.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/error.hpp"
#include "docker-push/build_context.hpp"
#include "docker-push/local_tag.hpp"
#include "logging/log.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

// "the --mount option requires BuildKit", "the heredoc syntax … BuildKit".
bool is_for_buildkit(const std::string& words) {
  return text::lower(words).find("buildkit") != std::string::npos;
}

class ApiEngine final : public LocalEngine {
 public:
  explicit ApiEngine(std::unique_ptr<container::Engine> engine) : engine_(std::move(engine)) {}

  std::string name() const override { return "the engine at " + engine_->address(); }
  bool has_image(const std::string& image) override { return engine_->has_image(image); }
  void save(const std::string& image, const std::filesystem::path& tar) override {
    engine_->save_image(image, tar);
  }
  void load(const std::filesystem::path& tar) override { engine_->load_images(tar); }

  void build(const EngineBuild& build, const std::filesystem::path& tar) override {
    const BuildContext context = pack_context(build.file, build.context, build.scratch);
    const LocalTag tag([this](const std::string& image) { engine_->remove_image(image); });
    container::ImageBuild asked{
        .context = context.tar,
        .dockerfile = context.dockerfile,
        .tag = tag.name(),
        .target = build.target,
        .build_args = build.build_args,
        .labels = build.labels,
        .on_line = [](std::string_view line) { logging::info("{}", line); }};
    if (build.logins) asked.logins = build.logins();
    auto failure = engine_->build_image(asked);
    if (failure && is_for_buildkit(*failure)) {
      logging::warning("{}; building with BuildKit, which gets no logins for private bases",
                       *failure);
      asked.builder = container::Builder::buildkit;
      failure = engine_->build_image(asked);
    }
    if (failure) {
      throw base::Error(base::Kind::refused,
                        fmt::format("build {} with {}: {}", build.file.string(), name(), *failure));
    }
    engine_->save_image(tag.name(), tar);
  }

 private:
  std::unique_ptr<container::Engine> engine_;
};

}  // namespace

std::unique_ptr<LocalEngine> api_engine(std::unique_ptr<container::Engine> engine) {
  return std::make_unique<ApiEngine>(std::move(engine));
}

}  // namespace docker_push
