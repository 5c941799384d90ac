// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/caller.hpp"
#include "timing/clock.hpp"

namespace aws {

// A state that the service adds later reads as `unknown`.
enum class DeploymentStatus {
  created,
  queued,
  in_progress,
  baking,
  ready,
  succeeded,
  failed,
  stopped,
  unknown
};
std::string_view word(DeploymentStatus status);  // "InProgress"
bool is_final(DeploymentStatus status);          // succeeded, failed, stopped

// Of a target and of each of its lifecycle events.
enum class Progress { pending, in_progress, ready, succeeded, failed, skipped, unknown };
std::string_view word(Progress progress);

// An S3 revision; eTags are kept without quotes.
struct Revision {
  std::string bucket{};
  std::string key{};
  std::string bundle_type{"zip"};
  std::string version{};  // empty: whatever is newest
  std::string etag{};
  bool operator==(const Revision&) const = default;
};

struct Overview {
  int pending = 0;
  int in_progress = 0;
  int succeeded = 0;
  int failed = 0;
  int skipped = 0;
  int ready = 0;
  bool operator==(const Overview&) const = default;
};

struct Rollback {
  std::string deployment_id{};             // the deployment that rolls this one back
  std::string triggering_deployment_id{};  // set on a rollback: what it rolls back
  std::string message{};
};

// How a blue/green group goes through its phases.
struct BlueGreen {
  std::string ready_action{};        // CONTINUE_DEPLOYMENT, STOP_DEPLOYMENT
  std::string green_fleet_action{};  // COPY_AUTO_SCALING_GROUP, DISCOVER_EXISTING
  std::string blue_action{};         // TERMINATE, KEEP_ALIVE
  std::optional<std::chrono::minutes> ready_wait{};
  std::optional<std::chrono::minutes> blue_wait{};
};

struct Deployment {
  std::string id{};
  std::string application{};
  std::string group{};
  std::string config{};
  std::string description{};
  std::string creator{};  // "user", "codeDeployRollback", "autoscaling", …
  DeploymentStatus status = DeploymentStatus::unknown;
  Revision revision{};
  std::optional<Revision> previous_revision{};  // what a rollback would deploy
  std::string error_code{};
  std::string error_message{};
  std::optional<timing::SystemTime> created{};
  std::optional<timing::SystemTime> started{};
  std::optional<timing::SystemTime> completed{};
  std::optional<Overview> overview{};  // absent until the green fleet is there
  bool auto_rollback = false;
  Rollback rollback{};
  std::string type{};    // BLUE_GREEN, IN_PLACE
  std::string option{};  // WITH_TRAFFIC_CONTROL, WITHOUT_TRAFFIC_CONTROL
  BlueGreen blue_green{};
  std::vector<std::string> target_groups{};  // names
  bool termination_wait_started = false;     // traffic has shifted, blue is still there
};

struct Diagnostics {
  std::string error_code{};  // Success, ScriptFailed, ScriptTimedOut, …
  std::string script{};
  std::string message{};
  std::string log_tail{};  // at most 2 KiB, whole lines
};

struct LifecycleEvent {
  std::string name{};
  Progress status = Progress::unknown;
  std::optional<timing::SystemTime> started{};
  std::optional<timing::SystemTime> ended{};
  std::optional<Diagnostics> diagnostics{};
};

struct DeploymentTarget {
  std::string id{};     // the instance's
  std::string label{};  // Blue, Green; empty while unknown
  Progress status = Progress::unknown;
  std::optional<timing::SystemTime> updated{};
  std::vector<LifecycleEvent> events{};
};

struct DeploymentGroup {
  std::string application{};
  std::string name{};
  std::string id{};
  std::string config{};
  std::string type{};
  std::string option{};
  BlueGreen blue_green{};
  bool auto_rollback = false;
  std::vector<std::string> auto_rollback_events{};
  std::vector<std::string> auto_scaling_groups{};  // names
  std::vector<std::string> target_groups{};        // names
  std::string last_successful_deployment{};        // ids, empty when there is none
  std::string last_attempted_deployment{};
};

struct NewDeployment {
  std::string application{};
  std::string group{};
  Revision revision{};
  std::string config{};       // empty: the group's
  std::string description{};  // at most 256 characters
  std::string file_exists{};  // DISALLOW, OVERWRITE, RETAIN; empty: the service's default
};

struct DeploymentFilter {
  std::string application{};
  std::string group{};
  std::vector<DeploymentStatus> statuses{};  // empty: all
  std::optional<timing::SystemTime> created_since{};
};

struct StopAnswer {
  bool done = false;  // false: stopping, ask again
  std::string message{};
};

// The CodeDeploy API. What the service refuses throws refused with its words; unreachable,
// throttled or 5xx after retries throws unavailable, which a watcher may ignore for a while.
class CodeDeploy {
 public:
  explicit CodeDeploy(Caller& caller) : caller_(&caller) {}

  // The id. Never repeated by itself once it may have arrived: there is no idempotency token, so
  // after `unavailable` the deployment may exist. A refusal is the value.
  Answer<std::string> create_deployment(const NewDeployment& deployment);

  Deployment get_deployment(const std::string& id);

  // Ids of the instances taking part; empty while the deployment has not started, which the API
  // tells as an error.
  std::vector<std::string> list_deployment_targets(const std::string& id);

  // In the order of `targets`, as far as the service knows them; asks in lots of 25.
  std::vector<DeploymentTarget> get_deployment_targets(const std::string& id,
                                                       const std::vector<std::string>& targets);

  DeploymentGroup get_deployment_group(const std::string& application, const std::string& group);

  // Ids, newest first, at most 1'000.
  std::vector<std::string> list_deployments(const DeploymentFilter& filter);

  std::vector<Deployment> get_deployments(const std::vector<std::string>& ids);

  // With auto_rollback the service deploys the last good revision again.
  enum class AutoRollback { no, yes };
  StopAnswer stop_deployment(const std::string& id, AutoRollback rollback);

 private:
  json::Value call(std::string_view operation, const json::Value& input, std::string_view what);

  Caller* caller_;
};

// The body of CreateDeployment; what a dry run shows is what would be sent.
json::Value request_of(const NewDeployment& deployment);

}  // namespace aws
