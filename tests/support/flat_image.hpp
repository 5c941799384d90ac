// SPDX-License-Identifier: Apache-2.0
//
// What an image is to a container: its files after all layers, and how it runs. For comparing
// images that different builders made of one Dockerfile.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace support {

struct FlatImage {
  // "dir 0755 0:0", "file 0644 0:0 sha256…", "link -> target 0:0", by path without "/" in front.
  std::map<std::string, std::string> files{};
  // The members of the config that Dockerfiles set, as JSON; one that is empty is left out.
  std::map<std::string, std::string> config{};
};

// Of an archive that `docker save` or docker-push --save docker-archive: wrote. A folder that a
// layer has only by a file in it is root's with mode 0755, as the engine's drivers make it.
FlatImage read_flat_image(const std::filesystem::path& archive,
                          const std::filesystem::path& scratch);

// One line for each difference, "theirs" first.
std::vector<std::string> differences(const FlatImage& theirs, const FlatImage& ours);

}  // namespace support
