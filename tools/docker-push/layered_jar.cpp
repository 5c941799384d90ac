// SPDX-License-Identifier: Apache-2.0
#include "docker-push/layered_jar.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "archives/zip_reader.hpp"
#include "base/error.hpp"
#include "docker-push/jar_file.hpp"
#include "docker-push/jar_recipes.hpp"
#include "docker-push/tree_recipes.hpp"
#include "file/file.hpp"
#include "springboot/boot_jar.hpp"
#include "text/split.hpp"

namespace docker_push {
namespace {

constexpr unsigned executable = 0111;

// Beside the jar; the second where the image has the first already. The root has a lib always.
constexpr std::string_view usual_libraries = "lib";
constexpr std::string_view other_libraries = "app-lib";

[[noreturn]] void refuse(const LayeredJar& options, std::string_view why, std::string hint) {
  throw base::Error(base::Kind::usage,
                    fmt::format("layer the jar of {}: {}", options.dockerfile, why),
                    std::move(hint));
}

// A jar that stays open as long as a recipe needs it.
struct OpenJar {
  explicit OpenJar(JarFile from) : file(std::move(from)) {}

  void require_unchanged() const {
    if (file::snapshot(zip.descriptor()) != snapshot) refuse_changed(file.path);
  }

  JarFile file;
  archives::ZipReader zip{file.path};
  file::Snapshot snapshot = file::snapshot(zip.descriptor());
  springboot::BootJar jar{};
};

bool is_shell_form(const std::vector<std::string>& command) {
  return command.size() > 2 && command[1] == "-c";
}

// The step whose layer has the file, the last one of them.
BuiltStep* find_step(BuiltStage& stage, const std::string& path) {
  const auto found =
      std::find_if(stage.steps.rbegin(), stage.steps.rend(), [&path](const BuiltStep& step) {
        return dockerfile::kind_at(step.files, path) == dockerfile::NodeKind::file;
      });
  return found == stage.steps.rend() ? nullptr : &*found;
}

// The jar's place with its folder's links followed; empty when the stage has no such folder.
std::string place_of(const BuiltStage& stage, const std::string& jar) {
  const auto slash = jar.rfind('/');
  const auto folder = dockerfile::find_resolved(stage.files.tree(), jar.substr(0, slash));
  if (!folder) return {};
  return folder->empty() ? jar.substr(slash + 1) : *folder + jar.substr(slash);
}

std::shared_ptr<const OpenJar> open_jar(const dockerfile::Entry& entry, const LayeredJar& options) {
  auto opened = std::make_shared<OpenJar>(jar_file(entry.origin, options.scratch));
  auto inspection = springboot::inspect(opened->zip);
  if (!inspection.boot_jar) refuse(options, inspection.why_not, "leave --layered out");
  opened->jar = *std::move(inspection.boot_jar);
  if (opened->jar.content_root != "BOOT-INF/") {
    refuse(options,
           fmt::format("{} is a war, which has no layout of jar and libraries", opened->zip.name()),
           "leave --layered out");
  }
  return opened;
}

// True for a folder that the layers of the jar have too.
bool is_above(const dockerfile::Entry& entry, std::string_view jar) {
  const std::string& path = entry.header.path;
  return entry.header.kind == archives::TarKind::directory && jar.starts_with(path) &&
         jar[path.size()] == '/';
}

std::string libraries_folder(StageFiles& files, const std::string& folder,
                             const LayeredJar& options) {
  const std::string prefix = folder.empty() ? "" : folder + '/';
  for (const std::string_view name : {usual_libraries, other_libraries}) {
    if (folder.empty() && name == usual_libraries) continue;
    if (!files.has(prefix + std::string(name))) return std::string(name);
  }
  refuse(options,
         fmt::format("the image has both /{0}{1} and /{0}{2}", prefix, usual_libraries,
                     other_libraries),
         "start the jar from a folder of its own, as by WORKDIR /app");
}

// The files as a layer of the stage: with the folders above them, owned and readable as the jar
// was.
BuiltStep step_of(oci::LayerRecipe files, const dockerfile::Entry& jar,
                  const std::shared_ptr<const OpenJar>& opened, BuiltStage& stage) {
  dockerfile::Copied copied;
  std::map<std::string, oci::RecipeEntry> by_path;
  for (oci::RecipeEntry& file : files.entries) {
    dockerfile::Entry entry;
    entry.header = file.header;
    entry.header.mode = jar.header.mode & ~executable;
    entry.header.uid = jar.header.uid;
    entry.header.gid = jar.header.gid;
    dockerfile::add_parents(copied.entries, file.header.path, entry);
    copied.entries.emplace(file.header.path, std::move(entry));
    by_path.emplace(file.header.path, std::move(file));
  }
  BuiltStep step{.text = {}, .files = stage.files.take(std::move(copied))};
  auto recipe = std::make_shared<oci::LayerRecipe>();
  recipe->name = std::move(files.name);
  for (const auto& [path, entry] : step.files) {
    oci::RecipeEntry result{.header = entry.header};
    if (const auto file = by_path.find(path); file != by_path.end()) {
      result.identity = std::move(file->second.identity);
      result.read = [read = std::move(file->second.read), opened](const archives::Sink& sink) {
        read(sink);
        opened->require_unchanged();
      };
    }
    recipe->entries.push_back(std::move(result));
  }
  step.recipe = std::move(recipe);
  return step;
}

}  // namespace

std::optional<std::string> started_jar(const dockerfile::Config& config) {
  std::vector<std::string> command = config.entrypoint;
  if (is_shell_form(command) || (command.empty() && is_shell_form(config.cmd))) {
    const std::string line = command.empty() ? config.cmd[2] : command[2];
    command.clear();
    for (const std::string_view word : text::split(line, ' ')) command.emplace_back(word);
    std::erase(command, "");
  } else {
    command.insert(command.end(), config.cmd.begin(), config.cmd.end());
  }
  const auto flag = std::ranges::find(command, "-jar");
  if (flag == command.end() || std::next(flag) == command.end()) return std::nullopt;
  const std::string& jar = *std::next(flag);
  if (jar.find_first_of("$`\"'\\*?;&|<>") != std::string::npos) return std::nullopt;
  return (std::filesystem::path("/") / config.working_dir / jar).lexically_normal().string();
}

void layer_jar(BuiltStage& stage, const dockerfile::Config& config, const LayeredJar& options) {
  const auto jar = started_jar(config);
  if (!jar) {
    refuse(options, "its ENTRYPOINT and CMD start none",
           "write ENTRYPOINT [\"java\", \"-jar\", \"/app/app.jar\"], or leave --layered out");
  }
  const std::string path = place_of(stage, *jar);
  BuiltStep* const found = path.empty() ? nullptr : find_step(stage, path);
  if (found == nullptr) {
    refuse(options, fmt::format("no instruction copies {}, which it starts", *jar),
           "let ENTRYPOINT name the path that COPY writes, or leave --layered out");
  }
  const dockerfile::Entry entry = found->files.at(path);
  const auto opened = open_jar(entry, options);
  const auto slash = path.rfind('/');
  const bool at_root = slash == std::string::npos;
  ToolsPlace place{.folder = at_root ? "" : path.substr(0, slash),
                   .jar = at_root ? path : path.substr(slash + 1)};
  place.libraries = libraries_folder(stage.files, place.folder, options);

  std::vector<BuiltStep> steps;
  for (oci::LayerRecipe& files : tools_files(
           opened->zip, opened->jar, {.buckets = options.buckets, .tools = place}, options.stop)) {
    steps.push_back(step_of(std::move(files), entry, opened, stage));
    steps.back().text = fmt::format("{} # {}", found->text, steps.back().recipe->name);
  }
  opened->require_unchanged();
  // What else the instruction copied stays a layer.
  found->files.erase(path);
  const bool more = std::ranges::any_of(
      found->files, [&path](const auto& file) { return !is_above(file.second, path); });
  const auto at = stage.steps.begin() + (found - stage.steps.data());
  const auto behind = more ? std::next(at) : stage.steps.erase(at);
  stage.steps.insert(behind, std::make_move_iterator(steps.begin()),
                     std::make_move_iterator(steps.end()));
}

}  // namespace docker_push
