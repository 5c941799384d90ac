// SPDX-License-Identifier: Apache-2.0
//
// S04: images are named by digest. A deployment that is rolled back is the old bundle run again,
// and a host that joins later runs it for the first time: a tag means something else by then.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "appspec/docker_call.hpp"
#include "appspec/lint_context.hpp"
#include "text/split.hpp"

namespace appspec {
namespace {

enum class Pinned { yes, unknown, tag, no_tag };

// "$IMAGE" may be anything; "$IMAGE:1.2" and "shop/$NAME:$TAG" are tags, whatever the variables
// hold.
Pinned pinned(std::string_view image) {
  if (image.empty() || image.find('@') != std::string_view::npos) return Pinned::yes;
  std::string bare;  // variables become a mark that is no part of a name
  for (std::size_t i = 0; i < image.size(); ++i) {
    if (image[i] != '$' && image[i] != '`') {
      bare += image[i];
      continue;
    }
    bare += '\1';
    const char opening = i + 1 < image.size() ? image[i + 1] : '\0';
    if (image[i] == '`') {
      i = std::min(image.find('`', i + 1), image.size() - 1);
    } else if (opening == '{' || opening == '(') {
      i = std::min(image.find(opening == '{' ? '}' : ')', i), image.size() - 1);
    } else {
      const auto is_part = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
      };
      while (i + 1 < image.size() && is_part(image[i + 1])) ++i;
    }
  }
  const auto last = std::string_view(bare).substr(bare.rfind('/') + 1);
  if (last.find(':') != std::string_view::npos) return Pinned::tag;
  return last.find('\1') == std::string_view::npos ? Pinned::no_tag : Pinned::unknown;
}

// The name without tag and digest.
std::string_view repository_of(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const auto colon = image.rfind(':');
  const auto slash = image.rfind('/');
  const bool tagged =
      colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  return tagged ? image.substr(0, colon) : image;
}

// Plain values that a script gives to its variables: NAME=value, export NAME=value.
std::map<std::string, std::string> values_of(const ShellScript& script) {
  static const std::set<std::string_view> declaring{"export", "readonly", "local", "declare",
                                                    "typeset"};
  std::map<std::string, std::string> values;
  const auto take = [&](std::string_view word) {
    const auto parts = text::cut(word, "=");
    if (!parts) return;
    const auto [known, is_new] = values.try_emplace(std::string(parts->first), parts->second);
    if (!is_new && known->second != parts->second) known->second.clear();  // it depends
  };
  for (const auto& command : script.commands) {
    for (const auto& word : command.assignments) take(word.text);
    if (command.words.empty() || !declaring.contains(command.words[0].text)) continue;
    for (const auto& word : command.words) take(word.text);
  }
  return values;
}

std::string resolved(const std::string& image, const std::map<std::string, std::string>& values) {
  std::string_view name = image;
  if (!name.starts_with('$')) return image;
  name.remove_prefix(1);
  if (name.starts_with('{') && name.ends_with('}')) name = name.substr(1, name.size() - 2);
  const auto found = values.find(std::string(name));
  return found == values.end() || found->second.empty() ? image : found->second;
}

// Names that hooks give to images on the host itself: those are not fetched from anywhere.
struct LocalImages {
  std::set<std::string> names{};
  bool any = false;  // `docker load` brings names that cannot be known here
};

LocalImages local_images(LintContext& context, const std::vector<HookScript>& scripts) {
  LocalImages local;
  for (const auto& hook : scripts) {
    const auto* script = context.find_script(hook.path);
    if (script == nullptr) continue;
    for (const auto& command : script->commands) {
      const auto call = find_docker_call(command);
      if (!call) continue;
      const auto& words = call->arguments;
      local.any = local.any || call->verb == "load" || call->verb == "import";
      if (call->verb == "tag" && words.size() >= 2) local.names.insert(words[1].text);
      if (call->verb != "build" && call->verb != "buildx build") continue;
      for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (words[i].text == "-t" || words[i].text == "--tag")
          local.names.insert(words[i + 1].text);
      }
    }
  }
  return local;
}

Remark remark_of(const std::string& image, Pinned how, std::string_view where) {
  const bool tag = how == Pinned::tag;
  return {
      .rule = "S04",
      .message = tag ? fmt::format("{} {} is named by a tag", where, image)
                     : fmt::format("{} {} has no digest, which means :latest", where, image),
      .agent = "runs it; a rollback and a host that joins later fetch what the tag means by then",
      .fix = fmt::format("name it by digest, {}@sha256:…, or use $IMAGE of release.env",
                         repository_of(image))};
}

void lint_script_images(LintContext& context, const ShellScript& script, const LocalImages& local) {
  const auto values = values_of(script);
  std::set<std::string> told;
  for (const auto& command : script.commands) {
    const auto call = find_docker_call(command);
    if (!call) continue;
    for (const auto& word : call->images) {
      const auto image = resolved(word.text, values);
      const auto how = pinned(image);
      const bool here = call->verb != "pull" && (local.any || local.names.contains(image) ||
                                                 local.names.contains(word.text));
      if (how == Pinned::yes || how == Pinned::unknown || here) continue;
      if (!told.insert(image).second) continue;
      context.add(script.source, word.offset, remark_of(image, how, "the image"));
    }
  }
}

bool is_env_file(std::string_view path) {
  const auto name = file_name_of(path);
  return name.ends_with(".env") || name.starts_with(".env.");
}

bool is_image_variable(std::string_view name) {
  return name == "IMAGE" || name.ends_with("_IMAGE") || name.ends_with("IMAGE_REF") ||
         name.ends_with("IMAGE_URI");
}

void lint_env_file(LintContext& context, const BundleFile& file) {
  auto bytes = context.find_text(file);
  if (!bytes || bytes->find('\0') != std::string::npos) return;
  const SourceText source(file.path, std::move(*bytes));
  for (const auto line : text::lines(source.text())) {
    auto assignment = text::trim(line);
    if (assignment.starts_with("export ")) assignment = text::trim(assignment.substr(7));
    const auto parts = text::cut(assignment, "=");
    if (!parts || !is_image_variable(parts->first)) continue;
    auto value = parts->second;
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
        value.back() == value.front()) {
      value = value.substr(1, value.size() - 2);
    }
    const std::string image(value);
    const auto how = pinned(image);
    if (how == Pinned::yes || how == Pinned::unknown) continue;
    const auto offset = static_cast<std::size_t>(parts->second.data() - source.text().data());
    context.add(source, offset, remark_of(image, how, std::string(parts->first)));
  }
}

// "compose.yaml", "docker-compose.yml" and their overrides: "docker-compose.prod.yml".
bool is_compose_file(std::string_view path) {
  auto name = file_name_of(path);
  if (!name.ends_with(".yml") && !name.ends_with(".yaml")) return false;
  if (name.starts_with("docker-")) name.remove_prefix(7);
  return name.substr(0, name.find('.')) == "compose";
}

// Services that compose builds itself only give their image a name. Aliases are not followed: what
// they stand for is judged where it is written, if it is a service.
void lint_compose_file(LintContext& context, const BundleFile& file, const LocalImages& local) {
  auto bytes = context.find_text(file);
  if (!bytes) return;
  const SourceText source(file.path, std::move(*bytes));
  const auto document = yaml::read(source.text());
  const auto* services = document.root.find("services");
  if (services == nullptr) return;
  for (const auto& [name, service] : services->members) {
    const auto* image = service.find("image");
    if (image == nullptr || image->kind != yaml::NodeKind::scalar) continue;
    if (service.find("build") != nullptr || local.any || local.names.contains(image->text))
      continue;
    const auto how = pinned(image->text);
    if (how == Pinned::yes || how == Pinned::unknown) continue;
    context.add(source, image->place.offset,
                remark_of(image->text, how, fmt::format("service {}: the image", name)));
  }
}

}  // namespace

void lint_images(LintContext& context, const std::vector<HookScript>& scripts) {
  const auto local = local_images(context, scripts);
  std::set<std::string> seen;
  for (const auto& hook : scripts) {
    if (!seen.insert(hook.path).second) continue;
    if (const auto* script = context.find_script(hook.path)) {
      lint_script_images(context, *script, local);
    }
  }
  for (const auto& [path, file] : context.index.entries()) {
    if (file.kind != FileKind::regular) continue;
    if (is_env_file(path)) lint_env_file(context, file);
    if (is_compose_file(path)) lint_compose_file(context, file, local);
  }
}

}  // namespace appspec
