// SPDX-License-Identifier: Apache-2.0
#include "build-jar/build_jar.hpp"

#include <fmt/core.h>

#include <filesystem>

#include "base/error.hpp"
#include "build-jar/build_environment.hpp"
#include "build-jar/build_run.hpp"
#include "build-jar/build_tool.hpp"
#include "build-jar/jar_choice.hpp"
#include "build-jar/jar_facts.hpp"
#include "build-jar/jdk.hpp"
#include "ci/context.hpp"
#include "git/checkout.hpp"
#include "logging/log.hpp"
#include "process/environment.hpp"
#include "release/record.hpp"
#include "text/human.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace build_jar {
namespace {

namespace fs = std::filesystem;

struct Plan {
  BuildTool tool{};
  Jdk java{};
  git::Checkout source{};
  std::string branch{};
  BuildCall call{};
};

void require_same_commit(const git::Checkout& source, const ci::Context& build) {
  if (build.commit.empty() || build.commit == source.commit) return;
  throw base::Error(base::Kind::integrity,
                    fmt::format("HEAD of {} is {}, GIT_COMMIT is {}", source.work_tree.string(),
                                source.commit, build.commit),
                    "check that commit out, or unset GIT_COMMIT when it is another repository's");
}

void tell(const Plan& plan) {
  const auto& source = plan.source;
  logging::info("commit {} ({}), version {}, JDK {}", source.commit,
                plan.branch.empty() ? "detached" : plan.branch, source.version, plan.java.version);
  if (source.dirty) {
    logging::warning("{} has uncommitted changes: the jar is not what its commit says",
                     source.work_tree.string());
  }
  if (source.shallow) {
    logging::warning("{} is a shallow clone: its version cannot be counted from tags",
                     source.work_tree.string());
  }
}

Plan plan_of(const BuildJarOptions& options, const fs::path& project) {
  const auto environment = process::own_environment();
  const auto build = ci::context(environment);
  Plan plan;
  plan.tool = tool_of(project, options.tool);
  plan.java = jdk(environment);
  if (!plan.java.has_compiler && plan.tool == BuildTool::maven) {
    throw base::Error(
        base::Kind::environment,
        fmt::format("build {}: Java {} has no javac", project.string(), plan.java.version),
        "apt-get install openjdk-17-jdk-headless, or let JAVA_HOME name a JDK");
  }
  plan.source = git::checkout(project, environment);
  plan.branch = build.branch.empty() ? plan.source.branch : build.branch;
  require_same_commit(plan.source, build);
  plan.call = {.argv = command_line(plan.tool, {.project = project,
                                                .work_tree = plan.source.work_tree,
                                                .skip_tests = options.skip_tests,
                                                .offline = options.offline,
                                                .arguments = options.arguments}),
               .environment = build_environment(process::all_environment_variables(),
                                                options.passed_variables, plan.source.commit_time),
               .directory = project,
               .limit = options.timeout};
  return plan;
}

// A path as one would type it here.
std::string shown(const fs::path& path) {
  const auto near = fs::proximate(path).string();
  return near.starts_with("../") ? path.string() : near;
}

cli::Result dry_run(const Plan& plan, const BuildJarOptions& options, const fs::path& project) {
  const auto line = text::join(plan.call.argv, " ");
  const auto where =
      options.jar.empty() ? std::string("target/*.jar and build/libs/*.jar") : options.jar;
  logging::info("would run in {}, then look for the one boot jar among {}", project.string(),
                where);
  json::Value argv{json::Array{}};
  for (const auto& word : plan.call.argv) argv.push_back(word);
  json::Value variables{json::Array{}};
  for (const auto& [name, value] : plan.call.environment) variables.push_back(name);
  return {.text = line,
          .json = json::object({{"argv", argv},
                                {"directory", project.string()},
                                {"environment", variables},
                                {"looks_for", where},
                                {"commit", plan.source.commit}})};
}

fs::path pick(const BuildJarOptions& options, const fs::path& project, const Outputs& before,
              const BuildEnd& end) {
  const auto found = candidates(before, outputs(project, options.jar));
  for (const auto& line : explain(found, project)) logging::info("{}", line);
  return choose(found,
                {.old_is_current = end.boot_jar_is_current, .pattern_given = !options.jar.empty()})
      .path;
}

// A pull in the middle of a build makes the jar a mix of two commits.
void require_head_stayed(const Plan& plan, const fs::path& project) {
  const auto now = git::checkout(project, process::own_environment());
  if (now.commit == plan.source.commit) return;
  throw base::Error(base::Kind::integrity,
                    fmt::format("HEAD of {} moved from {} to {} during the build",
                                now.work_tree.string(), plan.source.commit, now.commit),
                    "build again");
}

json::Value source_section(const Plan& plan, const ci::Context& build) {
  return json::object({{"repo", plan.source.remote},
                       {"commit", plan.source.commit},
                       {"commit_time", plan.source.commit_time},
                       {"branch", plan.branch},
                       {"version", plan.source.version},
                       {"dirty", plan.source.dirty},
                       {"shallow", plan.source.shallow},
                       {"build_tag", build.build_tag}});
}

json::Value jar_section(const JarFacts& facts, const std::string& path, const std::string& version,
                        json::Value build) {
  return json::object({{"path", path},
                       {"size", facts.size},
                       {"sha256", facts.sha256},
                       {"version", version},
                       {"boot_version", facts.boot.boot_version},
                       {"start_class", facts.boot.start_class},
                       {"java_version", facts.boot.java_version},
                       {"build", std::move(build)}});
}

}  // namespace

cli::Result build_jar(const BuildJarOptions& options, const cli::Context& context) {
  const auto project = fs::weakly_canonical(options.project);
  const auto plan = plan_of(options, project);
  tell(plan);
  if (context.dry_run) return dry_run(plan, options, project);

  const auto before = outputs(project, options.jar);
  const auto started = context.clock.now();
  const auto start = context.clock.steady_now();
  logging::info("run {}", text::join(plan.call.argv, " "));
  const auto end = run_build(plan.call, context.clock, context.stop);
  const auto ended = context.clock.now();
  logging::info("built in {}",
                text::human_duration(std::chrono::duration_cast<std::chrono::milliseconds>(
                    context.clock.steady_now() - start)));

  const auto jar = pick(options, project, before, end);
  const auto facts = jar_facts(jar);
  require_commit(facts, plan.source.commit, jar);
  require_head_stayed(plan, project);
  const auto version = facts.version.empty() ? plan.source.version : facts.version;

  const auto section = jar_section(facts, release::stored_path(context.release, jar), version,
                                   json::object({{"tool", word(plan.tool)},
                                                 {"jdk", plan.java.version},
                                                 {"started", timing::rfc3339(started)},
                                                 {"ended", timing::rfc3339(ended)}}));
  release::begin(context.release, source_section(plan, ci::context(process::own_environment())),
                 section);
  logging::info("took {}, {}, sha256 {}, version {}, Spring Boot {}, Java {}", shown(jar),
                text::human_size(facts.size), facts.sha256, version, facts.boot.boot_version,
                facts.boot.java_version);
  auto json = section;
  json.set("path", shown(jar));
  json.set("commit", plan.source.commit);
  return {.text = shown(jar), .json = json};
}

}  // namespace build_jar
