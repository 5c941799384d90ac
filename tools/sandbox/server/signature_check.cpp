// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/signature_check.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "crypto/sha256.hpp"
#include "text/hex.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace sandbox {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::chrono::minutes clock_tolerance{15};
constexpr std::chrono::seconds longest_presign{604'800};

// The parts of a signature, from the Authorization header or from the query.
struct ClaimedSignature {
  bool presigned = false;
  std::string access_key{};
  std::string date{};
  std::string region{};
  std::string service{};
  std::string terminator{};
  std::vector<std::string> signed_headers{};
  std::string signature{};
  std::string timestamp{};
  std::chrono::seconds lifetime{0};  // presigned only
};

Rejection reject(SignatureProblem problem, std::string detail) {
  return {.problem = problem, .detail = std::move(detail)};
}

// AKID/20260102/us-east-1/s3/aws4_request
bool read_credential(std::string_view credential, ClaimedSignature& claim) {
  const auto parts = text::split(credential, '/');
  if (parts.size() != 5) return false;
  claim.access_key = parts[0];
  claim.date = parts[1];
  claim.region = parts[2];
  claim.service = parts[3];
  claim.terminator = parts[4];
  return true;
}

void read_signed_headers(std::string_view list, ClaimedSignature& claim) {
  for (const auto name : text::split(list, ';')) claim.signed_headers.emplace_back(name);
}

std::variant<ClaimedSignature, Rejection> claim_of_header(const Request& request,
                                                          std::string_view header) {
  const auto halves = text::cut(header, " ");
  if (!halves || halves->first != algorithm) {
    return reject(SignatureProblem::malformed,
                  fmt::format("the Authorization header does not begin with {}", algorithm));
  }
  ClaimedSignature claim;
  for (const auto part : text::split(halves->second, ',')) {
    const auto pair = text::cut(text::trim(part), "=");
    if (!pair) return reject(SignatureProblem::malformed, "a part of Authorization has no =");
    if (pair->first == "Credential" && !read_credential(pair->second, claim)) {
      return reject(SignatureProblem::malformed,
                    "Credential is not key/date/region/service/aws4_request");
    }
    if (pair->first == "SignedHeaders") read_signed_headers(pair->second, claim);
    if (pair->first == "Signature") claim.signature = pair->second;
  }
  if (claim.access_key.empty() || claim.signed_headers.empty() || claim.signature.empty()) {
    return reject(SignatureProblem::malformed,
                  "Authorization needs Credential, SignedHeaders and Signature");
  }
  claim.timestamp = value_of(request.headers, "x-amz-date");
  if (claim.timestamp.empty()) {
    const auto date = timing::find_http_date(value_of(request.headers, "date"));
    if (date) claim.timestamp = timing::sigv4_basic(*date);
  }
  return claim;
}

std::variant<ClaimedSignature, Rejection> claim_of_query(const Pairs& query) {
  ClaimedSignature claim;
  claim.presigned = true;
  if (value_of(query, "X-Amz-Algorithm") != algorithm) {
    return reject(SignatureProblem::malformed, fmt::format("X-Amz-Algorithm is not {}", algorithm));
  }
  if (!read_credential(value_of(query, "X-Amz-Credential"), claim)) {
    return reject(SignatureProblem::malformed,
                  "X-Amz-Credential is not key/date/region/service/aws4_request");
  }
  read_signed_headers(value_of(query, "X-Amz-SignedHeaders"), claim);
  claim.signature = value_of(query, "X-Amz-Signature");
  claim.timestamp = value_of(query, "X-Amz-Date");
  const auto lifetime = text::find_number(value_of(query, "X-Amz-Expires"));
  if (!lifetime || *lifetime > static_cast<std::uint64_t>(longest_presign.count())) {
    return reject(SignatureProblem::malformed,
                  "X-Amz-Expires must be a number of seconds, at most a week");
  }
  claim.lifetime = std::chrono::seconds(static_cast<std::int64_t>(*lifetime));
  return claim;
}

std::variant<ClaimedSignature, Rejection> claim_of(const Request& request, const Pairs& query) {
  if (const auto* header = find_value(request.headers, "authorization")) {
    return claim_of_header(request, *header);
  }
  if (find_value(query, "X-Amz-Signature") != nullptr) return claim_of_query(query);
  return reject(SignatureProblem::missing, "the request is not signed");
}

std::optional<Rejection> check_time(const ClaimedSignature& claim, timing::SystemTime now) {
  const auto signed_at = timing::find_sigv4_basic(claim.timestamp);
  if (!signed_at) {
    return reject(SignatureProblem::malformed, "X-Amz-Date is missing or not 20260102T030405Z");
  }
  if (!claim.timestamp.starts_with(claim.date)) {
    return reject(SignatureProblem::wrong_scope,
                  fmt::format("the credential's date {} is not that of the request, {}", claim.date,
                              claim.timestamp));
  }
  if (claim.presigned && now > *signed_at + claim.lifetime) {
    return reject(SignatureProblem::expired, "Request has expired");
  }
  const bool too_old = !claim.presigned && now > *signed_at + clock_tolerance;
  if (too_old || now + clock_tolerance < *signed_at) {
    return reject(SignatureProblem::skewed, fmt::format("signed at {}, the server's clock says {}",
                                                        claim.timestamp, timing::sigv4_basic(now)));
  }
  return std::nullopt;
}

std::optional<Rejection> check_scope(const ClaimedSignature& claim, const SignatureRules& rules) {
  if (std::find(rules.services.begin(), rules.services.end(), claim.service) ==
      rules.services.end()) {
    return reject(SignatureProblem::wrong_scope,
                  fmt::format("Credential should be scoped to correct service: '{}', not '{}'",
                              rules.services.front(), claim.service));
  }
  if (claim.terminator != "aws4_request" || claim.region.empty()) {
    return reject(SignatureProblem::malformed,
                  "Credential must name a region and end with aws4_request");
  }
  return std::nullopt;
}

std::optional<Rejection> check_signed_headers(const Request& request,
                                              const ClaimedSignature& claim) {
  const auto& names = claim.signed_headers;
  const auto is_signed = [&names](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (!is_signed("host")) {
    return reject(SignatureProblem::malformed, "'Host' must be a signed header");
  }
  if (!std::is_sorted(names.begin(), names.end())) {
    return reject(SignatureProblem::malformed, "SignedHeaders are not sorted");
  }
  for (const auto& name : names) {
    if (name != text::lower(name)) {
      return reject(SignatureProblem::malformed, "SignedHeaders are not in lower case");
    }
  }
  if (claim.service != "s3") return std::nullopt;
  for (const auto& [name, value] : request.headers) {
    if (name.starts_with("x-amz-") && !is_signed(name)) {
      return reject(SignatureProblem::unsigned_headers, name);
    }
  }
  return std::nullopt;
}

// Runs of spaces become one, none at the ends.
std::string folded(std::string_view value) {
  std::string result;
  for (const char c : text::trim(value)) {
    if (c == ' ' && result.ends_with(' ')) continue;
    result += c;
  }
  return result;
}

std::string canonical_headers(const Request& request, const std::vector<std::string>& names) {
  std::string result;
  for (const auto& name : names) {
    std::string merged;
    bool first = true;
    for (const auto& [header, value] : request.headers) {
      if (header != name) continue;
      if (!first) merged += ',';
      merged += folded(value);
      first = false;
    }
    result += name + ':' + merged + '\n';
  }
  return result;
}

std::string canonical_query(const Pairs& query) {
  std::vector<std::pair<std::string, std::string>> encoded;
  for (const auto& [name, value] : query) {
    if (name == "X-Amz-Signature") continue;
    encoded.emplace_back(text::percent_encode(name), text::percent_encode(value));
  }
  std::sort(encoded.begin(), encoded.end());
  std::vector<std::string> pieces;
  for (const auto& [name, value] : encoded) pieces.push_back(name + '=' + value);
  return text::join(pieces, "&");
}

// S3 signs the key encoded once and as it is, "a//b" and "a/../b" included; the others sign the
// path encoded twice.
std::string canonical_path(const Request& request, const ClaimedSignature& claim) {
  const auto plain = text::find_percent_decoded(request.path).value_or(request.path);
  const auto once = text::percent_encode(plain, text::Slash::keep);
  return claim.service == "s3" ? once : text::percent_encode(once, text::Slash::keep);
}

// What stands for the body in the canonical request. S3 believes the header here and compares it
// with the body later; the others compute it.
std::string payload_of(const Request& request, const ClaimedSignature& claim) {
  if (claim.service != "s3") return crypto::sha256_hex(request.body);
  const auto* header = find_value(request.headers, "x-amz-content-sha256");
  if (header != nullptr) return *header;
  return claim.presigned ? std::string(unsigned_payload) : std::string();
}

std::string derived_key(const ClaimedSignature& claim, std::string_view secret) {
  const auto step = [](std::string_view key, std::string_view message) {
    return std::string(crypto::as_text(crypto::hmac_sha256(key, message)));
  };
  return step(
      step(step(step(fmt::format("AWS4{}", secret), claim.date), claim.region), claim.service),
      "aws4_request");
}

// Whose secret made the signature.
struct Signer {
  Credentials credentials{};
  std::optional<RoleSession> session{};
};

std::variant<Signer, Rejection> signer_of(const Request& request, const ClaimedSignature& claim,
                                          const SignatureRules& rules, const Pairs& query) {
  const auto* token = find_value(request.headers, "x-amz-security-token");
  if (token == nullptr) token = find_value(query, "X-Amz-Security-Token");
  const auto keys = token == nullptr ? std::nullopt : find_session_keys(rules.credentials, *token);
  const auto signer = keys ? Signer{keys->credentials, keys->session} : Signer{rules.credentials};
  if (claim.access_key != signer.credentials.access_key) {
    return reject(SignatureProblem::unknown_key, claim.access_key);
  }
  if (token != nullptr && !keys) {
    return reject(SignatureProblem::unknown_token,
                  "the sandbox's credentials have no session token");
  }
  if (keys && rules.now >= keys->session.expires) {
    return reject(SignatureProblem::expired_token, "the role's session is over");
  }
  return signer;
}

std::optional<Rejection> check_claim(const Request& request, const ClaimedSignature& claim,
                                     const SignatureRules& rules) {
  if (auto problem = check_scope(claim, rules)) return problem;
  if (auto problem = check_time(claim, rules.now)) return problem;
  return check_signed_headers(request, claim);
}

}  // namespace

std::string signature_of(std::string_view key, std::string_view string_to_sign) {
  return text::hex(crypto::hmac_sha256(key, string_to_sign));
}

SignatureVerdict check_signature(const Request& request, const SignatureRules& rules) {
  const auto query = decode_query(request.query);
  auto claimed = claim_of(request, query);
  if (auto* rejection = std::get_if<Rejection>(&claimed)) return std::move(*rejection);
  const auto& claim = std::get<ClaimedSignature>(claimed);
  auto found = signer_of(request, claim, rules, query);
  if (auto* rejection = std::get_if<Rejection>(&found)) return std::move(*rejection);
  const auto& signer = std::get<Signer>(found);
  if (auto problem = check_claim(request, claim, rules)) return *std::move(problem);

  const auto payload = payload_of(request, claim);
  if (payload.empty()) {
    return reject(SignatureProblem::malformed,
                  "Missing required header for this request: x-amz-content-sha256");
  }
  const auto canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(request, claim),
                  canonical_query(query), canonical_headers(request, claim.signed_headers),
                  text::join(claim.signed_headers, ";"), payload);
  const auto scope =
      fmt::format("{}/{}/{}/{}", claim.date, claim.region, claim.service, claim.terminator);
  const auto string_to_sign = fmt::format("{}\n{}\n{}\n{}", algorithm, claim.timestamp, scope,
                                          crypto::sha256_hex(canonical));
  const auto key = derived_key(claim, signer.credentials.secret_key);
  if (!crypto::equal_in_constant_time(signature_of(key, string_to_sign), claim.signature)) {
    return Rejection{.problem = SignatureProblem::mismatch,
                     .detail = "the signature is not the one of this request and key",
                     .canonical_request = canonical,
                     .string_to_sign = string_to_sign,
                     .provided = claim.signature};
  }
  return Signature{.service = claim.service,
                   .region = claim.region,
                   .timestamp = claim.timestamp,
                   .scope = scope,
                   .value = claim.signature,
                   .payload = payload,
                   .key = key,
                   .session = signer.session};
}

}  // namespace sandbox
