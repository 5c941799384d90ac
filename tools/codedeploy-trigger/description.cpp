// SPDX-License-Identifier: Apache-2.0
#include "codedeploy-trigger/description.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "text/split.hpp"

namespace codedeploy_trigger {
namespace {

constexpr std::size_t most_characters = 256;
constexpr std::size_t shortest_id = 6;  // "d-" and nine characters so far

bool is_id_character(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_word_character(char c) {
  return is_id_character(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

}  // namespace

std::string deployment_key(const aws::NewDeployment& deployment, const Origin& origin) {
  const auto& revision = deployment.revision;
  const auto all = text::join({deployment.application, deployment.group, revision.bucket,
                               revision.key, revision.version, revision.etag, origin.build_tag},
                              "|");
  return crypto::sha256_hex(all).substr(0, 12);
}

std::string describe(const aws::NewDeployment& deployment, const Origin& origin,
                     std::string_view words, std::string_view run) {
  std::string text(words.empty() ? std::string_view(origin.version) : words);
  text += fmt::format("{}key={} run={}", text.empty() ? "" : " ",
                      deployment_key(deployment, origin), run);
  if (!origin.build_number.empty()) text += " build=" + origin.build_number;
  text += " commit=" + origin.commit;
  if (text.size() > most_characters) {
    throw base::Error(base::Kind::usage,
                      fmt::format("write the description: {} bytes, CodeDeploy takes {}",
                                  text.size(), most_characters),
                      "shorten --description");
  }
  return text;
}

std::string find_deployment_id(std::string_view message) {
  // Both known sentences name the deployment last, after the group.
  for (auto at = message.rfind("d-"); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : message.rfind("d-", at - 1)) {
    if (at > 0 && is_word_character(message[at - 1])) continue;
    auto end = at + 2;
    while (end < message.size() && is_id_character(message[end])) ++end;
    if (end - at >= shortest_id) return std::string(message.substr(at, end - at));
  }
  return {};
}

}  // namespace codedeploy_trigger
