// SPDX-License-Identifier: Apache-2.0
#include "aws/session.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/answering_server.hpp"
#include "support/error_of.hpp"
#include "support/fake_clock.hpp"

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

class Home {
 public:
  explicit Home(const std::string& profile) : folder_("session") {
    file::write_atomically(folder_.path() / ".aws" / "config", "[default]\n" + profile);
  }

  aws::Session open(Variables variables, const aws::SessionOptions& options = {}) {
    variables.insert({{"HOME", folder_.path().string()},
                      {"AWS_ACCESS_KEY_ID", "AKID"},
                      {"AWS_SECRET_ACCESS_KEY", "secret-of-nobody"},
                      {"AWS_EC2_METADATA_DISABLED", "true"}});
    return aws::open_session(options, process::environment_of(variables), clock_, {});
  }

 private:
  file::TempDir folder_;
  support::FakeClock clock_;
};

}  // namespace

TEST_CASE("the number of attempts is the environment's before the profile's, else three") {
  Home plain("region = eu-west-3\n");
  Home told("region = eu-west-3\nmax_attempts = 7\nretry_mode = adaptive\n");

  CHECK(aws::client_options(plain.open({})).attempts == 3);
  CHECK(aws::client_options(told.open({})).attempts == 7);
  CHECK(aws::client_options(told.open({{"AWS_MAX_ATTEMPTS", "1"}})).attempts == 1);
  for (const std::string mode : {"legacy", "standard", "adaptive"}) {
    CHECK(plain.open({{"AWS_RETRY_MODE", mode}}).attempts == 3);
  }
  for (const std::string number : {"0", "-1", "many", "1000"}) {
    CHECK(support::error_of([&] {
            plain.open({{"AWS_MAX_ATTEMPTS", number}});
          }).message() == "read AWS_MAX_ATTEMPTS: '" + number + "' is no number from 1 to 100");
  }
  CHECK(support::error_of([&] {
          plain.open({{"AWS_RETRY_MODE", "fast"}});
        }).message() == "read AWS_RETRY_MODE: 'fast' is neither standard, adaptive nor legacy");
}

TEST_CASE("without a region anywhere the places that were looked at are named") {
  Home home("output = json\n");
  const auto error = support::error_of([&] { home.open({}); });
  CHECK(error.kind() == base::Kind::environment);
  CHECK(error.message() ==
        "find the AWS region: neither --region, AWS_REGION, AWS_DEFAULT_REGION nor profile default "
        "names one");
}

TEST_CASE("an instance that nobody told its region is asked for it last") {
  int asked = 0;
  support::AnsweringServer metadata([&](const support::ServedRequest& request) {
    if (request.method == "PUT") return support::ServedAnswer{.body = "metadata-token"};
    if (request.path != "/latest/meta-data/placement/region") {
      return support::ServedAnswer{.status = 404};
    }
    ++asked;
    return support::ServedAnswer{.body = "eu-north-1"};
  });
  const Variables variables{{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://" + metadata.authority()},
                            {"AWS_EC2_METADATA_DISABLED", "false"}};

  CHECK(Home("output = json\n").open(variables).region == "eu-north-1");
  CHECK(asked == 1);
  CHECK(Home("region = eu-west-3\n").open(variables).region == "eu-west-3");
  CHECK(asked == 1);
}

TEST_CASE("a session carries the variant of its addresses and where buckets go") {
  Home home("region = eu-west-3\nuse_dualstack_endpoint = true\ns3 =\n  addressing_style = path\n");
  const auto session = home.open({{"AWS_USE_FIPS_ENDPOINT", "true"}});
  CHECK(session.variant.fips);
  CHECK(session.variant.dual_stack);
  CHECK(session.s3_addressing == aws::Addressing::path);
}

TEST_CASE("plain http is allowed to the addresses that were given, and to no other") {
  Home home("region = eu-west-3\n");
  const auto session = home.open({{"AWS_ENDPOINT_URL_STS", "http://sts.example:99"},
                                  {"AWS_ENDPOINT_URL_S3", "https://s3.example"}});
  const auto options = aws::client_options(session);
  CHECK(options.plain_http_hosts == std::vector<std::string>{"sts.example:99"});
}

TEST_CASE("copies of a session share what was learned") {
  Home home("region = eu-west-3\n");
  const auto session = home.open({});
  const auto copy = session;
  copy.corrections->set_region("acme", "eu-west-1");
  CHECK(copy.corrections->set_clock_offset(std::chrono::seconds(7)));
  CHECK_FALSE(copy.corrections->set_clock_offset(std::chrono::seconds(9)));
  CHECK(session.corrections->find_region("acme") == "eu-west-1");
  CHECK_FALSE(session.corrections->find_region("other").has_value());
  CHECK(session.corrections->clock_offset() == std::chrono::seconds(9));
}
