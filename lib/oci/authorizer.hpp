// SPDX-License-Identifier: Apache-2.0
//
// Who we are to one registry (distribution-spec and docs/content/spec/auth of CNCF distribution).
//
// The first request goes out bare; its 401 tells how the registry wants to be asked, which saves a
// ping wherever no authentication is needed. The challenge is kept, since some servers leave it out
// of later answers. Tokens are kept per scope until four fifths of their life are over.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http/client.hpp"
#include "http/url.hpp"
#include "oci/challenge.hpp"
#include "oci/docker_config.hpp"

namespace oci {

// Thread-safe; one token is fetched at a time.
class Authorizer {
 public:
  Authorizer(http::Client& client, http::Url base, std::optional<Credentials> credentials);

  // The Authorization value for a request in this scope ("repository:shop:pull,push"); empty while
  // the registry has not asked for one.
  std::string header(const std::string& scope);

  // Learns from a 401 to a request that carried `used`. False when there is nothing else to try.
  // Throws environment when the token server refuses, integrity for a realm that must not be asked.
  bool renew(const http::Response& answer, const std::string& scope, const std::string& used);

  // What to do about a 401 that stayed.
  std::string hint() const;

 private:
  struct Token {
    std::string header;
    timing::SteadyTime renew_at;
  };
  std::vector<Challenge> challenges_of(const http::Response& answer);
  bool adopt(const std::vector<Challenge>& offered);
  Token fetch_token(const std::string& scope);
  http::Response ask_realm(const http::Url& realm, const std::string& scope);

  http::Client& client_;
  http::Url base_;
  std::optional<Credentials> credentials_;
  std::mutex mutex_;
  std::optional<Challenge> challenge_;
  std::map<std::string, Token> tokens_;
};

// Throws integrity when a registry at `base` names a token server that credentials must not go to:
// plain http for an https registry, or a private address other than the registry's own host.
void check_realm(const http::Url& base, const http::Url& realm);

// The host is an address literal of a private, loopback or link-local network.
bool is_private_address(std::string_view host);

}  // namespace oci
