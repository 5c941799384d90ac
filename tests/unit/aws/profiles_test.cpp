// SPDX-License-Identifier: Apache-2.0
#include "aws/profiles.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

TEST_CASE("a profile file is read as AWS clients read it") {
  const auto file = aws::IniFile::parse(
      "# comment\n; another\n\n"
      "[default]\n"
      "Region = eu-central-1  # where we are\n"
      "secret=a#b;c=d\r\n"
      "s3 =\n"
      "  addressing_style = path\n"
      "\tmax_bandwidth = 1\n"
      "output = json\n"
      "  # an indented comment\n"
      "[ profile  ci ]\n"
      "region=us-east-1\n",
      "config");

  REQUIRE(file.find("default") != nullptr);
  const auto& values = *file.find("default");
  CHECK(values.at("region") == "eu-central-1");
  CHECK(values.at("secret") == "a#b;c=d");
  CHECK(values.at("s3.addressing_style") == "path");
  CHECK(values.at("s3.max_bandwidth") == "1");
  CHECK(values.at("output") == "json");
  REQUIRE(file.find("profile ci") != nullptr);
  CHECK(file.find("profile ci")->at("region") == "us-east-1");
  CHECK(file.find("ci") == nullptr);
}

TEST_CASE("a line that is neither section nor setting is told with its number") {
  CHECK(support::error_of([] { aws::IniFile::parse("[a]\nx = 1\nnonsense\n", "/f"); }).message() ==
        "read /f: line 3: neither a section nor a key = value");
  CHECK_THROWS_AS(aws::IniFile::parse("key = before any section\n", "/f"), base::Error);
  CHECK_THROWS_AS(aws::IniFile::parse("[open\n", "/f"), base::Error);
}

TEST_CASE("files are where the environment says, else below HOME") {
  const file::TempDir folder("profiles");
  file::write_atomically(folder.path() / ".aws" / "config", "[default]\nregion = home\n");
  file::write_atomically(folder.path() / "elsewhere",
                         "[profile a]\nregion = named\nservices = local\n"
                         "[services local]\ns3 =\n  endpoint_url = http://127.0.0.1:9000\n");
  const auto home = folder.path().string();

  const auto by_home = aws::Profiles::load(process::environment_of({{"HOME", home}}));
  CHECK(by_home.find_setting("default", "region") == "home");

  const auto named = aws::Profiles::load(
      process::environment_of({{"HOME", home}, {"AWS_CONFIG_FILE", "~/elsewhere"}}));
  CHECK(named.find_setting("a", "region") == "named");
  CHECK(named.find_service_setting("a", "s3.endpoint_url") == "http://127.0.0.1:9000");
  CHECK_FALSE(named.find_setting("default", "region").has_value());

  const auto homeless = aws::Profiles::load(process::environment_of({}));
  CHECK_FALSE(homeless.has("default"));
}
