// SPDX-License-Identifier: Apache-2.0
#include "aws/credential_cache.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "unit/aws/profile_home.hpp"

namespace {

using std::chrono::minutes;
using std::filesystem::perms;

perms mode_of(const std::filesystem::path& path) {
  return std::filesystem::status(path).permissions() & perms::mask;
}

aws::Credentials keys(timing::SystemTime expires) {
  return {.access_key = "A",
          .secret_key = "cached-secret",
          .session_token = "cached-token",
          .expires = expires};
}

}  // namespace

TEST_CASE("kept keys come back as they were, from a file that only we can read") {
  const ProfileHome home;
  const aws::CredentialCache cache(home.cache());
  const auto now = home.clock.now();
  cache.keep("inputs", keys(now + minutes(60)), now);

  const auto found = cache.find("inputs", now);
  REQUIRE(found);
  CHECK(found->access_key == "A");
  CHECK(found->secret_key == "cached-secret");
  CHECK(found->session_token == "cached-token");
  CHECK(found->expires == now + minutes(60));
  CHECK_FALSE(cache.find("other inputs", now));
  CHECK(mode_of(home.cache()) == perms::owner_all);
  CHECK(mode_of(cache.path_of("inputs")) == (perms::owner_read | perms::owner_write));
  CHECK(std::distance(std::filesystem::directory_iterator(home.cache()), {}) == 1);
}

TEST_CASE("keys within 15 minutes of their end are neither kept nor given") {
  const ProfileHome home;
  const aws::CredentialCache cache(home.cache());
  const auto now = home.clock.now();
  cache.keep("short", keys(now + minutes(15)), now);
  CHECK_FALSE(std::filesystem::exists(cache.path_of("short")));

  cache.keep("inputs", keys(now + minutes(60)), now);
  CHECK(cache.find("inputs", now + minutes(44)));
  CHECK_FALSE(cache.find("inputs", now + minutes(45)));

  cache.keep("endless", {.access_key = "A", .secret_key = "cached-secret"}, now);
  CHECK_FALSE(std::filesystem::exists(cache.path_of("endless")));
}

TEST_CASE("a kept file that others could have made is not looked at") {
  const auto now = support::FakeClock().now();
  using Spoil = std::function<void(const ProfileHome& home, const std::filesystem::path& path)>;
  const std::vector<Spoil> spoils{
      [](const auto&, const auto& path) { ::chmod(path.c_str(), 0640); },
      [](const auto& home, const auto&) { ::chmod(home.cache().c_str(), 0770); },
      [](const auto& home, const auto& path) {
        std::filesystem::rename(path, home.path("elsewhere"));
        std::filesystem::create_symlink(home.path("elsewhere"), path);
      },
      [](const auto&, const auto& path) { file::write_atomically(path, "{\"Version\":1", 0600); },
      [](const auto&, const auto& path) { file::write_atomically(path, "[]", 0600); },
      [](const auto&, const auto& path) {
        file::write_atomically(path, std::string(100'000, ' '), 0600);
      },
      [](const auto&, const auto& path) {
        std::filesystem::remove(path);
        std::filesystem::create_directory(path);
      }};
  for (std::size_t i = 0; i < spoils.size(); ++i) {
    CAPTURE(i);
    const ProfileHome home;
    const aws::CredentialCache cache(home.cache());
    cache.keep("inputs", keys(now + minutes(60)), now);
    REQUIRE(cache.find("inputs", now));

    spoils[i](home, cache.path_of("inputs"));

    CHECK_FALSE(cache.find("inputs", now));
    CHECK_NOTHROW(cache.keep("inputs", keys(now + minutes(60)), now));
  }
}

TEST_CASE("a foreign owner's file is not looked at") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: only root can give files away");
    return;
  }
  const ProfileHome home;
  const aws::CredentialCache cache(home.cache());
  const auto now = home.clock.now();
  cache.keep("inputs", keys(now + minutes(60)), now);
  REQUIRE(::chown(cache.path_of("inputs").c_str(), 65'534, 65'534) == 0);

  CHECK_FALSE(cache.find("inputs", now));
}

TEST_CASE("a cache that cannot be written is as good as none") {
  const ProfileHome home("[profile ci]\nrole_arn = arn:r\nsource_profile = base\n",
                         "[base]\naws_access_key_id = A\naws_secret_access_key = base-secret\n");
  home.write("a-file", "");
  const FakeSts sts(home.clock, minutes(60));
  const auto find = [&](const std::string& cache_home) {
    return home.find({{"AWS_ENDPOINT_URL_STS", sts.url()}, {"XDG_CACHE_HOME", cache_home}}, "ci");
  };

  CHECK(find(home.path("a-file").string()).access_key == "ASTS1");
  CHECK(find("/dev/null/nowhere").access_key == "ASTS2");
  CHECK(find(home.path("own").string()).access_key == "ASTS3");
  CHECK(find(home.path("own").string()).access_key == "ASTS3");
  CHECK(mode_of(home.path("own/stagecraft/credentials")) == perms::owner_all);
}
