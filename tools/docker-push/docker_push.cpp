// SPDX-License-Identifier: Apache-2.0
#include "docker-push/docker_push.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <map>

#include "archives/zip_writer.hpp"
#include "base/error.hpp"
#include "docker-push/idle_options.hpp"
#include "docker-push/jar_base.hpp"
#include "docker-push/jar_image.hpp"
#include "docker-push/jar_recipes.hpp"
#include "docker-push/jar_source.hpp"
#include "docker-push/last_push.hpp"
#include "docker-push/output.hpp"
#include "docker-push/registries.hpp"
#include "docker-push/report.hpp"
#include "docker-push/stored_image.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "file/tree.hpp"
#include "json/value.hpp"
#include "logging/log.hpp"
#include "logging/progress.hpp"
#include "oci/digest.hpp"
#include "oci/layer_cache.hpp"
#include "oci/push.hpp"
#include "oci/reference.hpp"
#include "oci/verify.hpp"
#include "parallel/parallel.hpp"
#include "process/environment.hpp"
#include "text/human.hpp"

namespace docker_push {
namespace {

std::chrono::milliseconds since(timing::SteadyTime start, const timing::Clock& clock) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock.steady_now() - start);
}

void require_running(const cli::Context& context) {
  if (context.stop.stop_requested()) {
    throw base::Error(base::Kind::unavailable, "push the image: interrupted");
  }
}

// The reference to push to. Unless a tag was given it is the commit's version: many commits share a
// project's.
oci::Reference target_of(const PushRequest& request, const Provenance& provenance) {
  oci::Reference target = oci::parse_reference(request.image);
  if (!target.digest.empty()) {
    throw base::Error(base::Kind::usage,
                      fmt::format("push to {}: a digest cannot be chosen", request.image),
                      "give a tag, or neither");
  }
  if (target.tag.empty()) target.tag = oci::tag_of_version(provenance.described);
  if (target.tag.empty()) target.tag = oci::tag_of_version(provenance.version);
  if (target.tag.empty()) {
    throw base::Error(
        base::Kind::usage,
        fmt::format("push to {}: neither a tag nor a version is known", request.image),
        fmt::format("give --image {}:TAG", target.name()));
  }
  return target;
}

// The reasons why layers are not the last push's, by layer.
using Reasons = std::map<std::string, std::string>;

// What the last push was, and what is to be remembered of this one.
struct Before {
  LastPush last;
  Reasons reasons{};
  std::string now{};
};

// In the background: it takes a while for a large application, and is only told.
std::shared_future<Before> look_before(const std::filesystem::path& cache,
                                       const std::string& repository, const Recipes& recipes) {
  return std::async(std::launch::async, [cache, repository, recipes] {
    Before before{.last = LastPush(cache, repository)};
    for (const auto& recipe : recipes) {
      before.reasons[recipe->name] = before.last.reason(*recipe);
    }
    before.now = LastPush::describe(recipes);
    return before;
  });
}

void tell(const oci::BlobReport& blob, const Reasons& reasons, Mode mode) {
  const auto reason = reasons.find(blob.name);
  const bool why = blob.fate == oci::Fate::sent && reason != reasons.end();
  logging::info("{} {} {}, {}{}{}", word_of(blob.fate, mode), blob.name,
                oci::short_digest(blob.descriptor.digest), text::human_size(blob.descriptor.size),
                why && !reason->second.empty() ? ": " : "", why ? reason->second : "");
}

// Layers whose digests an earlier run left on this machine need not be made.
std::vector<oci::Layer> layers_of(const Recipes& recipes, const oci::LayerCache& cache) {
  std::vector<oci::Layer> layers;
  for (const auto& recipe : recipes) {
    layers.push_back(oci::layer_of(recipe));
    if (const auto known = cache.find(recipe->key())) oci::complete(layers.back(), *known);
  }
  return layers;
}

void keep_layers(const oci::Image& image, const oci::LayerCache& cache) {
  for (const oci::Layer& layer : image.layers) {
    const std::string key = layer.descriptor.annotation(oci::key_annotation);
    if (!key.empty()) cache.keep(key, {.descriptor = layer.descriptor, .diff_id = layer.diff_id});
  }
}

void require_tag(const std::string& tag, std::string_view what) {
  if (oci::is_tag(tag)) return;
  throw base::Error(base::Kind::usage, fmt::format("{} '{}': that is no tag", what, tag),
                    "a tag has up to 128 of A-Z a-z 0-9 _ . - and does not begin with . or -");
}

oci::Destination destination_of(oci::Registry& registry, const oci::Reference& target,
                                const std::vector<std::string>& more) {
  oci::Destination destination{registry, target.repository, {target.tag}};
  for (const std::string& tag : more) {
    require_tag(tag, "tag the image");
    if (std::ranges::find(destination.tags, tag) == destination.tags.end()) {
      destination.tags.push_back(tag);
    }
  }
  return destination;
}

// Whole files or none, for the steps of a pipeline that come after.
void keep_result(const PushRequest& request, const std::string& digest, const json::Value& json) {
  if (!request.digest_file.empty()) file::write_atomically(request.digest_file, digest);
  if (!request.metadata_file.empty()) {
    file::write_atomically(request.metadata_file, json::write_pretty(json));
  }
}

void tell_end(const oci::Reference& target, const oci::PushReport& report, Mode mode,
              std::chrono::milliseconds took, std::uint64_t requests) {
  logging::info("{} {} in {}: {} {}, {} requests",
                report.unchanged     ? "already there:"
                : mode == Mode::plan ? "would push"
                                     : "pushed",
                target.text(), text::human_duration(took), text::human_size(report.bytes_sent),
                mode == Mode::plan ? "to send" : "sent", requests);
}

// One run: what is pushed, from where to where.
class Run {
 public:
  Run(const PushRequest& request, const cli::Context& context)
      : request_(request),
        context_(context),
        start_(context.clock.steady_now()),
        cache_(process::cache_folder()),
        documents_(cache_ / "documents"),
        registries_(context, request.registries),
        bases_(registries_, BaseLock(BaseLock::path_beside(context.config)), request.lock) {}

  cli::Result jar(const Input& input) {
    // The record tells of a jar; a folder is something else, whatever it was unpacked from.
    const bool recordable = input.kind != InputKind::exploded;
    const JarSource source = open_jar(
        jar_of(input),
        recordable ? std::filesystem::path(context_.release) : scratch_.path() / "no-record",
        process::own_environment());
    // The jar is hashed as a whole while its entries are and while the base image is looked up.
    auto recorded = std::async(std::launch::async, [&source] { source.require_recorded(); });
    const oci::Reference target = target_of(request_, source.provenance);
    logging::info("image of {} (Spring Boot {}) for {}", source.path.string(),
                  source.jar.boot_version, target.text());
    const auto registry = registries_.destination(target);
    auto looked_up = std::async(std::launch::async, [&] {
      return jar_base(request_, source,
                      {.images = bases_, .context = context_, .scratch = scratch_.path()});
    });
    known_ = std::make_shared<oci::Earlier>(*registry, target.repository, documents_);
    auto looked_ahead = std::async(std::launch::async, [this, &target] { look_ahead(target); });
    recipes_ = jar_recipes(*source.zip, source.jar, request_.layers, context_.stop);
    const oci::BaseImage base = looked_up.get();
    recorded.get();
    looked_ahead.get();
    oci::Draft draft = jar_image({.jar = source.jar,
                                  .provenance = source.provenance,
                                  .port = request_.port,
                                  .user = request_.user,
                                  .entrypoint = entrypoint()},
                                 base, layers_of(recipes_, oci::LayerCache(cache_ / "layers")));
    confirm_ = [&source] { source.require_unchanged(); };
    return finish(target, std::move(draft), base, source.record);
  }

  cli::Result image(const Input& input) {
    oci::Draft draft = stored_image(input, request_.dockerfile.engine, scratch_.path(), context_);
    const auto record =
        release::Record::find(context_.release, release::stamp_of(process::own_environment()));
    Provenance provenance;
    if (record) {
      require_same_commit(draft, *record);
      provenance.described = record->section("source")["version"].maybe_string().value_or("");
    }
    const oci::Reference target = target_of(request_, provenance);
    logging::info("image {} for {}", request_.input, target.text());
    registries_.destination(target);
    return finish(target, std::move(draft), {}, record);
  }

  cli::Result dockerfile(const Input& input) {
    DockerfileRequest asked = request_.dockerfile;
    asked.file = input.path;
    asked.context = input.context;
    DockerfileBuild build(std::move(asked), context_, scratch_.path());
    const auto environment = process::own_environment();
    const auto record = release::Record::find(context_.release, release::stamp_of(environment));
    Provenance provenance = provenance_of(record, environment);
    const oci::Reference target = target_of(request_, provenance);
    if (record) build.check_jar(*record, provenance);
    logging::info("image of {} for {}", input.path.string(), target.text());
    const auto registry = registries_.destination(target);
    const auto to_layers = [this](const Recipes& recipes) {
      return layers_of(recipes, oci::LayerCache(cache_ / "layers"));
    };
    EngineHelp help{.credentials = [this](const oci::Reference& base) {
      return registries_.credentials(base);
    }};
    if (request_.save_to.empty()) {
      help.check_push = [&registry, &target] { registry->check_push(target.repository); };
    }
    auto built = build.run(bases_, provenance, to_layers, help);
    if (!built.planned.empty()) return engine_plan(target, built.planned);
    recipes_ = std::move(built.recipes);
    return finish(target, std::move(built.draft), built.base, record);
  }

 private:
  void look_ahead(const oci::Reference& target) {
    if (!request_.save_to.empty()) return;
    std::vector<std::string> tags{target.tag};
    tags.insert(tags.end(), request_.cache_from.begin(), request_.cache_from.end());
    const oci::Earlier::Look any = [](const oci::Manifest&, const std::string&) { return true; };
    if (!known_->learn(tags, any)) known_->learn_newest(any);
  }

  std::vector<std::string> entrypoint() const {
    if (request_.layers.layout == Layout::unpacked) return {};
    return {"java", "-jar", std::string(application_jar)};
  }

  // Spring Boot's rules are about a jar, so a folder becomes one again.
  std::string jar_of(const Input& input) {
    if (input.kind != InputKind::exploded) return input.path.string();
    const auto jar = scratch_.path() / "exploded.jar";
    std::vector<archives::ZipInput> files;
    for (const auto& entry : file::tree(input.path)) {
      if (entry.kind == file::EntryKind::regular) {
        files.push_back({.path = entry.path, .file = input.path / entry.path});
      }
    }
    archives::zip_to_file(std::move(files), jar, archives::ZipPacking::store);
    return jar.string();
  }

  cli::Result finish(const oci::Reference& target, oci::Draft draft, const oci::BaseImage& base,
                     const std::optional<release::Record>& record) {
    require_running(context_);
    bases_.require_renewable();
    if (!known_) {
      known_ =
          std::make_shared<oci::Earlier>(*registries_.of(target), target.repository, documents_);
    }
    const auto before = look_before(cache_, target.name(), recipes_);
    const auto mode = context_.dry_run ? Mode::plan : Mode::push;
    std::optional<logging::Progress> progress(std::in_place, context_.clock, "push", 0);
    const oci::PushOptions options{
        .earlier = request_.cache_from,
        .known = known_,
        .scratch = scratch_.path(),
        .parallel = std::clamp(parallel::cores() * 4, 4U, 8U),
        .on_blob = [&](const oci::BlobReport& blob) { tell(blob, before.get().reasons, mode); },
        .on_sending = [&progress](std::uint64_t done,
                                  std::uint64_t total) { progress->update(done, total); },
        .verify = request_.verify_cache,
        .confirm = confirm_,
        .stop = context_.stop};
    const oci::Destination destination =
        destination_of(*registries_.of(target), target, request_.tags);
    if (!request_.save_to.empty() && mode == Mode::push) {
      if (options.verify) verify_before_saving(draft, options);
      const auto image =
          write_image(open_output(request_.save_to, request_.dockerfile.engine, context_), target,
                      destination.tags, std::move(draft), options);
      return saved(target, image, destination.tags);
    }
    const auto report = mode == Mode::plan ? oci::plan(destination, std::move(draft), options)
                                           : oci::push(destination, std::move(draft), options);
    progress.reset();
    const json::Value section = image_section(target, report.image, base);
    if (mode == Mode::plan) {
      for (const oci::BlobReport& blob : report.blobs) tell(blob, before.get().reasons, mode);
      bases_.tell_lock();
    } else {
      if (record) record->extend("image", section);
      bases_.keep_lock();
      keep_layers(report.image, oci::LayerCache(cache_ / "layers"));
      documents_.keep(report.image.digest, report.image.manifest);
      if (!recipes_.empty()) before.get().last.keep(before.get().now);
    }
    const auto took = since(start_, context_.clock);
    tell_end(target, report, mode, took, registries_.requests());
    if (request_.verify_cache) logging::info("verified {} remembered layers", report.verified);
    json::Value json = report_json(section, report, mode);
    json.set("tags", tags_json(destination.tags));
    json.set("requests", registries_.requests());
    json.set("seconds", static_cast<double>(took.count()) / 1000.0);
    if (mode == Mode::push) keep_result(request_, report.image.digest, json);
    return {.text = target.name() + '@' + report.image.digest, .json = std::move(json)};
  }

  // What a dry run knows of an image that an engine is to build.
  static cli::Result engine_plan(const oci::Reference& target, const std::string& engine) {
    return {.text = target.text(),
            .json = json::object({{"ref", target.text()}, {"engine", engine}})};
  }

  void verify_before_saving(oci::Draft& draft, const oci::PushOptions& options) const {
    const auto verified = oci::verify_learned(
        draft.layers,
        {.scratch = options.scratch, .parallel = options.parallel, .stop = options.stop});
    logging::info("verified {} remembered layers", verified);
  }

  cli::Result saved(const oci::Reference& target, const oci::Image& image,
                    const std::vector<std::string>& tags) {
    bases_.keep_lock();
    logging::info("wrote {} to {} in {}", target.text(), request_.save_to,
                  text::human_duration(since(start_, context_.clock)));
    json::Value json = json::object({{"ref", target.text()},
                                     {"digest", image.digest},
                                     {"config_digest", image.config_descriptor.digest},
                                     {"saved_to", request_.save_to},
                                     {"size", size_of(image)},
                                     {"tags", tags_json(tags)}});
    keep_result(request_, image.digest, json);
    return {.text = image.digest, .json = std::move(json)};
  }

  const PushRequest& request_;
  const cli::Context& context_;
  timing::SteadyTime start_;
  std::filesystem::path cache_;
  oci::DocumentCache documents_;
  file::TempDir scratch_{"docker-push"};
  Registries registries_;
  BaseImages bases_;
  Recipes recipes_;
  std::shared_ptr<oci::Earlier> known_;
  std::function<void()> confirm_;
};

}  // namespace

cli::Result push(const PushRequest& request, const cli::Context& context) {
  if (!request.save_to.empty()) parse_output(request.save_to);
  for (const std::string& tag : request.cache_from) require_tag(tag, "learn from");
  const Input input = find_input(request.input, request.place);
  refuse_idle_options(request, input);
  Run run(request, context);
  switch (input.kind) {
    case InputKind::layout:
    case InputKind::archive:
    case InputKind::engine:
      return run.image(input);
    case InputKind::dockerfile:
      return run.dockerfile(input);
    case InputKind::recorded_jar:
    case InputKind::jar:
    case InputKind::exploded:
      break;
  }
  return run.jar(input);
}

}  // namespace docker_push
