// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbox/s3/store.hpp"
#include "sandbox/s3/uploads.hpp"
#include "sandbox/server/http_message.hpp"

namespace sandbox::s3 {

struct Owner {
  std::string account;
  std::string region;
};

// S3's REST API over a Store, path style. Thread-safe.
class Api {
 public:
  Api(Store& store, Owner owner) : store_(store), uploads_(store), owner_(std::move(owner)) {}

  // Answers a request whose signature was verified and whose body is decoded. Throws Fault.
  Answer answer(const Request& request);

 private:
  Store& store_;
  Uploads uploads_;
  Owner owner_;
};

}  // namespace sandbox::s3
