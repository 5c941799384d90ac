// SPDX-License-Identifier: Apache-2.0
#include "aws/session.hpp"

namespace aws {

Session open_session(const SessionOptions& options, const process::Environment& environment,
                     timing::Clock& clock, std::stop_token stop) {
  const auto profiles = Profiles::load(environment);
  const auto profile = profile_name(environment, options.profile);
  const auto region = find_region(environment, profiles, profile, options.region);
  const auto ca_file = environment("AWS_CA_BUNDLE").value_or("");
  return {.region = region,
          .credentials = find_credentials({.environment = environment,
                                           .profiles = profiles,
                                           .explicit_profile = options.profile,
                                           .region = region,
                                           .ca_file = ca_file,
                                           .clock = clock,
                                           .stop = std::move(stop)}),
          .overrides = find_overrides(environment, profiles, profile, options.endpoint_url),
          .ca_file = ca_file};
}

http::ClientOptions client_options(const Session& session) {
  http::ClientOptions options;
  options.connect_timeout = std::chrono::milliseconds(3'100);
  options.ca_file = session.ca_file;
  for (const auto service :
       {Service::s3, Service::codedeploy, Service::load_balancing, Service::auto_scaling}) {
    const auto& url = session.overrides.of(service);
    if (url && url->scheme == "http") options.plain_http_hosts.push_back(url->authority());
  }
  return options;
}

}  // namespace aws
