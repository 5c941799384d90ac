// SPDX-License-Identifier: Apache-2.0
#include "docker-push/tree_recipes.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/read_at.hpp"
#include "oci/layer.hpp"
#include "parallel/parallel.hpp"

namespace docker_push {
namespace {

// The origin's bytes, of the file in the state `before`.
void read_bytes(const dockerfile::Origin& origin, const file::UniqueFd& fd,
                const file::Snapshot& before, const archives::Sink& sink) {
  const auto count = file::read_pieces(fd, {.offset = origin.offset, .size = origin.size},
                                       fmt::format("read {}", origin.file.string()), sink);
  if (count < origin.size || file::snapshot(fd) != before) refuse_changed(origin.file);
}

struct Hashed {
  std::string sha256{};
  file::Snapshot state{};
};

Hashed hash(const dockerfile::Origin& origin) {
  if (origin.file.empty()) return {.sha256 = crypto::sha256_hex(origin.text), .state = {}};
  const file::UniqueFd fd = file::open_for_reading(origin.file);
  Hashed hashed{.sha256 = {}, .state = file::snapshot(fd)};
  // A file of ours may hold many; one of the context was listed with its size.
  if (!origin.keep && hashed.state.size != origin.size) refuse_changed(origin.file);
  crypto::Sha256 sum;
  read_bytes(origin, fd, hashed.state,
             [&sum](std::span<const std::byte> bytes) { sum.update(bytes); });
  hashed.sha256 = sum.finish_hex();
  return hashed;
}

oci::RecipeEntry entry_of(const dockerfile::Entry& entry) {
  oci::RecipeEntry result{.header = entry.header};
  if (entry.header.kind != archives::TarKind::regular) return result;
  const dockerfile::Origin& origin = entry.origin;
  Hashed hashed = hash(origin);
  result.identity = "sha256:" + hashed.sha256;
  if (origin.file.empty()) {
    result.read = [origin](const archives::Sink& sink) { sink(archives::bytes_of(origin.text)); };
    return result;
  }
  result.read = [origin, state = hashed.state](const archives::Sink& sink) {
    const file::UniqueFd fd = file::open_for_reading(origin.file);
    if (file::snapshot(fd) != state) refuse_changed(origin.file);
    read_bytes(origin, fd, state, sink);
  };
  return result;
}

}  // namespace

void refuse_changed(const std::filesystem::path& file) {
  throw base::Error(base::Kind::integrity,
                    fmt::format("read {}: it changed while it was read", file.string()),
                    "let what writes it end before docker-push starts");
}

std::string sha256_of(const dockerfile::Origin& origin) { return hash(origin).sha256; }

std::vector<std::shared_ptr<const oci::LayerRecipe>> tree_recipes(
    const std::vector<LayerFiles>& layers, std::stop_token stop) {
  struct Job {
    const dockerfile::Entry* entry;
    oci::RecipeEntry* place;
  };
  std::vector<std::shared_ptr<const oci::LayerRecipe>> recipes;
  std::vector<Job> jobs;
  for (const LayerFiles& layer : layers) {
    if (layer.recipe) {
      recipes.push_back(layer.recipe);
      continue;
    }
    auto recipe = std::make_shared<oci::LayerRecipe>();
    recipe->name = layer.name;
    recipe->entries.resize(layer.files.size());
    std::size_t i = 0;
    for (const auto& [path, entry] : layer.files) {
      jobs.push_back({.entry = &entry, .place = &recipe->entries[i++]});
    }
    recipes.push_back(std::move(recipe));
  }
  parallel::for_each(jobs.size(), parallel::cores(), [&](std::size_t i) {
    if (stop.stop_requested()) {
      throw base::Error(base::Kind::unavailable, "make the image: interrupted");
    }
    *jobs[i].place = entry_of(*jobs[i].entry);
  });
  return recipes;
}

}  // namespace docker_push
