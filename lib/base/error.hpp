// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace base {

// What sort of failure ended the step; each maps to one exit code (exit_code.hpp).
enum class Kind {
  refused,      // the other side said no, or the outcome is a failure
  usage,        // the call itself is wrong
  environment,  // credentials, configuration, a missing tool, a full disk
  unavailable,  // still unreachable after retries; a rerun is safe
  timed_out,
  rolled_back,  // the deployment failed and the old version serves again
  integrity,    // a digest, a policy or a link of the record does not hold
  conflict,     // busy, newer, or already there with other content
  internal      // a bug of ours
};

// The only exception type thrown on purpose. `what()` is one lower-case line without a full stop:
// what was being done, to what, then the other side's words. `hint()` is the one next thing to try,
// empty when none is known.
class Error : public std::exception {
 public:
  Error(Kind kind, std::string what, std::string hint = {})
      : kind_(kind), what_(std::move(what)), hint_(std::move(hint)) {}

  const char* what() const noexcept override { return what_.c_str(); }
  const std::string& message() const noexcept { return what_; }
  const std::string& hint() const noexcept { return hint_; }
  Kind kind() const noexcept { return kind_; }

  // The same failure told from one step further out: "context: what".
  Error within(std::string_view context) const;

 private:
  Kind kind_;
  std::string what_;
  std::string hint_;
};

// An Error for a failed system call: "what: strerror". ENOENT, EACCES, ENOSPC and the like are
// environment failures.
Error from_errno(std::string_view what, int error_number, std::string hint = {});

}  // namespace base
