// SPDX-License-Identifier: Apache-2.0
//
// The public addresses of our table and of botocore's rules, for every region that botocore knows.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "aws/endpoint.hpp"
#include "base/error.hpp"
#include "json/field.hpp"
#include "process/child.hpp"
#include "text/split.hpp"

namespace {

aws::Service service_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, aws::Service>, 6> services{{
      {"s3", aws::Service::s3},
      {"codedeploy", aws::Service::codedeploy},
      {"elbv2", aws::Service::load_balancing},
      {"autoscaling", aws::Service::auto_scaling},
      {"sts", aws::Service::sts},
      {"ecr", aws::Service::ecr},
  }};
  return std::find_if(services.begin(), services.end(),
                      [&](const auto& each) { return each.first == name; })
      ->second;
}

// Empty where there is none, as in botocore's rows.
std::string our_url(const json::Field& row) {
  try {
    const auto endpoint = aws::rule_endpoint(
        service_of(row["service"].string()), row["region"].string(),
        {.fips = row["fips"].boolean(), .dual_stack = row["dual_stack"].boolean()});
    const auto& bucket = row["bucket"].string();
    auto url = bucket.empty()
                   ? endpoint
                   : aws::object_url(endpoint, aws::Addressing::host_when_safe, bucket, "");
    auto text = url.text();
    text.pop_back();  // the path's '/'
    return text;
  } catch (const base::Error&) {
    return {};
  }
}

}  // namespace

TEST_CASE("every service's address in every region and variant is the one that botocore resolves") {
  const auto peer = process::capture(
      {.argv = {"/usr/bin/python3", STAGECRAFT_TEST_DATA "/aws/botocore_endpoints.py"}});
  if (peer.exit.code == 3) {
    MESSAGE("skipped: no botocore with endpoint rules is installed");
    return;
  }
  INFO(peer.err);
  REQUIRE(peer.exit.ok());
  const auto rows = text::lines(peer.out);
  CHECK(rows.size() >= 1000);
  for (const auto line : rows) {
    CAPTURE(line);
    const auto document = json::parse(line, "botocore's row");
    const json::Field row(document, "botocore's row");
    CHECK(our_url(row) == row["url"].string());
  }
}
