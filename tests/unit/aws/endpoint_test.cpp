// SPDX-License-Identifier: Apache-2.0
#include "aws/endpoint.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

// A home whose profile "p" sets region and both kinds of endpoint.
class Home {
 public:
  explicit Home(const std::string& more = {}) : folder_("endpoint") {
    file::write_atomically(folder_.path() / ".aws" / "config",
                           "[profile p]\nregion = eu-west-3\nservices = s\n"
                           "endpoint_url = http://profile.example\n" +
                               more +
                               "[services s]\ns3 =\n  endpoint_url = http://services.example\n");
  }

  aws::EndpointOverrides overrides(Variables variables, const std::string& option = {}) const {
    variables["HOME"] = folder_.path().string();
    const auto environment = process::environment_of(variables);
    return aws::find_overrides(environment, aws::Profiles::load(environment), "p", option);
  }

  std::optional<std::string> region(Variables variables, const std::string& option = {},
                                    const std::string& profile = "p") const {
    variables["HOME"] = folder_.path().string();
    const auto environment = process::environment_of(variables);
    return aws::find_region(environment, aws::Profiles::load(environment), profile, option);
  }

  aws::Variant variant(Variables variables) const {
    variables["HOME"] = folder_.path().string();
    const auto environment = process::environment_of(variables);
    return aws::find_variant(environment, aws::Profiles::load(environment), "p");
  }

  aws::Addressing addressing(const aws::EndpointOverrides& overrides) const {
    const auto environment = process::environment_of({{"HOME", folder_.path().string()}});
    return aws::find_addressing(aws::Profiles::load(environment), "p", overrides);
  }

 private:
  file::TempDir folder_;
};

std::string host_of(const std::optional<http::Url>& url) { return url ? url->host : "none"; }

}  // namespace

TEST_CASE("an endpoint is taken from the first place that names one") {
  const Home home;
  const Variables general{{"AWS_ENDPOINT_URL", "http://all.example"}};
  auto both = general;
  both["AWS_ENDPOINT_URL_S3"] = "http://s3.example";
  auto ignored = both;
  ignored["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";

  CHECK(host_of(home.overrides(both, "http://option.example").s3) == "option.example");
  CHECK(host_of(home.overrides(both).s3) == "s3.example");
  CHECK(host_of(home.overrides(both).codedeploy) == "all.example");
  CHECK(host_of(home.overrides(general).s3) == "all.example");
  CHECK(host_of(home.overrides({}).s3) == "services.example");
  CHECK(host_of(home.overrides({}).auto_scaling) == "profile.example");
  CHECK(host_of(home.overrides(ignored).s3) == "none");
  CHECK(host_of(home.overrides(ignored, "http://option.example").s3) == "option.example");
}

TEST_CASE("each service has the variable that AWS documents") {
  const Home home;

  CHECK(host_of(home.overrides({{"AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", "http://lb"}})
                    .load_balancing) == "lb");
  CHECK(host_of(home.overrides({{"AWS_ENDPOINT_URL_AUTO_SCALING", "http://as"}}).auto_scaling) ==
        "as");
  CHECK(host_of(home.overrides({{"AWS_ENDPOINT_URL_CODEDEPLOY", "http://cd"}}).codedeploy) == "cd");
}

TEST_CASE("a malformed endpoint is told with where it came from") {
  const Home home;

  const auto option = support::error_of([&] { home.overrides({}, "localhost:4566"); });
  CHECK(option.kind() == base::Kind::usage);
  CHECK(option.message().starts_with("--endpoint-url: "));
  const auto variable = support::error_of([&] {
    home.overrides({{"AWS_ENDPOINT_URL_S3", "ftp://x"}});
  });
  CHECK(variable.kind() == base::Kind::environment);
  CHECK(variable.message().starts_with("AWS_ENDPOINT_URL_S3: "));
}

TEST_CASE("the region is taken from the first place that names one") {
  const Home home;
  const Variables both{{"AWS_REGION", "us-west-1"}, {"AWS_DEFAULT_REGION", "us-west-2"}};

  CHECK(home.region(both, "ap-south-1") == "ap-south-1");
  CHECK(home.region(both) == "us-west-1");
  CHECK(home.region({{"AWS_DEFAULT_REGION", "us-west-2"}}) == "us-west-2");
  CHECK(home.region({}) == "eu-west-3");
  CHECK_FALSE(home.region({}, "", "other").has_value());
  CHECK_THROWS_AS(home.region({}, "evil.example/"), base::Error);
}

TEST_CASE("public addresses follow the region's partition") {
  struct Case {
    aws::Service service;
    std::string_view region;
    std::string_view host;
  };
  constexpr Case cases[] = {
      {aws::Service::s3, "eu-central-1", "s3.eu-central-1.amazonaws.com"},
      {aws::Service::codedeploy, "us-east-1", "codedeploy.us-east-1.amazonaws.com"},
      {aws::Service::load_balancing, "cn-north-1",
       "elasticloadbalancing.cn-north-1.amazonaws.com.cn"},
      {aws::Service::auto_scaling, "us-gov-west-1", "autoscaling.us-gov-west-1.amazonaws.com"},
      {aws::Service::s3, "us-iso-east-1", "s3.us-iso-east-1.c2s.ic.gov"},
      {aws::Service::s3, "us-isob-east-1", "s3.us-isob-east-1.sc2s.sgov.gov"},
      {aws::Service::codedeploy, "eusc-de-east-1", "codedeploy.eusc-de-east-1.amazonaws.eu"},
      {aws::Service::codedeploy, "mars-north-1", "codedeploy.mars-north-1.amazonaws.com"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.region);
    CHECK(aws::rule_endpoint(c.service, c.region).text() == "https://" + std::string(c.host) + "/");
  }
}

TEST_CASE("FIPS and dual stack have addresses of their own in each partition") {
  struct Case {
    aws::Service service;
    std::string_view region;
    aws::Variant variant;
    std::string_view host;
  };
  constexpr aws::Variant fips{.fips = true};
  constexpr aws::Variant dual{.dual_stack = true};
  constexpr aws::Variant both{.fips = true, .dual_stack = true};
  constexpr Case cases[] = {
      {aws::Service::s3, "us-east-1", fips, "s3-fips.us-east-1.amazonaws.com"},
      {aws::Service::s3, "us-east-1", dual, "s3.dualstack.us-east-1.amazonaws.com"},
      {aws::Service::s3, "us-east-1", both, "s3-fips.dualstack.us-east-1.amazonaws.com"},
      {aws::Service::s3, "cn-north-1", dual, "s3.dualstack.cn-north-1.amazonaws.com.cn"},
      {aws::Service::codedeploy, "us-gov-west-1", fips,
       "codedeploy-fips.us-gov-west-1.amazonaws.com"},
      {aws::Service::sts, "us-gov-west-1", fips, "sts.us-gov-west-1.amazonaws.com"},
      {aws::Service::sts, "us-gov-west-1", both, "sts-fips.us-gov-west-1.api.aws"},
      {aws::Service::load_balancing, "us-east-2", fips,
       "elasticloadbalancing-fips.us-east-2.amazonaws.com"},
      {aws::Service::auto_scaling, "eusc-de-east-1", dual,
       "autoscaling.eusc-de-east-1.api.amazonwebservices.eu"},
      {aws::Service::auto_scaling, "cn-north-1", dual,
       "autoscaling.cn-north-1.api.amazonwebservices.com.cn"},
      {aws::Service::codedeploy, "us-isof-south-1", dual,
       "codedeploy.us-isof-south-1.api.aws.hci.ic.gov"},
      {aws::Service::ecr, "eu-central-1", {}, "api.ecr.eu-central-1.amazonaws.com"},
      {aws::Service::ecr, "us-east-1", fips, "ecr-fips.us-east-1.amazonaws.com"},
      {aws::Service::ecr, "us-east-1", dual, "ecr.us-east-1.api.aws"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.host);
    CHECK(aws::rule_endpoint(c.service, c.region, c.variant).host == c.host);
  }
  const auto none =
      support::error_of([] { aws::rule_endpoint(aws::Service::s3, "cn-north-1", fips); });
  CHECK(none.kind() == base::Kind::environment);
  CHECK(none.message() == "find the address of S3 in cn-north-1: it has no FIPS endpoint");
}

TEST_CASE("FIPS and dual stack are asked for by the environment before the profile") {
  const Home home("use_fips_endpoint = true\nuse_dualstack_endpoint = TRUE\n");
  CHECK(home.variant({}).fips);
  CHECK(home.variant({}).dual_stack);
  CHECK_FALSE(home.variant({{"AWS_USE_FIPS_ENDPOINT", "false"}}).fips);
  CHECK_FALSE(Home().variant({}).fips);
  CHECK(Home().variant({{"AWS_USE_DUALSTACK_ENDPOINT", "True"}}).dual_stack);

  const auto wrong = support::error_of([&] { home.variant({{"AWS_USE_FIPS_ENDPOINT", "yes"}}); });
  CHECK(wrong.kind() == base::Kind::environment);
  CHECK(wrong.message() == "read AWS_USE_FIPS_ENDPOINT: 'yes' is neither true nor false");
}

TEST_CASE("the profile may say where the bucket's name goes") {
  using enum aws::Addressing;
  const aws::EndpointOverrides own{.s3 = http::parse_url("http://minio.example:9000")};
  const auto style = [](const std::string& word) {
    return Home("s3 =\n  addressing_style = " + word + "\n");
  };
  CHECK(Home().addressing({}) == host_when_safe);
  CHECK(Home().addressing(own) == path);
  CHECK(style("auto").addressing(own) == path);
  CHECK(style("virtual").addressing(own) == host_when_safe);
  CHECK(style("path").addressing({}) == path);
  CHECK(support::error_of([&] { style("dns").addressing({}); }).message() ==
        "read s3.addressing_style of profile p: 'dns' is neither path, virtual nor auto");
}

TEST_CASE("the bucket goes into the host name where that is safe") {
  struct Case {
    std::string_view endpoint;
    aws::Addressing addressing;
    std::string_view bucket;
    std::string_view key;
    std::string_view url;
  };
  using enum aws::Addressing;
  constexpr Case cases[] = {
      {"https://s3.eu-central-1.amazonaws.com", host_when_safe, "acme", "a/b.zip",
       "https://acme.s3.eu-central-1.amazonaws.com/a/b.zip"},
      {"https://s3.eu-central-1.amazonaws.com", host_when_safe, "acme.shop", "k",
       "https://s3.eu-central-1.amazonaws.com/acme.shop/k"},
      {"https://s3.us-east-1.amazonaws.com", host_when_safe, "Old_Bucket", "k",
       "https://s3.us-east-1.amazonaws.com/Old_Bucket/k"},
      {"http://127.0.0.1:9000", host_when_safe, "acme", "k", "http://127.0.0.1:9000/acme/k"},
      {"http://[::1]:9000", host_when_safe, "acme", "k", "http://[::1]:9000/acme/k"},
      {"http://localhost:9000", host_when_safe, "acme", "k", "http://localhost:9000/acme/k"},
      {"http://minio.example:9000/base/", path, "acme", "k",
       "http://minio.example:9000/base/acme/k"},
      {"http://127.0.0.1", path, "acme", "a b/../c//ü+=%2F?#",
       "http://127.0.0.1/acme/a%20b/../c//%C3%BC%2B%3D%252F%3F%23"},
      {"http://127.0.0.1", path, "acme", "", "http://127.0.0.1/acme/"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.url);
    CHECK(aws::object_url(http::parse_url(c.endpoint), c.addressing, c.bucket, c.key).text() ==
          c.url);
  }
}
