// SPDX-License-Identifier: Apache-2.0
//
// One call of a service: signed anew for each attempt, and sent again at once, each time for
// another cause, when the answer shows that this machine's clock is off, that the token ran out, or
// that the bucket is in another region. http::Client alone repeats what failed in passing.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "aws/caller.hpp"
#include "aws/failure.hpp"
#include "aws/session.hpp"
#include "aws/sigv4.hpp"
#include "http/client.hpp"

namespace aws {

struct Party {
  http::Client& client;
  const Session& session;
  sigv4::Signer& signer;
};

struct Purpose {
  Service service;
  std::string_view operation;
  std::string_view payload_hash{};    // as in Signer::sign
  const S3Request* object = nullptr;  // with one, the request's url is made here
};

class Exchange {
 public:
  Exchange(const Party& party, const Purpose& purpose);

  // A 2xx is a success, also under LateError::possible.
  Answer<http::Response> run(http::Request request);

 private:
  std::string url() const;
  sigv4::Scope scope() const;
  timing::SystemTime now() const;
  void prepare(http::Request& request);
  http::Verdict judge(const http::Response& response);
  bool mend_clock(const Failure& failure, const http::Response& response);
  bool mend_token(const Failure& failure, const http::Response& response);
  bool mend_region(const Failure& failure, const http::Response& response);
  std::string find_bucket_region(const Failure& failure, const http::Response& response);
  bool is_late_error_possible() const;
  Failure refusal(const http::Response& response) const;

  Party party_;
  Purpose purpose_;
  std::string region_;  // signed for
  // What the last attempt was signed with: another thread may have learned more meanwhile.
  Credentials used_{};
  std::chrono::seconds offset_{0};
  std::string canonical_request_{};
  int attempt_ = 0;
  bool clock_mended_ = false;
  bool token_mended_ = false;
  bool region_mended_ = false;
};

// The service's address: an override, else the region's. Throws environment when a FIPS endpoint is
// asked for and the override is none that is known.
http::Url endpoint_of(const Session& session, Service service, std::string_view region);

}  // namespace aws
