// SPDX-License-Identifier: Apache-2.0
#include "docker-push/idle_options.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "support/error_of.hpp"

TEST_CASE("an option that does nothing with the input is refused, and so names its input") {
  using docker_push::InputKind;
  using docker_push::PushRequest;
  struct Case {
    std::string option;
    std::function<void(PushRequest&)> give;
    bool jar;
    bool dockerfile;
    bool stored;
  };
  const std::vector<Case> cases{
      {"--layered", [](auto& r) { r.dockerfile.layered = true; }, false, true, false},
      {"--build-arg", [](auto& r) { r.dockerfile.build_args["A"] = "1"; }, false, true, false},
      {"--target", [](auto& r) { r.dockerfile.target = "build"; }, false, true, false},
      {"--layout", [](auto& r) { r.layers.layout = docker_push::Layout::tools; }, true, false,
       false},
      {"--library-layers", [](auto& r) { r.layers.buckets = 3; }, true, false, false},
      {"--port", [](auto& r) { r.port = 9090; }, true, false, false},
      {"--user", [](auto& r) { r.user = "1000"; }, true, false, false},
      {"--platform", [](auto& r) { r.platform = {.architecture = "s390x"}; }, true, true, false},
      {"--update-base", [](auto& r) { r.lock = docker_push::LockUse::renew; }, true, true, false}};
  const auto check = [](const Case& c, InputKind kind, bool takes, const std::string& name) {
    CAPTURE(c.option);
    CAPTURE(name);
    PushRequest request;
    c.give(request);
    if (takes) {
      CHECK_NOTHROW(docker_push::refuse_idle_options(request, {.kind = kind}));
      return;
    }
    const auto error =
        support::error_of([&] { docker_push::refuse_idle_options(request, {.kind = kind}); });
    CHECK(error.kind() == base::Kind::usage);
    CHECK(error.message() == c.option + " does nothing with " + name);
    CHECK(!error.hint().empty());
  };
  for (const Case& c : cases) {
    for (const auto kind : {InputKind::recorded_jar, InputKind::jar, InputKind::exploded}) {
      check(c, kind, c.jar, "a jar");
    }
    check(c, InputKind::dockerfile, c.dockerfile, "a Dockerfile");
    for (const auto kind : {InputKind::layout, InputKind::archive, InputKind::engine}) {
      check(c, kind, c.stored, "an image that is built already");
    }
  }
}

TEST_CASE("libraries of a layered Dockerfile are spread as asked") {
  docker_push::PushRequest request;
  request.layers.buckets = 3;
  request.dockerfile.layered = true;
  CHECK_NOTHROW(
      docker_push::refuse_idle_options(request, {.kind = docker_push::InputKind::dockerfile}));
}
