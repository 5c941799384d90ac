// SPDX-License-Identifier: Apache-2.0
#include "aws/advice.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "text/split.hpp"

namespace aws {
namespace {

struct Advice {
  std::string_view code;
  std::string_view hint;
};

constexpr std::string_view other_keys =
    "check AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN: this service does not know them";
constexpr std::string_view later = "run it again later: the account's request rate is used up";
constexpr std::string_view clock_off = "set this machine's clock: it is more than 15 minutes off";
constexpr std::string_view fresh_token =
    "get fresh credentials: the session token ran out, and asking again gave no other";

constexpr std::array<Advice, 38> advice{{
    {"Forbidden",
     "check that the credentials may do this; aws sts get-caller-identity names the identity in "
     "use"},
    {"ExpiredToken", fresh_token},
    {"ExpiredTokenException", fresh_token},
    {"TokenRefreshRequired", fresh_token},
    {"InvalidToken", "check AWS_SESSION_TOKEN: it must belong to the access key in use"},
    {"InvalidAccessKeyId", "check AWS_ACCESS_KEY_ID: this service does not know it"},
    {"UnrecognizedClientException", other_keys},
    {"InvalidClientTokenId", other_keys},
    {"MissingAuthenticationToken", "check that the address is the service's own and no proxy's"},
    {"SignatureDoesNotMatch", "check AWS_SECRET_ACCESS_KEY: it does not belong to the access key"},
    {"InvalidSignatureException", "check AWS_SECRET_ACCESS_KEY and this machine's clock"},
    {"AuthorizationHeaderMalformed", "check --region: the service expects another one"},
    {"PermanentRedirect", "pass --region with the bucket's own region"},
    {"IllegalLocationConstraintException", "pass --region with the bucket's own region"},
    {"RequestTimeTooSkewed", clock_off},
    {"RequestExpired", clock_off},
    {"NoSuchKey", "check the object's key and version"},
    {"NoSuchUpload", "run it again: the upload was finished or aborted meanwhile"},
    {"OptInRequired", "enable the region for this account"},
    {"ThrottlingException", later},
    {"Throttling", later},
    {"RequestLimitExceeded", later},
    {"SlowDown", "run it again later: S3 asks for fewer requests"},
    {"EntityTooLarge", "a single PUT takes 5 GiB at most"},
    {"BadDigest", "run it again; the bytes changed on their way"},
    {"XAmzContentSHA256Mismatch", "run it again; the bytes changed on their way"},
    {"KMS.DisabledException", "enable the KMS key, or name another one"},
    {"KMS.NotFoundException", "check the KMS key's id, account and region"},
    {"ApplicationDoesNotExistException", "check the application's name and the region"},
    {"DeploymentGroupDoesNotExistException", "check the deployment group's name and the region"},
    {"DeploymentConfigDoesNotExistException", "check the deployment configuration's name"},
    {"DeploymentDoesNotExistException", "check the deployment id and the region"},
    {"DeploymentLimitExceededException",
     "wait for the running deployment of that group, or stop it"},
    {"RevisionDoesNotExistException", "upload the bundle again"},
    {"InvalidRevisionException", "check bucket, key and bundle type of the revision"},
    {"InvalidRoleException", "check the deployment group's service role"},
    {"InvalidAutoScalingGroupException", "check the Auto Scaling group of the deployment group"},
    {"TargetGroupNotFound", "check the target group's name and the region"},
}};

// "… is not authorized to perform: ACTION on resource: RESOURCE because …" names what is missing,
// KMS keys included; otherwise it is what was asked.
std::string denied_hint(const Failure& failure) {
  auto action = failure.action;
  auto resource = failure.resource;
  if (const auto told = text::cut(failure.message, "not authorized to perform: ")) {
    const auto end = [](std::string_view rest) { return rest.substr(0, rest.find_first_of(" ,")); };
    action = std::string(end(told->second));
    const auto on = text::cut(told->second, "on resource: ");
    resource = on ? text::replace_all(end(on->second), "\"", "") : std::string();
    while (resource.ends_with('.')) resource.pop_back();
    while (action.ends_with('.')) action.pop_back();
  }
  const auto what = action.empty()     ? std::string("that action")
                    : resource.empty() ? action
                                       : fmt::format("{} on {}", action, resource);
  if (failure.message.find("explicit deny") != std::string::npos) {
    return fmt::format("a policy denies {} explicitly: no permission elsewhere outweighs it", what);
  }
  return fmt::format("allow {} for the identity in use; aws sts get-caller-identity names it",
                     what);
}

}  // namespace

std::string hint_for(const Failure& failure) {
  if (!failure.region.empty() && failure.region != failure.asked_region) {
    return fmt::format("the bucket is in {}: use that region", failure.region);
  }
  if (failure.code == "AccessDenied" || failure.code == "AccessDeniedException") {
    return denied_hint(failure);
  }
  if (failure.code == "Forbidden" && !failure.action.empty()) return denied_hint(failure);
  if (failure.code == "NoSuchBucket") {
    return failure.asked_region.empty()
               ? "check the bucket's name and the region"
               : fmt::format("check the bucket's name and the region; asked in {}",
                             failure.asked_region);
  }
  if (!failure.difference.empty()) return failure.difference;
  const auto known = std::find_if(advice.begin(), advice.end(),
                                  [&](const Advice& each) { return each.code == failure.code; });
  return known == advice.end() ? std::string() : std::string(known->hint);
}

std::string s3_action(std::string_view operation) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> others{{
      {"HeadObject", "GetObject"},
      {"CreateMultipartUpload", "PutObject"},
      {"UploadPart", "PutObject"},
      {"CompleteMultipartUpload", "PutObject"},
      {"CopyObject", "PutObject"},
      {"ListParts", "ListMultipartUploadParts"},
      {"ListMultipartUploads", "ListBucketMultipartUploads"},
      {"ListObjectsV2", "ListBucket"},
      {"HeadBucket", "ListBucket"},
  }};
  const auto other = std::find_if(others.begin(), others.end(),
                                  [&](const auto& each) { return each.first == operation; });
  return fmt::format("s3:{}", other == others.end() ? operation : other->second);
}

std::string canonical_difference(std::string_view ours, std::string_view theirs) {
  constexpr std::size_t most_shown = 120;
  const auto our_lines = text::split(ours, '\n');
  const auto their_lines = text::split(theirs, '\n');
  for (std::size_t i = 0; i < std::max(our_lines.size(), their_lines.size()); ++i) {
    const auto our = i < our_lines.size() ? our_lines[i] : std::string_view();
    const auto their = i < their_lines.size() ? their_lines[i] : std::string_view();
    if (our == their) continue;
    if (our.starts_with("x-amz-security-token:") || their.starts_with("x-amz-security-token:")) {
      return "x-amz-security-token was changed or dropped on the way: look for a proxy";
    }
    return fmt::format(
        "something on the way changed the request: we signed '{}', the service read "
        "'{}' (line {} of the canonical request)",
        our.substr(0, most_shown), their.substr(0, most_shown), i + 1);
  }
  return "the service read the request as it was signed: AWS_SECRET_ACCESS_KEY does not belong to "
         "the access key";
}

}  // namespace aws
