// SPDX-License-Identifier: Apache-2.0
#include "docker-push/report.hpp"

#include <utility>

namespace docker_push {
namespace {

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

}  // namespace

std::string_view word_of(oci::Fate fate, Mode mode) {
  switch (fate) {
    case oci::Fate::present:
      return "there";
    case oci::Fate::mounted:
      return mode == Mode::plan ? "to mount" : "mounted";
    case oci::Fate::sent:
      break;
  }
  return mode == Mode::plan ? "to send" : "sent";
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

json::Value report_json(json::Value section, const oci::PushReport& report, Mode mode) {
  std::uint64_t mounted = 0;
  std::uint64_t skipped = 0;
  json::Array blobs;
  for (const oci::BlobReport& blob : report.blobs) {
    if (blob.fate == oci::Fate::mounted) mounted += blob.descriptor.size;
    if (blob.fate == oci::Fate::present) skipped += blob.descriptor.size;
    blobs.push_back(json::object({{"name", blob.name},
                                  {"digest", blob.descriptor.digest},
                                  {"size", blob.descriptor.size},
                                  {"made", blob.made},
                                  {"fate", word_of(blob.fate, mode)}}));
  }
  section.set("unchanged", report.unchanged);
  section.set("blobs", std::move(blobs));
  section.set("bytes_sent", mode == Mode::plan ? std::uint64_t{0} : report.bytes_sent);
  if (mode == Mode::plan) section.set("bytes_to_send", report.bytes_sent);
  section.set("bytes_mounted", mounted);
  section.set("bytes_skipped", skipped);
  return section;
}

}  // namespace docker_push
