// SPDX-License-Identifier: Apache-2.0
#include "docker-push/report.hpp"

#include <map>
#include <utility>

#include "oci/layer_recipe.hpp"

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

// The layers once more, each with its key and what became of it. Blobs tell nothing of an image
// that was there already.
json::Value told_layers(const oci::PushReport& report, Mode mode) {
  std::map<std::string_view, oci::Fate> fates;
  for (const oci::BlobReport& blob : report.blobs) fates[blob.descriptor.digest] = blob.fate;
  json::Value layers = layers_json(report.image);
  std::size_t i = 0;
  for (json::Value& told : *layers.find_array()) {
    const oci::Descriptor& layer = report.image.layers[i++].descriptor;
    const auto fate = fates.find(layer.digest);
    told.set("key", layer.annotation(oci::key_annotation));
    told.set("fate", word_of(fate == fates.end() ? oci::Fate::present : fate->second, mode));
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

std::uint64_t size_of(const oci::Image& image) {
  std::uint64_t size = image.config_descriptor.size;
  for (const oci::Layer& layer : image.layers) size += layer.descriptor.size;
  return size;
}

json::Value tags_json(const std::vector<std::string>& tags) {
  json::Array array;
  for (const std::string& tag : tags) array.emplace_back(tag);
  return array;
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
  if (report.unchanged) skipped = size_of(report.image);
  section.set("layers", told_layers(report, mode));
  section.set("size", size_of(report.image));
  section.set("unchanged", report.unchanged);
  section.set("blobs", std::move(blobs));
  section.set("bytes_sent", mode == Mode::plan ? std::uint64_t{0} : report.bytes_sent);
  if (mode == Mode::plan) section.set("bytes_to_send", report.bytes_sent);
  section.set("bytes_mounted", mounted);
  section.set("bytes_skipped", skipped);
  return section;
}

}  // namespace docker_push
