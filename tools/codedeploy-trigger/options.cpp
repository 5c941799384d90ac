// SPDX-License-Identifier: Apache-2.0
#include "codedeploy-trigger/options.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "codedeploy-trigger/codedeploy_trigger.hpp"
#include "options/aws_options.hpp"

namespace codedeploy_trigger {
namespace {

void declare(cli::Options& options, TriggerOptions& parsed) {
  auto& app = options.app();
  constexpr auto group = "Deployment";
  options.mark(app.add_option("--app", parsed.application, "CodeDeploy application")
                   ->type_name("NAME")
                   ->group(group),
               {.env = "STAGECRAFT_APP", .required = true});
  options.mark(app.add_option("--group", parsed.group, "Its deployment group")
                   ->type_name("NAME")
                   ->group(group),
               {.env = "STAGECRAFT_GROUP", .required = true});
  options.mark(app.add_option("--deployment-config", parsed.config,
                              "Deployment configuration (else the group's)")
                   ->type_name("NAME")
                   ->group(group),
               {});
  options.mark(app.add_option("--file-exists", parsed.file_exists,
                              "What to do with files that are there already")
                   ->check(CLI::IsMember({"DISALLOW", "OVERWRITE", "RETAIN"}))
                   ->type_name("HOW")
                   ->group(group),
               {});
  options.mark(
      app.add_option("--description", parsed.description, "Words for people, put before our own")
          ->type_name("TEXT")
          ->group(group),
      {});
  options::declare_aws(options, parsed.aws);
}

}  // namespace

cli::Tool tool() {
  const auto parsed = std::make_shared<TriggerOptions>();
  return {.name = "codedeploy-trigger",
          .summary = "Start the CodeDeploy deployment of the uploaded bundle",
          .examples = {"codedeploy-trigger --app APPLICATION --group GROUP",
                       "codedeploy-trigger --app shop --group production --description hotfix",
                       "eval \"$(deploy-sandbox env)\" && codedeploy-trigger"},
          .declare = [parsed](cli::Options& options) { declare(options, *parsed); },
          .step = [parsed](const cli::Context& context) { return trigger(*parsed, context); }};
}

}  // namespace codedeploy_trigger
