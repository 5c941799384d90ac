// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "file/temp_dir.hpp"
#include "json/value.hpp"
#include "process/child.hpp"
#include "support/tools.hpp"

namespace support {

struct SandboxOptions {
  int instances = 1;
  int time_scale = 60;
  std::vector<std::string> more{};  // further arguments of `deploy-sandbox up`
};

// A running deploy-sandbox with a folder of its own; `down` in the destructor.
class Sandbox {
 public:
  explicit Sandbox(const SandboxOptions& options = {});
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  ~Sandbox();

  // What `deploy-sandbox env` prints: endpoint, credentials, names.
  const std::map<std::string, std::string>& environment() const { return environment_; }
  // A member of what `up` printed: "api", "balancer", "registry", "event_log" …
  std::string endpoint(const std::string& name) const;
  const std::filesystem::path& folder() const { return folder_.path(); }

  // The event log so far, a value per line.
  std::vector<json::Value> events() const;

  // Runs one of our tools with the sandbox's environment.
  process::Captured run(const std::string& tool, ToolCall call) const;

  // Runs Debian's aws CLI against the sandbox; throws when it fails. Answers its stdout.
  std::string aws(std::vector<std::string> arguments) const;

 private:
  file::TempDir folder_;
  json::Value endpoints_;
  std::map<std::string, std::string> environment_;
};

// A workspace with a bundle folder "deploy" whose hooks start a small HTTP service on the instance
// (health and info documents like Spring Boot's), and a release record up to its image section.
class Workspace {
 public:
  struct Release {
    std::string version = "1.0.0";
    std::string commit = std::string(40, 'a');
    bool healthy = true;         // false: ValidateService finds it down and fails
    bool serves_health = true;   // false: hooks pass, the load balancer's check answers 503
    std::string digest = "sha256:" + std::string(64, '1');
  };

  Workspace();

  // Rewrites bundle and record for this release.
  void prepare(const Release& release) const;

  const std::filesystem::path& path() const { return folder_.path(); }
  std::filesystem::path record() const { return path() / ".stagecraft" / "release.json"; }
  json::Value record_document() const;

 private:
  file::TempDir folder_;
};

// Runs upload, trigger and wait-healthy for one release; answers the exit code of the first that
// failed, or 0.
int deploy(const Sandbox& sandbox, const Workspace& workspace, const Workspace::Release& release);

// GET over plain HTTP with curl; answers "status body".
std::string get(const std::string& url);

}  // namespace support
