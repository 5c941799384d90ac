// SPDX-License-Identifier: Apache-2.0
#include "docker-push/docker_push.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "base/error.hpp"
#include "docker-push/jar_image.hpp"
#include "docker-push/jar_source.hpp"
#include "docker-push/local_jre.hpp"
#include "file/temp_dir.hpp"
#include "http/client.hpp"
#include "json/value.hpp"
#include "logging/log.hpp"
#include "oci/digest.hpp"
#include "oci/push.hpp"
#include "oci/reference.hpp"
#include "process/environment.hpp"
#include "text/human.hpp"

namespace docker_push {
namespace {

constexpr std::string_view local_jre_name = "local-jre";

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

// Registries of one run: the destination's also serves a base image that lies there.
class Registries {
 public:
  Registries(const PushRequest& request, const cli::Context& context)
      : request_(request),
        stop_(context.stop),
        client_(context.clock, context.stop, {.plain_http_hosts = request.plain_http}) {}

  // The destination comes first: given credentials are for it alone.
  std::shared_ptr<oci::Registry> destination(const std::string& name) {
    destination_ = open(name, request_.credentials);
    return destination_;
  }

  std::shared_ptr<oci::Registry> of(const std::string& name) {
    return name == destination_->name() ? destination_ : open(name, std::nullopt);
  }

  std::uint64_t requests() const { return client_.requests_sent(); }

 private:
  std::shared_ptr<oci::Registry> open(const std::string& name,
                                      std::optional<oci::Credentials> given) {
    if (!given) given = oci::find_credentials(name, process::own_environment(), stop_);
    const bool plain = std::ranges::any_of(request_.plain_http, [&name](const std::string& host) {
      return name == host || name.starts_with(host + ':');
    });
    return std::make_shared<oci::Registry>(
        client_, name, oci::RegistryOptions{.plain_http = plain, .credentials = std::move(given)});
  }

  const PushRequest& request_;
  std::stop_token stop_;
  http::Client client_;
  std::shared_ptr<oci::Registry> destination_;
};

oci::BaseImage base_of(const PushRequest& request, const JarSource& source, Registries& registries,
                       const cli::Context& context) {
  if (request.base == local_jre_name) {
    return local_jre(*source.zip, source.jar,
                     {.jdk = find_jdk(process::own_environment()),
                      .cache = process::cache_folder() / "local-jre"},
                     context.clock, context.stop);
  }
  std::string name = request.base;
  if (name.empty()) {
    if (source.jar.java_version.empty()) {
      throw base::Error(base::Kind::usage,
                        fmt::format("choose a base image: {} does not say its Java version",
                                    source.path.string()),
                        "give --base REF, or --base local-jre");
    }
    name = fmt::format("eclipse-temurin:{}-jre", source.jar.java_version);
  }
  const oci::Reference reference = oci::parse_reference(name);
  return oci::find_base_image(registries.of(reference.registry), reference, oci::own_platform());
}

std::string_view word_of(oci::Fate fate, bool dry_run) {
  switch (fate) {
    case oci::Fate::present:
      return "there";
    case oci::Fate::mounted:
      return dry_run ? "to mount" : "mounted";
    case oci::Fate::sent:
      break;
  }
  return dry_run ? "to send" : "sent";
}

void tell(const oci::BlobReport& blob, bool dry_run) {
  logging::info("{} {} {}, {}", word_of(blob.fate, dry_run), blob.name,
                oci::short_digest(blob.descriptor.digest), text::human_size(blob.descriptor.size));
}

json::Value layers_json(const oci::Image& image) {
  json::Array layers;
  for (const oci::Layer& layer : image.layers) {
    layers.push_back(json::object({{"digest", layer.descriptor.digest},
                                   {"size", layer.descriptor.size},
                                   {"diff_id", layer.diff_id},
                                   {"name", layer.name}}));
  }
  return layers;
}

json::Value image_section(const oci::Reference& target, const oci::Image& image,
                          const oci::BaseImage& base) {
  return json::object({{"ref", target.text()},
                       {"repository", target.name()},
                       {"tag", target.tag},
                       {"digest", image.digest},
                       {"config_digest", image.config_descriptor.digest},
                       {"layers", layers_json(image)},
                       {"base", json::object({{"ref", base.name}, {"digest", base.digest}})}});
}

json::Value report_json(json::Value section, const oci::PushReport& report, bool dry_run) {
  json::Array blobs;
  for (const oci::BlobReport& blob : report.blobs) {
    blobs.push_back(json::object({{"name", blob.name},
                                  {"digest", blob.descriptor.digest},
                                  {"size", blob.descriptor.size},
                                  {"fate", word_of(blob.fate, dry_run)}}));
  }
  section.set("unchanged", report.unchanged);
  section.set("blobs", std::move(blobs));
  section.set("bytes_sent", dry_run ? std::uint64_t{0} : report.bytes_sent);
  if (dry_run) section.set("bytes_to_send", report.bytes_sent);
  return section;
}

}  // namespace

cli::Result push(const PushRequest& request, const cli::Context& context) {
  const auto start = context.clock.steady_now();
  const JarSource source = open_jar(request.jar, context.release, process::own_environment());
  const oci::Reference target = target_of(request, source.provenance);
  logging::info("image of {} (Spring Boot {}) for {}", source.path.string(),
                source.jar.boot_version, target.text());

  Registries registries(request, context);
  const auto registry = registries.destination(target.registry);
  const oci::BaseImage base = base_of(request, source, registries, context);
  require_running(context);

  const file::TempDir scratch("docker-push");
  const oci::Image image =
      jar_image({.zip = *source.zip,
                 .jar = source.jar,
                 .provenance = source.provenance,
                 .port = request.port,
                 .user = request.user},
                base, jar_layers(*source.zip, source.jar, scratch.path(), context.stop));
  source.require_unchanged();

  const oci::Destination destination{*registry, target.repository, target.tag};
  const auto report =
      context.dry_run
          ? oci::plan(destination, image)
          : oci::push(destination, image,
                      {.scratch = scratch.path(),
                       .on_blob = [](const oci::BlobReport& blob) { tell(blob, false); }});
  if (context.dry_run) {
    for (const oci::BlobReport& blob : report.blobs) tell(blob, true);
  }

  const json::Value section = image_section(target, image, base);
  if (!context.dry_run && source.record) source.record->extend("image", section);
  const std::string result = target.name() + '@' + image.digest;
  logging::info("{} {} in {}: {} {}, {} requests",
                report.unchanged  ? "already there:"
                : context.dry_run ? "would push"
                                  : "pushed",
                target.text(), text::human_duration(since(start, context.clock)),
                text::human_size(report.bytes_sent), context.dry_run ? "to send" : "sent",
                registries.requests());
  json::Value json = report_json(section, report, context.dry_run);
  json.set("requests", registries.requests());
  json.set("seconds", static_cast<double>(since(start, context.clock).count()) / 1000.0);
  return {.text = result, .json = std::move(json)};
}

}  // namespace docker_push
