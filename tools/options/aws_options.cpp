// SPDX-License-Identifier: Apache-2.0
#include "options/aws_options.hpp"

#include <CLI/CLI.hpp>

#include "process/environment.hpp"

namespace options {

void declare_aws(cli::Options& options, aws::SessionOptions& aws) {
  auto& app = options.app();
  constexpr auto group = "AWS";
  // Two variables name the region; a mark knows one. The second counts where the first is unset.
  const bool only_default = !process::environment_variable("AWS_REGION") &&
                            process::environment_variable("AWS_DEFAULT_REGION");
  options.mark(app.add_option("--region", aws.region, "Region to sign for and to call")
                   ->type_name("NAME")
                   ->group(group),
               {.env = only_default ? "AWS_DEFAULT_REGION" : "AWS_REGION"});
  // AWS_PROFILE and AWS_ENDPOINT_URL are not marks of these two: a profile named here comes before
  // the keys in the environment, an address named here before AWS_ENDPOINT_URL_<SERVICE>, and the
  // general variables do not. lib/aws reads them.
  options.mark(app.add_option("--profile", aws.profile, "Profile of ~/.aws to use (or AWS_PROFILE)")
                   ->type_name("NAME")
                   ->group(group),
               {.trusted = true});
  options.mark(app.add_option("--endpoint-url", aws.endpoint_url,
                              "Address of all services (or AWS_ENDPOINT_URL)")
                   ->type_name("URL")
                   ->group(group),
               {.trusted = true});
  options.add_explanation(
      [&aws] { return "AWS keys = " + aws::key_place(aws, process::own_environment()); });
}

}  // namespace options
