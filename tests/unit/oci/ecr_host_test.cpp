// SPDX-License-Identifier: Apache-2.0
#include "oci/ecr_host.hpp"

#include <doctest/doctest.h>

TEST_CASE("the address of an Amazon registry says account, region and which kind it is") {
  struct Case {
    const char* host;
    std::optional<oci::EcrHost> expected;
  };
  const auto private_one = [](const char* region, bool fips = false, bool dual = false) {
    return oci::EcrHost{
        .account = "123456789012", .region = region, .is_fips = fips, .is_dual_stack = dual};
  };
  const oci::EcrHost public_one{.region = "us-east-1", .is_public = true};
  const Case cases[] = {
      {"123456789012.dkr.ecr.eu-central-1.amazonaws.com", private_one("eu-central-1")},
      {"123456789012.DKR.ecr.eu-central-1.amazonaws.com", private_one("eu-central-1")},
      {"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", private_one("cn-north-1")},
      {"123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu", private_one("eusc-de-east-1")},
      {"123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", private_one("us-gov-west-1", true)},
      {"123456789012.dkr-ecr.us-west-2.on.aws", private_one("us-west-2", false, true)},
      {"123456789012.dkr-ecr-fips.us-west-2.on.aws", private_one("us-west-2", true, true)},
      {"123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
       private_one("cn-north-1", false, true)},
      {"123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov", private_one("us-iso-east-1")},
      {"123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov", private_one("us-isob-east-1")},
      {"123456789012.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk", private_one("eu-isoe-west-1")},
      {"123456789012.dkr.ecr.us-isof-south-1.csp.hci.ic.gov", private_one("us-isof-south-1")},
      {"public.ecr.aws", public_one},
      {"ecr-public.aws.com", public_one},
      {"12345678901.dkr.ecr.eu-central-1.amazonaws.com", std::nullopt},
      {"x23456789012.dkr.ecr.eu-central-1.amazonaws.com", std::nullopt},
      {"123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.example", std::nullopt},
      {"123456789012.dkr.ecr.amazonaws.com", std::nullopt},
      {"123456789012.dkr.ecr..amazonaws.com", std::nullopt},
      {"123456789012.s3.eu-central-1.amazonaws.com", std::nullopt},
      {"docker.io", std::nullopt},
      {"", std::nullopt},
  };
  for (const Case& each : cases) {
    CAPTURE(each.host);
    CHECK((oci::find_ecr_host(each.host) == each.expected));
    CHECK(oci::is_ecr_host(each.host) == each.expected.has_value());
  }
}
