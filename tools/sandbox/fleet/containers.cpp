// SPDX-License-Identifier: Apache-2.0
#include "sandbox/fleet/containers.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "logging/log.hpp"
#include "process/child.hpp"
#include "text/split.hpp"

namespace sandbox {

void Containers::stop_and_remove(const std::string& label, std::chrono::seconds grace,
                                 const std::stop_token& stop) const {
  const auto containers = ids(label);
  if (containers.empty()) return;
  run({"stop", "--time", fmt::format("{}", grace.count())}, containers, stop);
  remove(label);
}

void Containers::remove(const std::string& label) const {
  for (int look = 0; look < 5; ++look) {
    const auto containers = ids(label);
    if (containers.empty()) return;
    run({"rm", "--force", "--volumes"}, containers);
  }
}

void Containers::remove_images(const std::string& prefix) const {
  if (docker_.empty()) return;
  try {
    const auto listed = process::capture({.argv = {docker_, "images", "--digests", "--format",
                                                   "{{.Repository}}|{{.Tag}}|{{.Digest}}"}});
    std::vector<std::string> images;
    for (const auto line : text::lines(listed.out)) {
      const auto fields = text::split(line, '|');
      if (fields.size() != 3 || !line.starts_with(prefix)) continue;
      const bool tagged = fields[1] != "<none>";
      images.push_back(
          fmt::format("{}{}{}", fields[0], tagged ? ":" : "@", tagged ? fields[1] : fields[2]));
    }
    if (!images.empty()) run({"rmi", "--force"}, images);
  } catch (const base::Error& error) {
    logging::warning("remove the images of {}: {}", prefix, error.message());
  }
}

std::vector<std::string> Containers::ids(const std::string& label) const {
  std::vector<std::string> found;
  if (docker_.empty()) return found;
  try {
    const auto listed = process::capture(
        {.argv = {docker_, "ps", "--all", "--quiet", "--no-trunc", "--filter", "label=" + label}});
    if (!listed.exit.ok()) {
      logging::warning("list the containers of {}: {}", label, text::trim(listed.err));
      return found;
    }
    for (const auto line : text::lines(listed.out)) {
      if (!line.empty()) found.emplace_back(line);
    }
  } catch (const base::Error& error) {
    logging::warning("list the containers of {}: {}", label, error.message());
  }
  return found;
}

void Containers::run(std::vector<std::string> arguments, const std::vector<std::string>& names,
                     const std::stop_token& stop) const {
  const auto what = arguments.front();
  arguments.insert(arguments.begin(), docker_);
  arguments.insert(arguments.end(), names.begin(), names.end());
  try {
    const auto done = process::capture({.argv = arguments}, stop, std::chrono::minutes(5));
    if (done.exit.ok()) return;
    // A container that ended by itself in the meantime is no news.
    logging::debug("docker {}: {}", what, text::trim(done.err));
  } catch (const base::Error& error) {
    logging::warning("docker {}: {}", what, error.message());
  }
}

}  // namespace sandbox
