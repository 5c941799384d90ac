// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "appspec/linter.hpp"

// A bundle in memory. A path that ends in "/" is a folder, a content "-> x" is a link to x.
class SampleBundle {
 public:
  SampleBundle() = default;
  explicit SampleBundle(std::map<std::string, std::string> files) : files_(std::move(files)) {}

  SampleBundle& mode(const std::string& path, unsigned mode) {
    modes_[path] = mode;
    return *this;
  }
  SampleBundle& set(const std::string& path, const std::string& text) {
    files_[path] = text;
    return *this;
  }
  const std::string& text(const std::string& path) const { return files_.at(path); }

  appspec::BundleView view() const {
    appspec::BundleView view;
    for (const auto& [path, text] : files_) {
      appspec::BundleFile file{.path = path, .size = text.size()};
      if (path.ends_with('/')) {
        file.path.pop_back();
        file.kind = appspec::FileKind::directory;
      } else if (text.starts_with("-> ")) {
        file.kind = appspec::FileKind::symlink;
        file.link_target = text.substr(3);
      }
      const bool script = path.ends_with(".sh");
      file.mode = modes_.contains(path) ? modes_.at(path) : script ? 0755U : 0644U;
      view.files.push_back(file);
    }
    view.read = [files = files_](const std::string& path, std::uint64_t) { return files.at(path); };
    return view;
  }

  appspec::LintReport lint(const appspec::LintOptions& options = {}) const {
    return appspec::lint(view(), options);
  }

  // The bundle after --fix.
  SampleBundle fixed() const {
    auto result = *this;
    for (auto& [path, edits] : appspec::edits_by_file(lint().findings)) {
      result.files_[path] = appspec::apply_edits(files_.at(path), edits);
    }
    return result;
  }

 private:
  std::map<std::string, std::string> files_;
  std::map<std::string, unsigned> modes_;
};

inline const std::string sample_script = "#!/usr/bin/env bash\nset -euo pipefail\necho done\n";

// Nothing to say about; `text` replaces its appspec.yml.
inline SampleBundle clean_bundle(const std::string& text = {}) {
  const std::string appspec =
      "version: 0.0\n"
      "os: linux\n"
      "files:\n"
      "  - source: app\n"
      "    destination: /srv/shop\n"
      "hooks:\n"
      "  ValidateService:\n"
      "    - location: scripts/check.sh\n"
      "      timeout: 60\n";
  return SampleBundle({{"appspec.yml", text.empty() ? appspec : text},
                       {"app/shop.conf", "port=8080\n"},
                       {"app/more/a.txt", "a\n"},
                       {"scripts/check.sh", sample_script}});
}

// The clean bundle's appspec with further lines at its end, or before its hooks.
inline std::string with_hook(const std::string& lines) {
  return clean_bundle().text("appspec.yml") + lines;
}
inline std::string with_top(const std::string& lines) {
  const auto text = clean_bundle().text("appspec.yml");
  const auto hooks = text.find("hooks:");
  return text.substr(0, hooks) + lines + text.substr(hooks);
}

inline std::set<std::string> rules_of(const appspec::LintReport& report) {
  std::set<std::string> ids;
  for (const auto& finding : report.findings) ids.insert(finding.rule);
  return ids;
}
