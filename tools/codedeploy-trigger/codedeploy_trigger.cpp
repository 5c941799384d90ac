// SPDX-License-Identifier: Apache-2.0
#include "codedeploy-trigger/codedeploy_trigger.hpp"

#include <fmt/core.h>

#include <optional>
#include <utility>

#include "aws/caller.hpp"
#include "aws/codedeploy.hpp"
#include "base/error.hpp"
#include "ci/context.hpp"
#include "codedeploy-trigger/description.hpp"
#include "crypto/sha256.hpp"
#include "http/client.hpp"
#include "logging/log.hpp"
#include "process/environment.hpp"
#include "release/record.hpp"

namespace codedeploy_trigger {
namespace {

constexpr std::chrono::minutes clock_difference{5};  // between this machine and the service

aws::Revision revision_of(const json::Field& bundle) {
  return {.bucket = bundle["bucket"].string(),
          .key = bundle["key"].string(),
          // Records from before bundles had a type hold zips.
          .bundle_type = bundle["type"].maybe_string().value_or("zip"),
          .version = bundle["version_id"].maybe_string().value_or(""),
          .etag = bundle["etag"].string()};
}

Origin origin_of(const release::Record& record, const process::Environment& environment) {
  const auto build = ci::context(environment);
  const auto source = record.section("source");
  return {.build_tag = build.build_tag,
          .build_number = build.build_number,
          .commit = source["commit"].string(),
          .version = source["version"].maybe_string().value_or("")};
}

std::string place_of(const aws::NewDeployment& deployment) {
  return fmt::format("group {} of {}", deployment.group, deployment.application);
}

// The group's running deployment: named by the refusal, else by the list.
std::string active_deployment(aws::CodeDeploy& codedeploy, const aws::NewDeployment& deployment,
                              const aws::Failure& failure) {
  auto named = find_deployment_id(failure.message);
  if (!named.empty()) return named;
  using enum aws::DeploymentStatus;
  const auto ids =
      codedeploy.list_deployments({.application = deployment.application,
                                   .group = deployment.group,
                                   .statuses = {created, queued, in_progress, ready, baking}});
  return ids.empty() ? std::string() : ids.front();
}

base::Error busy(const std::string& active, const aws::NewDeployment& deployment,
                 const aws::Failure& failure) {
  const auto shown = active.empty() ? std::string("one") : active;
  return {base::Kind::conflict,
          fmt::format("create a deployment in {}: {} is still active: {}", place_of(deployment),
                      shown, failure.message),
          active.empty() ? "wait until it is over"
                         : fmt::format("wait until it is over, or end it: aws deploy "
                                       "stop-deployment --deployment-id {}",
                                       active)};
}

// A deployment with exactly our description, which no other call can have.
std::optional<std::string> find_ours(aws::CodeDeploy& codedeploy,
                                     const aws::NewDeployment& deployment,
                                     timing::SystemTime asked_at) {
  const auto ids = codedeploy.list_deployments({.application = deployment.application,
                                                .group = deployment.group,
                                                .created_since = asked_at - clock_difference});
  for (const auto& each : codedeploy.get_deployments(ids)) {
    if (each.description == deployment.description) return each.id;
  }
  return std::nullopt;
}

// After an attempt whose outcome nobody told us: the deployment may run all the same.
std::string adopt_or_throw(aws::CodeDeploy& codedeploy, const aws::NewDeployment& deployment,
                           timing::SystemTime asked_at, const base::Error& why) {
  std::string outcome;
  try {
    if (auto id = find_ours(codedeploy, deployment, asked_at)) {
      logging::warning("{}; but it was created", why.what());
      return *id;
    }
    outcome = "no such deployment is there";
  } catch (const base::Error& error) {
    outcome = fmt::format("whether it was created is unknown ({})", error.what());
  }
  throw base::Error(base::Kind::unavailable, fmt::format("{}; {}", why.what(), outcome),
                    "run it again; should the deployment be there after all, the group is busy and "
                    "it is named");
}

std::string create(aws::CodeDeploy& codedeploy, const aws::NewDeployment& deployment,
                   timing::SystemTime now) {
  const auto what = fmt::format("create a deployment in {}", place_of(deployment));
  std::optional<aws::Answer<std::string>> answer;
  std::optional<base::Error> doubt;
  try {
    answer = codedeploy.create_deployment(deployment);
  } catch (const base::Error& error) {
    doubt = error.within(what);
    if (error.kind() != base::Kind::unavailable) throw *doubt;
  }
  if (answer) {
    if (auto* id = std::get_if<std::string>(&*answer)) return std::move(*id);
    const auto& failure = std::get<aws::Failure>(*answer);
    if (failure.code == "DeploymentLimitExceededException") {
      throw busy(active_deployment(codedeploy, deployment, failure), deployment, failure);
    }
    doubt = aws::error_of(failure, what);
    if (failure.status < 500) throw *doubt;
  }
  return adopt_or_throw(codedeploy, deployment, now, *doubt);
}

json::Value section_of(const aws::NewDeployment& deployment, const std::string& id) {
  const auto& revision = deployment.revision;
  auto stored = json::object(
      {{"bucket", revision.bucket}, {"key", revision.key}, {"bundle_type", revision.bundle_type}});
  if (!revision.version.empty()) stored.set("version", revision.version);
  stored.set("etag", revision.etag);
  return json::object({{"application", deployment.application},
                       {"group", deployment.group},
                       {"deployment_id", id},
                       {"revision", std::move(stored)}});
}

cli::Result plan(const aws::NewDeployment& deployment) {
  auto request = aws::request_of(deployment);
  auto text = json::write_pretty(request);
  text.pop_back();  // the final line break is the printer's
  return {.text = std::move(text),
          .json = json::object({{"dry_run", true}, {"request", std::move(request)}})};
}

void extend(const release::Record& record, const json::Value& section, const std::string& id) {
  try {
    record.extend("deployment", section);
  } catch (const base::Error& error) {
    throw error.within(fmt::format("deployment {} runs, but is not recorded", id));
  }
}

}  // namespace

cli::Result trigger(const TriggerOptions& options, const cli::Context& context) {
  const auto environment = process::own_environment();
  const auto record = release::Record::open(context.release, release::stamp_of(environment));
  aws::NewDeployment deployment{.application = options.application,
                                .group = options.group,
                                .revision = revision_of(record.section("bundle")),
                                .config = options.config,
                                .file_exists = options.file_exists};
  deployment.description = describe(deployment, origin_of(record, environment), options.description,
                                    crypto::random_hex(4));
  if (deployment.revision.version.empty()) {
    logging::warning(
        "the bundle has no version id: instances that start later get whatever is "
        "newest at {}",
        deployment.revision.key);
  }

  const auto session = aws::open_session(options.aws, environment, context.clock, context.stop);
  http::Client client(context.clock, context.stop, aws::client_options(session));
  aws::Caller caller(client, session);
  aws::CodeDeploy codedeploy(caller);

  // Wrong names, credentials and addresses come out here, before the one call that must not be
  // repeated blindly.
  const auto group = codedeploy.get_deployment_group(options.application, options.group);
  logging::debug("group {}: {} {}", group.name, group.type, group.option);
  if (context.dry_run) return plan(deployment);

  const auto id = create(codedeploy, deployment, context.clock.now());
  // From here on the deployment runs, whatever happens to us.
  logging::info("created deployment {} in {}", id, place_of(deployment));
  const auto section = section_of(deployment, id);
  extend(record, section, id);
  return {.text = id, .json = section};
}

}  // namespace codedeploy_trigger
