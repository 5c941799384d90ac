// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/evaluate.hpp"
#include "dockerfile/parser.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"

namespace build_folder {

// A build context in a folder of its own.
struct Folder {
  file::TempDir folder{"context"};
  dockerfile::BuildInput input{.context = folder.path(), .scratch = folder.path()};

  void add(const std::string& path, const std::string& content = "x", unsigned mode = 0644) {
    file::write_atomically(folder.path() / path, content, mode);
  }
  void add_all(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) add(path);
  }
  dockerfile::Plan plan(const std::string& text) const {
    return dockerfile::evaluate(dockerfile::parse(text), input);
  }
};

// Paths of what the target's steps put into the image, as a listing does: folders end in "/".
inline std::vector<std::string> listing(const dockerfile::Plan& plan) {
  std::vector<std::string> paths;
  for (const auto& [path, entry] : plan.target().files) {
    const bool is_folder = entry.header.kind == archives::TarKind::directory;
    paths.push_back(is_folder ? path + "/" : path);
  }
  return paths;
}

inline bool has_rule(const std::vector<dockerfile::Finding>& findings, std::string_view rule) {
  return std::any_of(findings.begin(), findings.end(),
                     [rule](const dockerfile::Finding& finding) { return finding.rule == rule; });
}

inline const dockerfile::Finding& finding(const std::vector<dockerfile::Finding>& findings,
                                          std::string_view rule) {
  return *std::find_if(findings.begin(), findings.end(),
                       [rule](const dockerfile::Finding& each) { return each.rule == rule; });
}

}  // namespace build_folder
