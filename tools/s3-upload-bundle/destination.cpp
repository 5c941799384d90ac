// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/destination.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "text/nearest.hpp"
#include "text/split.hpp"

namespace s3_upload_bundle {
namespace {

constexpr std::size_t most_key_bytes = 1024;  // S3's limit
constexpr std::size_t name_length = 16 + 4;   // digits and ".zip"

constexpr std::array<std::pair<std::string_view, std::string KeyFacts::*>, 4> key_names{{
    {"sha256", &KeyFacts::sha256},
    {"commit", &KeyFacts::commit},
    {"version", &KeyFacts::version},
    {"build", &KeyFacts::build},
}};

[[noreturn]] void refuse(std::string_view uri, std::string_view why, std::string hint = {}) {
  if (hint.empty()) hint = "give it as s3://bucket/prefix/ or s3://bucket/key";
  throw base::Error(base::Kind::usage, fmt::format("read --to '{}': {}", uri, why),
                    std::move(hint));
}

bool is_bucket_name(std::string_view name) {
  return name.size() >= 3 && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_';
         });
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// A name or a piece of text between names.
struct Piece {
  std::string_view text;
  bool is_name = false;
};

// Braces that do not pair are part of the key: S3 allows them.
std::vector<Piece> pieces_of(std::string_view key) {
  std::vector<Piece> pieces;
  while (!key.empty()) {
    const auto open = key.find('{');
    const auto close = open == std::string_view::npos ? open : key.find('}', open);
    if (close == std::string_view::npos) {
      pieces.push_back({.text = key});
      break;
    }
    if (open > 0) pieces.push_back({.text = key.substr(0, open)});
    pieces.push_back({.text = key.substr(open + 1, close - open - 1), .is_name = true});
    key.remove_prefix(close + 1);
  }
  return pieces;
}

void check_names(std::string_view uri, std::string_view key) {
  std::vector<std::string> known;
  for (const auto& [name, member] : key_names) known.emplace_back(name);
  for (const auto& piece : pieces_of(key)) {
    if (!piece.is_name || std::ranges::find(known, piece.text) != known.end()) continue;
    const auto near = text::nearest(piece.text, known);
    refuse(uri, fmt::format("unknown name {{{}}}", piece.text),
           near.empty() ? "known are {sha256}, {commit}, {version} and {build}"
                        : fmt::format("did you mean '{{{}}}'?", near));
  }
}

std::string value_of(std::string_view name, const KeyFacts& facts) {
  for (const auto& [known, member] : key_names) {
    if (known != name) continue;
    const auto& value = facts.*member;
    const bool usable = !value.empty() && std::ranges::none_of(value, is_control) &&
                        value.find('/') == std::string::npos && value != "." && value != "..";
    if (usable) return value;
    const auto why = value.empty() ? std::string("is not known")
                                   : fmt::format("'{}' cannot be part of a key", value);
    throw base::Error(base::Kind::usage, fmt::format("fill in {{{}}} of --to: {}", name, why),
                      name == "build" ? "BUILD_NUMBER is what Jenkins sets"
                                      : "the release record says it; run build-jar first");
  }
  throw base::Error(base::Kind::internal, "fill in --to: an unchecked name");
}

}  // namespace

bool Destination::is_content_addressed() const {
  return !is_key || key.find("{sha256}") != std::string::npos;
}

Destination parse_destination(std::string_view uri) {
  constexpr std::string_view scheme = "s3://";
  if (!uri.starts_with(scheme)) refuse(uri, "it does not begin with s3://");
  const auto rest = uri.substr(scheme.size());
  const auto parts = text::cut(rest, "/");
  Destination destination{.bucket = std::string(parts ? parts->first : rest),
                          .key = std::string(parts ? parts->second : "")};
  if (!is_bucket_name(destination.bucket)) {
    refuse(uri, fmt::format("'{}' is no bucket name", destination.bucket));
  }
  const auto& key = destination.key;
  destination.is_key = !key.empty() && !key.ends_with('/');
  if (key.starts_with('/') || key.find("//") != std::string::npos) {
    refuse(uri, "a '/' too many: the key would have an empty folder");
  }
  if (key.size() + (destination.is_key ? 0 : name_length) > most_key_bytes) {
    refuse(uri, "the key is too long");
  }
  if (std::ranges::any_of(key, is_control)) refuse(uri, "a control character in it");
  check_names(uri, key);
  return destination;
}

std::string key_for(const Destination& destination, const KeyFacts& facts) {
  std::string key;
  for (const auto& piece : pieces_of(destination.key)) {
    key += piece.is_name ? value_of(piece.text, facts) : std::string(piece.text);
  }
  if (!destination.is_key) key += fmt::format("{}.{}", facts.sha256.substr(0, 16), facts.extension);
  if (key.size() > most_key_bytes) {
    throw base::Error(
        base::Kind::usage,
        fmt::format("fill in --to: a key of {} bytes, S3 takes {}", key.size(), most_key_bytes),
        "shorten it");
  }
  return key;
}

}  // namespace s3_upload_bundle
