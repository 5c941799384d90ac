// SPDX-License-Identifier: Apache-2.0
#include "wait-healthy/options.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/duration.hpp"
#include "http/url.hpp"
#include "options/aws_options.hpp"
#include "text/human.hpp"
#include "wait-healthy/wait_healthy.hpp"

namespace wait_healthy {
namespace {

constexpr std::chrono::milliseconds shortest_interval{500};

// As typed; what is typed becomes WaitHealthyOptions once all sources were asked.
struct Typed {
  WaitHealthyOptions options{};
  std::string until = "complete";
  std::string timeout = "15m";
  std::string interval = "5s";
  std::string version_from{};
};

std::string refuse_short_interval(const std::string& input) {
  const auto interval = text::find_duration(input);
  if (!interval) return cli::refuse_no_duration(input);
  return *interval >= shortest_interval ? "" : "'" + input + "' is shorter than 500ms";
}

void declare(cli::Options& options, Typed& typed) {
  auto& app = options.app();
  auto& values = typed.options;
  constexpr auto group = "Watch";
  options.mark(app.add_option("--deployment-id", values.deployment_id,
                              "Deployment to watch (the release record's)")
                   ->type_name("ID")
                   ->group(group),
               {});
  options.mark(app.add_option("--until", typed.until, "Milestone: complete or traffic-shifted")
                   ->type_name("WHEN")
                   ->check(CLI::IsMember({"complete", "traffic-shifted"}))
                   ->capture_default_str()
                   ->group(group),
               {});
  options.mark(app.add_option("--timeout", typed.timeout, "Give up after this time")
                   ->type_name("TIME")
                   ->check([](const std::string& input) { return cli::refuse_no_duration(input); })
                   ->capture_default_str()
                   ->group(group),
               {});
  options.mark(app.add_option("--interval", typed.interval, "Time between two readings")
                   ->type_name("TIME")
                   ->check(refuse_short_interval)
                   ->capture_default_str()
                   ->group(group),
               {});
  options.mark(app.add_option("--url", values.url, "Service address; URL/actuator/info is asked")
                   ->type_name("URL")
                   ->group(group),
               {.env = "STAGECRAFT_URL"});
  options.mark(app.add_option("--version-from", typed.version_from,
                              "json:/POINTER or header:NAME of the info answer")
                   ->type_name("WHERE")
                   ->group(group),
               {});
  options::declare_aws(options, values.aws);
}

WaitHealthyOptions options_of(const Typed& typed) {
  auto options = typed.options;
  options.until = typed.until == "complete" ? Until::complete : Until::traffic_shifted;
  options.timeout = *text::find_duration(typed.timeout);
  options.interval = *text::find_duration(typed.interval);
  if (!typed.version_from.empty()) {
    options.version_sources = {parse_version_source(typed.version_from)};
  }
  if (!options.url.empty()) http::parse_url(options.url);  // a bad address is a usage error, now
  return options;
}

}  // namespace

cli::Tool tool() {
  const auto typed = std::make_shared<Typed>();
  return {.name = "wait-healthy",
          .summary = "Follow a deployment until its fleet is healthy and answers as the release",
          .examples = {"wait-healthy --url https://shop.example.com",
                       "wait-healthy --until traffic-shifted --timeout 30m --interval 10s",
                       "wait-healthy --deployment-id d-ABC123XYZ --region eu-central-1 --dry-run",
                       "eval \"$(deploy-sandbox env)\" && wait-healthy --interval 1s"},
          .declare = [typed](cli::Options& options) { declare(options, *typed); },
          .step =
              [typed](const cli::Context& context) {
                return wait_healthy(options_of(*typed), context);
              }};
}

}  // namespace wait_healthy
