// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "base/error.hpp"
#include "sandbox/server/http_message.hpp"

namespace sandbox {

// A request that an API refuses, in the service's own terms. Each protocol writes it in its own
// form (http_error.hpp); of S3's, `details` become further elements of the document and `headers`
// go with it.
class Fault : public base::Error {
 public:
  Fault(int status, std::string code, std::string message, Pairs details = {}, Pairs headers = {})
      : base::Error(base::Kind::refused, std::move(message)),
        status_(status),
        code_(std::move(code)),
        details_(std::move(details)),
        headers_(std::move(headers)) {}

  int status() const { return status_; }
  const std::string& code() const { return code_; }
  const Pairs& details() const { return details_; }
  const Pairs& headers() const { return headers_; }

 private:
  int status_;
  std::string code_;
  Pairs details_;
  Pairs headers_;
};

}  // namespace sandbox
