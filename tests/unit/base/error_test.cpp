// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

#include "base/build_info.hpp"
#include "base/exit_code.hpp"

TEST_CASE("each kind of failure has its own exit code, and none is 0") {
  struct Case {
    base::Kind kind;
    int code;
  };
  constexpr Case cases[] = {
      {base::Kind::refused, 1},     {base::Kind::usage, 2},     {base::Kind::environment, 3},
      {base::Kind::unavailable, 4}, {base::Kind::timed_out, 5}, {base::Kind::rolled_back, 6},
      {base::Kind::integrity, 7},   {base::Kind::conflict, 8},  {base::Kind::internal, 70},
  };
  for (const auto& c : cases) CHECK(base::exit_code(c.kind) == c.code);
}

TEST_CASE("an error tells what and hint apart, and what() is the first of them") {
  const base::Error error(base::Kind::conflict, "lock x: another process holds it", "wait for it");

  CHECK(std::string(error.what()) == "lock x: another process holds it");
  CHECK(error.message() == "lock x: another process holds it");
  CHECK(error.hint() == "wait for it");
  CHECK(error.kind() == base::Kind::conflict);
}

TEST_CASE("an error told from further out keeps its kind and hint and puts the context first") {
  const base::Error inner(base::Kind::integrity, "digest differs", "build again");

  const auto outer = inner.within("push layer 3");

  CHECK(outer.message() == "push layer 3: digest differs");
  CHECK(outer.hint() == "build again");
  CHECK(outer.kind() == base::Kind::integrity);
}

TEST_CASE("a failed system call is an environment failure in the system's own words") {
  const auto error = base::from_errno("open /no/such", ENOENT, "check the path");

  CHECK(error.message() == "open /no/such: No such file or directory");
  CHECK(error.hint() == "check the path");
  CHECK(error.kind() == base::Kind::environment);
}

TEST_CASE("the user agent names the program and its version") {
  CHECK(base::user_agent() == "stagecraft/" + std::string(base::version()));
  CHECK_FALSE(base::commit().empty());
}
