// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "file/file.hpp"
#include "support/push_project.hpp"
#include "text/split.hpp"

namespace support {

// A project whose jar is in the registry; what is pushed afterwards goes under the same tag.
struct PushedProject : PushProject {
  PushedProject() {
    INFO("first push");
    const auto run = push();
    INFO(run.err);
    REQUIRE(run.exit.ok());
    digest = registry.inspect("shop:1.2.3-4", "{{.Digest}}");
    record_text = file::read(record_path());
    forget_everything();
  }

  // Checks exit code, the words of the message, and that nothing has become of it.
  void refuses(int code, std::string_view words, std::vector<std::string> arguments,
               const std::map<std::string, std::string>& more = {}) const {
    const std::string what = text::join(arguments, " ");
    arguments.insert(arguments.end(), {"--image", image() + ":1.2.3-4"});
    const auto run = push(std::move(arguments), more);
    INFO(what << ": " << run.err);
    CHECK(run.exit.code == code);
    CHECK(run.out.empty());
    CHECK(error_line(run).find(words) != std::string::npos);
    CHECK(registry.inspect("shop:1.2.3-4", "{{.Digest}}") == digest);
    const bool record_is_as_it_was = file::read(record_path()) == record_text;
    CHECK(record_is_as_it_was);
  }

  std::string digest;
  std::string record_text;
};

}  // namespace support
