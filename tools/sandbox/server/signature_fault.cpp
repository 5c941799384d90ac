// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/signature_fault.hpp"

#include <fmt/core.h>

#include <array>
#include <string_view>

namespace sandbox {
namespace {

struct Code {
  int status;
  std::string_view name;
};

struct Row {
  SignatureProblem problem;
  Code s3;
  Code json;
  Code query;
};

using enum SignatureProblem;

constexpr std::array rows{
    Row{missing,
        {403, "AccessDenied"},
        {400, "MissingAuthenticationTokenException"},
        {403, "MissingAuthenticationToken"}},
    Row{malformed,
        {400, "AuthorizationHeaderMalformed"},
        {400, "IncompleteSignatureException"},
        {400, "IncompleteSignature"}},
    Row{unknown_key,
        {403, "InvalidAccessKeyId"},
        {400, "UnrecognizedClientException"},
        {403, "InvalidClientTokenId"}},
    Row{unknown_token,
        {400, "InvalidToken"},
        {400, "UnrecognizedClientException"},
        {403, "InvalidClientTokenId"}},
    Row{expired_token,
        {400, "ExpiredToken"},
        {400, "ExpiredTokenException"},
        {403, "ExpiredToken"}},
    Row{wrong_scope,
        {400, "AuthorizationHeaderMalformed"},
        {400, "InvalidSignatureException"},
        {403, "SignatureDoesNotMatch"}},
    Row{skewed,
        {403, "RequestTimeTooSkewed"},
        {400, "InvalidSignatureException"},
        {400, "RequestExpired"}},
    Row{expired,
        {403, "AccessDenied"},
        {400, "InvalidSignatureException"},
        {400, "RequestExpired"}},
    Row{unsigned_headers,
        {403, "AccessDenied"},
        {400, "InvalidSignatureException"},
        {403, "SignatureDoesNotMatch"}},
    Row{mismatch,
        {403, "SignatureDoesNotMatch"},
        {400, "InvalidSignatureException"},
        {403, "SignatureDoesNotMatch"}},
};

const Code& code_of(SignatureProblem problem, Protocol protocol) {
  for (const auto& row : rows) {
    if (row.problem != problem) continue;
    if (protocol == Protocol::json) return row.json;
    return protocol == Protocol::s3 ? row.s3 : row.query;
  }
  return rows.front().s3;
}

constexpr std::string_view mismatch_message =
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method.";

std::string message_of(const Rejection& rejection, Protocol protocol) {
  switch (rejection.problem) {
    case missing:
      return protocol == Protocol::s3 ? "Access Denied" : "Missing Authentication Token";
    case unknown_key:
      return protocol == Protocol::s3
                 ? "The AWS Access Key Id you provided does not exist in our records."
                 : "The security token included in the request is invalid.";
    case unknown_token:
      return "The security token included in the request is invalid.";
    case expired_token:
      return protocol == Protocol::s3 ? "The provided token has expired."
                                      : "The security token included in the request is expired";
    case skewed:
      return protocol == Protocol::s3
                 ? "The difference between the request time and the current time is too large."
                 : fmt::format("Signature expired: {}", rejection.detail);
    case unsigned_headers:
      return "There were headers present in the request which were not signed";
    case mismatch:
      if (protocol == Protocol::s3) return std::string(mismatch_message);
      return fmt::format(
          "{} Consult the service documentation for details.\n\nThe Canonical String for this "
          "request should have been\n'{}'\n\nThe String-to-Sign should have been\n'{}'\n",
          mismatch_message, rejection.canonical_request, rejection.string_to_sign);
    case malformed:
    case wrong_scope:
    case expired:
      return rejection.detail;
  }
  return rejection.detail;
}

}  // namespace

Fault fault_of(const Rejection& rejection, Protocol protocol) {
  const auto& code = code_of(rejection.problem, protocol);
  Pairs details;
  if (rejection.problem == mismatch) {
    details = {{"SignatureProvided", rejection.provided},
               {"StringToSign", rejection.string_to_sign},
               {"CanonicalRequest", rejection.canonical_request}};
  }
  if (rejection.problem == unknown_key) details = {{"AWSAccessKeyId", rejection.detail}};
  if (rejection.problem == unsigned_headers) details = {{"HeadersNotSigned", rejection.detail}};
  return {code.status, std::string(code.name), message_of(rejection, protocol), std::move(details)};
}

}  // namespace sandbox
