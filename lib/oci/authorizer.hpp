// SPDX-License-Identifier: Apache-2.0
//
// Who we are to one registry (distribution-spec and docs/content/spec/auth of CNCF distribution).
//
// The first request goes out bare; its 401 tells how the registry wants to be asked, which saves a
// ping wherever no authentication is needed. The challenge is kept, since some servers leave it out
// of later answers. Tokens are kept per scope until four fifths of their life are over, and given
// up earlier for an upload that would outlast them.
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
#include "oci/token.hpp"

namespace oci {

// Thread-safe; one token is fetched at a time.
class Authorizer {
 public:
  // `source` is asked when the registry first wants to know, and again when it refuses what the
  // source gave: passwords such as ECR's run out.
  Authorizer(http::Client& client, http::Url base, CredentialSource source);

  // The Authorization value for a request in this scope ("repository:shop:pull,push") that takes
  // about `lasting`; empty while the registry has not asked for one.
  std::string header(const std::string& scope, std::chrono::seconds lasting = {});

  // Learns from a 401 to a request that carried `used`. False when there is nothing else to try.
  // Throws environment when the token server refuses, integrity for a realm that must not be asked.
  bool renew(const http::Response& answer, const std::string& scope, const std::string& used);

  // What to do about a 401 or 403 that stayed: who was refused, from which source, what is missing.
  std::string hint(int status, const std::string& scope);

 private:
  struct Token {
    std::string header;
    timing::SteadyTime fetched_at;
    timing::SteadyTime renew_at;
    timing::SteadyTime expires_at;
  };
  const std::optional<Credentials>& credentials();
  void adopt_credentials(std::optional<Credentials> found);
  bool ask_source_again();
  std::string own_header();  // what the credentials are by themselves; empty when a token is needed
  std::vector<Challenge> challenges_of(const http::Response& answer);
  bool adopt(const std::vector<Challenge>& offered, const std::string& scope);
  Token fetch_token(const std::string& scope);
  http::Response ask_realm(const http::Url& realm, const std::string& scope);
  http::Response get_realm(const http::Url& realm, const std::string& scope,
                           const std::string& authorization);
  std::string explain(int status, const std::string& scope);

  http::Client& client_;
  http::Url base_;
  CredentialSource source_;
  std::mutex mutex_;
  bool asked_source_ = false;
  std::optional<Credentials> credentials_;
  std::optional<Challenge> challenge_;
  std::map<std::string, Token> tokens_;
  std::map<std::string, std::string> wider_;           // scope → what the registry says it takes
  std::map<std::string, std::vector<Grant>> granted_;  // scope → what its last token permits
};

// Throws integrity when a registry at `base` names a token server that credentials must not go to:
// plain http for an https registry, or a private address other than the registry's own host.
void check_realm(const http::Url& base, const http::Url& realm);

// The host is an address literal of a private, loopback or link-local network.
bool is_private_address(std::string_view host);

}  // namespace oci
