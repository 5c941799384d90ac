// SPDX-License-Identifier: Apache-2.0
#include "build-jar/options.hpp"

#include <CLI/CLI.hpp>

#include "build-jar/build_jar.hpp"
#include "cli/duration.hpp"
#include "text/human.hpp"

namespace build_jar {
namespace {

// As typed; what is typed becomes BuildJarOptions once all sources were asked.
struct Typed {
  BuildJarOptions options{};
  std::string tool = "auto";
  std::string timeout = "30m";
};

void declare(cli::Options& options, Typed& typed) {
  auto& app = options.app();
  auto& values = typed.options;
  constexpr auto group = "Build";
  options.mark(app.add_option("--project", values.project, "Folder of pom.xml or build.gradle")
                   ->type_name("DIR")
                   ->capture_default_str()
                   ->group(group),
               {});
  options.mark(app.add_option("--tool", typed.tool, "Build tool: auto, maven or gradle")
                   ->type_name("NAME")
                   ->check(CLI::IsMember({"auto", "maven", "gradle"}))
                   ->capture_default_str()
                   ->group(group),
               {});
  options.mark(app.add_flag("--skip-tests", values.skip_tests, "Build without running the tests")
                   ->group(group),
               {});
  options.mark(
      app.add_flag("--offline", values.offline, "Use cached dependencies only")->group(group), {});
  options.mark(app.add_option("--jar", values.jar, "Which boot jar, when there are several")
                   ->type_name("GLOB")
                   ->group(group),
               {});
  options.mark(app.add_option("--timeout", typed.timeout, "End a build that takes longer")
                   ->type_name("TIME")
                   ->check([](const std::string& input) { return cli::refuse_no_duration(input, "30m"); })
                   ->capture_default_str()
                   ->group(group),
               {});
  // Trusted: a file of the workspace must not hand credentials to the workspace's own build.
  options.mark(app.add_option("--env-pass", values.passed_variables,
                              "Environment variable the build may see")
                   ->type_name("NAME")
                   ->expected(1)
                   ->take_all()
                   ->group(group),
               {.trusted = true});
  app.add_option("arguments", values.arguments, "Further arguments of the build tool, after --")
      ->type_name("ARG")
      ->group(group);
}

}  // namespace

cli::Tool tool() {
  const auto typed = std::make_shared<Typed>();
  return {
      .name = "build-jar",
      .summary = "Build the project's Spring Boot jar, check it and start the release record",
      .examples = {"build-jar --project services/shop",
                   "build-jar --skip-tests --offline --timeout 10m",
                   "build-jar --jar 'app/build/libs/*.jar' --env-pass NEXUS_TOKEN -- -Pprod",
                   "build-jar --project jenkins/example-app --dry-run"},
      .declare = [typed](cli::Options& options) { declare(options, *typed); },
      .step =
          [typed](const cli::Context& context) {
            auto options = typed->options;
            options.tool = find_build_tool(typed->tool);
            options.timeout = *text::find_duration(typed->timeout);
            return build_jar(options, context);
          }};
}

}  // namespace build_jar
