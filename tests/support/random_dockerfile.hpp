// SPDX-License-Identifier: Apache-2.0
//
// Build contexts and Dockerfiles drawn at random out of what docker-push builds without an engine.
// Names are few, so that instructions meet each other's files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace support {

// What the builder to compare with can do.
struct BuilderTraits {
  bool chmod = false;                   // COPY --chmod
  bool ignores_files = false;           // applies .dockerignore
  bool refuses_unknown_owners = false;  // names that are not in /etc/passwd or /etc/group
  bool builds_all_stages = false;       // those too that the target does not need
  bool forgets_args = false;            // a stage does not see the ARGs of the one below it
};

struct RandomBuild {
  std::string dockerfile{};
  std::map<std::string, std::string> build_args{};
};

class RandomDockerfile {
 public:
  RandomDockerfile(std::uint64_t seed, const BuilderTraits& traits, std::string base)
      : random_(seed), traits_(traits), base_(std::move(base)) {}

  // Fills the folder, which is there and empty.
  RandomBuild write(const std::filesystem::path& folder);

 private:
  std::size_t below(std::size_t end) { return static_cast<std::size_t>(random_() % end); }
  bool chance(std::size_t percent) { return below(100) < percent; }
  template <typename Container>
  auto pick(const Container& from) {
    return from[below(std::size(from))];
  }

  void write_context(const std::filesystem::path& folder);
  void write_folder(const std::filesystem::path& folder, const std::string& prefix, int depth);
  void write_archive(const std::filesystem::path& folder);
  void write_ignore_file(const std::filesystem::path& folder);
  std::string new_name();

  std::string stages();
  std::string stage(std::size_t number);
  std::string instruction(std::size_t stage);
  std::string copy(std::size_t stage);
  std::string add();
  std::string sources_and_destination(const std::vector<std::string>& from, std::size_t most);
  std::string source(const std::vector<std::string>& from);
  std::string owner();
  std::string pairs();
  std::string command(std::string_view keyword);
  std::string healthcheck();
  std::string value();

  std::mt19937_64 random_;
  BuilderTraits traits_;
  std::string base_;
  RandomBuild build_;
  std::size_t last_stage_ = 0;
  std::vector<std::string> paths_;     // of the context
  std::vector<std::string> archives_;  // of them, what ADD may unpack
};

// The image that the Dockerfiles are built on, as a tar and as `docker import --change` lines.
void write_base_tar(const std::filesystem::path& path);
std::vector<std::string> base_changes();

}  // namespace support
