// SPDX-License-Identifier: Apache-2.0
#include "docker-push/last_push.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "json/field.hpp"
#include "logging/log.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

constexpr std::size_t most_named = 3;
constexpr std::size_t most_files = 50'000;  // of a layer; a larger one is told without its files

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

LastPush::LastPush(const std::filesystem::path& cache, const std::string& repository)
    : file_(cache / "pushed" / (crypto::sha256_hex(repository) + ".json")) {
  try {
    const auto text = file::find(file_);
    if (!text) return;
    const json::Value document = json::parse(*text, file_.string(), {.bytes = file::default_cap});
    for (const json::Field& layer : json::Field(document, file_.string())["layers"].items()) {
      Files& files = layers_[layer["name"].string()];
      const json::Object* members = layer["files"].value().find_object();
      if (members == nullptr) continue;
      for (const json::Member& file : *members) {
        if (const auto* identity = file.value.find_string()) files[file.name] = *identity;
      }
    }
  } catch (const base::Error& error) {
    logging::debug("{}", error.what());
  }
}

LastPush::Files LastPush::files_of(const oci::LayerRecipe& recipe) {
  Files files;
  if (recipe.entries.size() > most_files) return files;
  for (const oci::RecipeEntry& entry : recipe.entries) {
    if (entry.header.kind == archives::TarKind::directory) continue;
    const std::string whole =
        fmt::format("{:o} {} {}", entry.header.mode, entry.header.link_target, entry.identity);
    files[entry.header.path] = crypto::sha256_hex(whole).substr(0, 16);
  }
  return files;
}

std::string LastPush::reason(const oci::LayerRecipe& recipe) const {
  if (layers_.empty()) return "this machine has not pushed here before";
  const auto known = layers_.find(recipe.name);
  if (known == layers_.end()) return "the last push had no such layer";
  const Files now = files_of(recipe);
  const Files& before = known->second;
  std::vector<std::string> names;
  std::size_t changed = 0;
  const auto note = [&](const std::string& path) {
    if (++changed <= most_named) names.emplace_back(file_name(path));
  };
  for (const auto& [path, identity] : now) {
    const auto old = before.find(path);
    if (old == before.end() || old->second != identity) note(path);
  }
  std::size_t gone = 0;
  for (const auto& [path, identity] : before) gone += now.contains(path) ? 0 : 1;
  if (changed == 0 && gone == 0) return {};
  if (changed > most_named) names.emplace_back("…");
  std::string reason = fmt::format("{} of {} files changed", changed, now.size());
  if (!names.empty()) reason += ": " + text::join(names, ", ");
  if (gone > 0) reason += fmt::format("{} {} gone", names.empty() ? "," : ";", gone);
  return reason;
}

std::string LastPush::describe(
    const std::vector<std::shared_ptr<const oci::LayerRecipe>>& recipes) {
  json::Array layers;
  for (const auto& recipe : recipes) {
    json::Object files;
    for (const auto& [path, identity] : files_of(*recipe)) files.push_back({path, identity});
    layers.push_back(json::object({{"name", recipe->name}, {"files", std::move(files)}}));
  }
  return json::write(json::object({{"layers", std::move(layers)}}));
}

void LastPush::keep(const std::string& description) const {
  try {
    file::write_atomically_unsynced(file_, description);
  } catch (const base::Error& error) {
    logging::debug("{}", error.what());
  }
}

}  // namespace docker_push
