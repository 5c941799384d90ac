// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "sandbox/s3/store.hpp"
#include "sandbox/s3/uploads.hpp"
#include "sandbox/server/body.hpp"
#include "sandbox/server/http_message.hpp"

namespace sandbox::s3 {

struct Owner {
  std::string account;
  std::string region;  // the endpoint's own; buckets may be elsewhere
};

// S3's REST API over a Store, path style. Thread-safe.
class Api {
 public:
  Api(Store& store, Owner owner) : store_(store), uploads_(store), owner_(std::move(owner)) {}

  // Answers a request whose headers' signature, made for `region`, was verified; `body` verifies
  // itself as it is read. Throws Fault.
  Answer answer(const Request& request, Body& body, std::string_view region);

 private:
  Store& store_;
  Uploads uploads_;
  Owner owner_;
};

// "PutObject", "ListObjectsV2", …; empty for a request that is no operation.
std::string operation_of(const Request& request);

}  // namespace sandbox::s3
