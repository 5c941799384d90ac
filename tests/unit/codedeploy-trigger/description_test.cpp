// SPDX-License-Identifier: Apache-2.0
#include "codedeploy-trigger/description.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "support/error_of.hpp"

namespace {

using codedeploy_trigger::deployment_key;
using codedeploy_trigger::describe;
using codedeploy_trigger::find_deployment_id;
using codedeploy_trigger::Origin;

const aws::NewDeployment deployment{
    .application = "shop",
    .group = "production",
    .revision = {.bucket = "b", .key = "k.zip", .version = "v1", .etag = "e"}};
const Origin origin{.build_tag = "jenkins-shop-42",
                    .build_number = "42",
                    .commit = std::string(40, 'a'),
                    .version = "1.1.0"};

}  // namespace

TEST_CASE("the key is the same for every try of a build and differs for another") {
  auto other_build = origin;
  other_build.build_tag = "jenkins-shop-43";
  auto other_version = deployment;
  other_version.revision.version = "v2";
  auto other_group = deployment;
  other_group.group = "staging";

  const auto key = deployment_key(deployment, origin);
  CHECK(key.size() == 12);
  CHECK(deployment_key(deployment, origin) == key);
  CHECK(deployment_key(deployment, other_build) != key);
  CHECK(deployment_key(other_version, origin) != key);
  CHECK(deployment_key(other_group, origin) != key);
}

TEST_CASE("the description tells version or words, key, run, build and commit") {
  const auto key = deployment_key(deployment, origin);

  CHECK(describe(deployment, origin, "", "0011") ==
        "1.1.0 key=" + key + " run=0011 build=42 commit=" + std::string(40, 'a'));
  CHECK(describe(deployment, origin, "hot fix", "0011").starts_with("hot fix key="));

  Origin laptop{.commit = "c"};
  CHECK(describe(deployment, laptop, "", "0011") ==
        "key=" + deployment_key(deployment, laptop) + " run=0011 commit=c");
}

TEST_CASE("words that leave no room for the rest are refused") {
  CHECK(describe(deployment, origin, std::string(150, 'w'), "0011").size() <= 256);
  CHECK(support::error_of([&] {
          describe(deployment, origin, std::string(200, 'w'), "0011");
        }).kind() == base::Kind::usage);
}

TEST_CASE("the active deployment is found in each sentence that AWS has used") {
  struct Case {
    std::string_view message;
    std::string_view id;
  };
  constexpr Case cases[] = {
      {"The Deployment Group 'x' already has an active Deployment 'd-ABC123XYZ'", "d-ABC123XYZ"},
      {"The Deployment Group 'x' is already deploying 'd-0A1B2C3D4'.", "d-0A1B2C3D4"},
      {"The Deployment Group 'prod-ABCDEFG' already has an active Deployment 'd-0A1B2C3D4'",
       "d-0A1B2C3D4"},
      {"The Deployment Group 'prod-ABCDEFG' is busy", ""},
      {"Deployment Group 'd-x' is busy", ""},
      {"", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.message);
    CHECK(find_deployment_id(c.message) == c.id);
  }
}
