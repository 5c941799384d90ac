// SPDX-License-Identifier: Apache-2.0
//
// What the sandbox's make-believe AWS account holds: plain values under one mutex.
//
// The APIs read and change them, the engine, the balancer's health checker and the scaling loop move
// them on. Whoever changes something calls World::changed.notify_all() and, for a transition that a
// person or a test may want to see, World::events.write(). Nobody holds the mutex across I/O.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/event_log.hpp"
#include "timing/clock.hpp"

namespace sandbox {

using timing::SystemTime;

struct S3Location {
  std::string bucket;
  std::string key;
  std::string bundle_type;  // zip | tar | tgz
  std::string version;      // empty: the newest
  std::string etag;         // without quotes; empty: not compared
  bool operator==(const S3Location&) const = default;
};

// ---- instances and scaling

enum class LifecycleState { pending, in_service, terminating, terminated };

struct Instance {
  std::string id;       // i- and 17 hex digits
  std::string address;  // its own loopback address; every instance uses the same application port
  std::string auto_scaling_group;
  std::filesystem::path root;  // its file system prefix, removed when it terminates
  LifecycleState state = LifecycleState::pending;
  bool healthy = true;  // Auto Scaling's HealthStatus
  SystemTime launched{};
};

struct AutoScalingGroup {
  std::string name;
  int minimum = 0;
  int maximum = 0;
  int desired = 0;
  std::string health_check_type = "EC2";  // EC2 | ELB
  std::set<std::string> target_groups;    // names
  std::set<std::string> suspended_processes;
  SystemTime created{};
};

// ---- load balancing

enum class TargetState { initial, healthy, unhealthy, draining, unused };

struct Target {
  std::string instance;
  int port = 0;
  TargetState state = TargetState::initial;
  std::string reason;       // e.g. Target.ResponseCodeMismatch; empty when healthy
  std::string description;  // e.g. Health checks failed with these codes: [503]
};

struct TargetGroup {
  std::string name;
  std::string arn;
  int port = 8080;
  std::string health_path = "/";
  std::chrono::seconds interval{30};
  std::chrono::seconds timeout{5};
  int healthy_threshold = 5;
  int unhealthy_threshold = 2;
  std::string matcher = "200";
  std::chrono::seconds deregistration_delay{300};
  std::map<std::string, Target> targets;  // by instance id
};

struct LoadBalancer {
  std::string name;
  std::string arn;
  std::string listener_arn;
  std::string dns_name;  // 127.0.0.1
  int port = 0;
  std::string target_group;  // its listener's default action
};

// ---- CodeDeploy

enum class DeploymentStatus { created, queued, in_progress, baking, succeeded, failed, stopped, ready };
enum class TargetStatus { pending, in_progress, succeeded, failed, skipped, unknown, ready };
enum class Label { blue, green };

struct Diagnostics {
  std::string error_code;  // Success, ScriptMissing, ScriptNotExecutable, ScriptTimedOut, ScriptFailed, UnknownError
  std::string script_name;
  std::string message;
  std::string log_tail;
};

struct LifecycleEvent {
  std::string name;
  TargetStatus status = TargetStatus::pending;  // pending, in_progress, succeeded, failed, skipped, unknown
  std::optional<SystemTime> started{};
  std::optional<SystemTime> ended{};
  std::optional<Diagnostics> diagnostics{};
};

struct DeploymentTarget {
  std::string instance;
  Label label = Label::green;
  TargetStatus status = TargetStatus::pending;
  SystemTime updated{};
  std::vector<LifecycleEvent> events{};
};

struct BlueGreen {
  std::string terminate_action = "TERMINATE";  // TERMINATE | KEEP_ALIVE
  std::chrono::minutes termination_wait{5};
  std::string ready_action = "CONTINUE_DEPLOYMENT";  // CONTINUE_DEPLOYMENT | STOP_DEPLOYMENT
  std::chrono::minutes ready_wait{0};
  std::string provisioning = "COPY_AUTO_SCALING_GROUP";
};

struct AutoRollback {
  bool enabled = false;
  std::set<std::string> events;  // DEPLOYMENT_FAILURE, DEPLOYMENT_STOP_ON_REQUEST, …
};

struct ErrorInformation {
  std::string code;  // HEALTH_CONSTRAINTS, …
  std::string message;
};

struct RollbackInfo {
  std::string rollback_deployment;
  std::string triggering_deployment;
  std::string message;
};

struct Deployment {
  std::string id;  // d- and 9 of [A-Z0-9]
  std::string application;
  std::string group;
  std::string config = "CodeDeployDefault.AllAtOnce";
  std::string description;
  S3Location revision;
  std::optional<S3Location> previous_revision;
  DeploymentStatus status = DeploymentStatus::created;
  std::string creator = "user";  // user | codeDeployRollback
  std::optional<ErrorInformation> error;
  std::optional<RollbackInfo> rollback;
  AutoRollback auto_rollback;
  BlueGreen blue_green;
  std::string file_exists = "DISALLOW";
  bool ignore_application_stop_failures = false;
  std::vector<DeploymentTarget> targets;
  bool rerouted = false;     // green was registered, so a rollback has traffic to move back
  bool provisioned = false;  // deploymentOverview and targets are shown from then on
  bool termination_wait_started = false;
  std::string status_message;
  SystemTime created{};
  std::optional<SystemTime> started;
  std::optional<SystemTime> completed;
  // What an API call asked of the engine, which answers by moving the deployment on.
  bool stop_requested = false;
  std::optional<bool> stop_with_rollback;
  bool continue_requested = false;        // READY_WAIT
  bool skip_termination_requested = false;  // TERMINATION_WAIT
};

struct DeploymentGroup {
  std::string id;  // uuid
  std::string application;
  std::string name;
  std::string config = "CodeDeployDefault.AllAtOnce";
  std::string service_role = "arn:aws:iam::000000000000:role/stagecraft-sandbox";
  std::string deployment_type = "BLUE_GREEN";
  std::string deployment_option = "WITH_TRAFFIC_CONTROL";
  std::string auto_scaling_group;
  std::string target_group;  // name
  AutoRollback auto_rollback;
  BlueGreen blue_green;
  std::optional<S3Location> target_revision;
  std::string last_successful;  // deployment ids; empty before the first
  std::string last_attempted;
};

struct Revision {
  S3Location location;
  std::string description{};
  SystemTime registered{};
};

struct Application {
  std::string id;
  std::string name;
  SystemTime created{};
  std::map<std::string, DeploymentGroup> groups;
  std::vector<Revision> revisions;
};

// How many instances must stay healthy while others are installed.
struct DeploymentConfig {
  std::string id;
  std::string name;
  std::string type;  // HOST_COUNT | FLEET_PERCENT
  int value = 0;
  SystemTime created{};
};

struct Account {
  std::map<std::string, Application> applications;
  std::map<std::string, DeploymentConfig> deployment_configs;  // own ones; not CodeDeployDefault.*
  std::map<std::string, Deployment> deployments;  // by id
  std::map<std::string, AutoScalingGroup> auto_scaling_groups;
  std::map<std::string, Instance> instances;  // by id; terminated ones stay, to be described
  std::map<std::string, TargetGroup> target_groups;
  LoadBalancer load_balancer;
};

struct World {
  World(timing::Clock& the_clock, EventLog& the_events) : clock(the_clock), events(the_events) {}

  std::mutex mutex;                     // guards account
  std::condition_variable_any changed;  // a request or a transition happened
  Account account;
  timing::Clock& clock;
  EventLog& events;
  std::string region = "us-east-1";
  std::string account_id = "000000000000";
};

// True while a deployment keeps its group busy (Created, Queued, InProgress, Baking, Ready).
bool is_active(DeploymentStatus status);

// The names that the APIs show: "InProgress", "Green", "InService", "healthy".
std::string_view name_of(DeploymentStatus status);
std::string_view name_of(TargetStatus status);
std::string_view name_of(Label label);
std::string_view name_of(LifecycleState state);
std::string_view name_of(TargetState state);

}  // namespace sandbox
