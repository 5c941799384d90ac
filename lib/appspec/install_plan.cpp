// SPDX-License-Identifier: Apache-2.0
#include "appspec/install_plan.hpp"

#include <algorithm>

#include "appspec/plain_scalar.hpp"

namespace appspec {
namespace {

using yaml::Node;
using yaml::NodeKind;

class Planner {
 public:
  explicit Planner(const BundleIndex& index) : index_(index) {}

  void add(const Node& rule) {
    const auto* source = rule.find("source");
    const auto* destination = rule.find("destination");
    if (source == nullptr || destination == nullptr || source->kind != NodeKind::scalar ||
        destination->kind != NodeKind::scalar || !destination->text.starts_with('/')) {
      plan_.complete = false;
      return;
    }
    const auto from = plain_path(to_ruby_string(*source));
    const auto to = expanded(destination->text);
    const auto entry = index_.entries().find(from.path);
    if (!from.inside || (entry == index_.entries().end() && index_.find(from.path) == nullptr)) {
      plan_.complete = false;
      return;
    }
    add_destination(to);
    const bool link = entry != index_.entries().end() && entry->second.kind == FileKind::symlink;
    if (!link && index_.is_directory(from.path)) {
      add_folder(from.path, to, rule);
    } else {
      copy(from.path, joined(to, file_name_of(from.path)), rule);
    }
  }

  InstallPlan take() { return std::move(plan_); }

 private:
  static std::string joined(const std::string& folder, std::string_view name) {
    return (folder == "/" ? "" : folder) + "/" + std::string(name);
  }

  void add_destination(std::string path) {
    while (path.size() > 1) {
      plan_.destinations.insert(path);
      path.resize(std::max<std::size_t>(path.rfind('/'), 1));
    }
  }

  // A link to a folder inside is copied as a link; one on the way to the source was followed.
  void add_folder(const std::string& from, const std::string& to, const Node& rule) {
    const auto* folder = index_.find(from);
    make(to, rule, plan_.destinations.contains(to));
    for (const auto* file : index_.below(folder->path)) {
      const auto relative =
          std::string_view(file->path).substr(folder->path.empty() ? 0 : folder->path.size() + 1);
      const auto target = joined(to, relative);
      if (file->kind == FileKind::directory) {
        make(target, rule, false);
      } else {
        copy(file->path, target, rule);
      }
    }
  }

  void make(const std::string& target, const Node& rule, bool is_destination) {
    const auto copied = plan_.copies.find(target);
    if (copied != plan_.copies.end()) clash(target, *copied->second.rule, rule);
    if (!is_destination) plan_.folders.insert(target);
    made_.try_emplace(target, &rule);
  }

  void copy(const std::string& from, const std::string& target, const Node& rule) {
    const auto [copied, is_new] =
        plan_.copies.try_emplace(target, InstallTarget{.source = from, .rule = &rule});
    if (!is_new) clash(target, *copied->second.rule, rule);
    const auto made = made_.find(target);
    if (made != made_.end()) clash(target, *made->second, rule);
  }

  void clash(const std::string& target, const Node& earlier, const Node& later) {
    const bool told =
        std::any_of(plan_.clashes.begin(), plan_.clashes.end(), [&](const InstallClash& known) {
          return known.earlier == &earlier && known.later == &later;
        });
    if (!told) plan_.clashes.push_back({target, &earlier, &later});
  }

  const BundleIndex& index_;
  InstallPlan plan_;
  std::map<std::string, const Node*> made_;
};

}  // namespace

std::string expanded(std::string_view path) { return "/" + plain_path(path).path; }

InstallPlan install_plan(const Node& root, const BundleIndex& index) {
  Planner planner(index);
  const auto* files = root.find("files");
  if (files == nullptr || files->kind != NodeKind::list) return {};
  for (const auto& rule : files->items) planner.add(rule);
  return planner.take();
}

}  // namespace appspec
