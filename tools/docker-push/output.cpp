// SPDX-License-Identifier: Apache-2.0
#include "docker-push/output.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "oci/docker_archive.hpp"
#include "oci/layout.hpp"
#include "oci/local_layers.hpp"
#include "text/split.hpp"

namespace docker_push {

Output parse_output(const std::string& text) {
  if (text == "engine") return {.kind = Output::Kind::engine};
  const auto parts = text::cut(text, ":");
  if (parts && !parts->second.empty()) {
    if (parts->first == "oci") return {.kind = Output::Kind::layout, .path = parts->second};
    if (parts->first == "docker-archive") {
      return {.kind = Output::Kind::archive, .path = parts->second};
    }
  }
  throw base::Error(base::Kind::usage, fmt::format("write the image to '{}'", text),
                    "give oci:FOLDER, docker-archive:FILE or engine");
}

Output open_output(const std::string& text, Engine engine, const cli::Context& context) {
  Output output = parse_output(text);
  if (output.kind == Output::Kind::engine) {
    output.engine = find_engine(engine, "load the image into an engine", context);
  }
  return output;
}

oci::Image write_image(const Output& output, const oci::Reference& target,
                       const std::vector<std::string>& tags, oci::Draft draft,
                       const oci::PushOptions& options) {
  oci::make_local(draft.layers,
                  {.scratch = options.scratch, .parallel = options.parallel, .stop = options.stop});
  oci::Image image = oci::assemble(std::move(draft));
  if (options.confirm) options.confirm();
  if (output.kind == Output::Kind::layout) {
    for (const std::string& tag : tags) oci::write_layout(output.path, image, tag);
    return image;
  }
  std::vector<std::string> names;
  for (const std::string& tag : tags) names.push_back(target.name() + ':' + tag);
  const bool load = output.kind == Output::Kind::engine;
  const auto tar = load ? options.scratch / "image.tar" : output.path;
  oci::write_image_archive(tar, image, names);
  if (load) output.engine->load(tar);
  return image;
}

}  // namespace docker_push
