// SPDX-License-Identifier: Apache-2.0
#include "oci/reference.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "oci/digest.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_tag = 128;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_word(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_'; }

// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
bool is_path_component(std::string_view text) {
  std::size_t at = 0;
  const auto take_word = [&] {
    const std::size_t start = at;
    while (at < text.size() && is_lower_or_digit(text[at])) ++at;
    return at > start;
  };
  if (!take_word()) return false;
  while (at < text.size()) {
    const char separator = text[at];
    const std::size_t start = at;
    while (at < text.size() && text[at] == separator) ++at;
    const std::size_t most = separator == '-' ? text.size() : separator == '_' ? 2 : 1;
    if ((separator != '-' && separator != '_' && separator != '.') || at - start > most)
      return false;
    if (!take_word()) return false;
  }
  return true;
}

bool is_host_character(char c) {
  return is_word(c) || c == '-' || c == '.' || c == '[' || c == ']' || c == ':';
}

bool is_registry(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, is_host_character)) return false;
  if (text.front() == '[') return text.find(']') != std::string_view::npos;
  const auto port = text::cut(text, ":");
  if (!port) return true;
  const auto number = text::find_number(port->second);
  return !port->first.empty() && number && *number > 0 && *number <= 65'535;
}

bool looks_like_registry(std::string_view component) {
  return component.find_first_of(".:") != std::string_view::npos || component == "localhost";
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw base::Error(base::Kind::usage, fmt::format("read image reference '{}': {}", text, why),
                    "write it as registry/repository:tag");
}

}  // namespace

std::string Reference::name() const { return registry + '/' + repository; }

std::string Reference::text() const {
  std::string whole = name();
  if (!tag.empty()) whole += ':' + tag;
  if (!digest.empty()) whole += '@' + digest;
  return whole;
}

bool is_tag(std::string_view text) {
  if (text.empty() || text.size() > longest_tag || !is_word(text.front())) return false;
  return std::ranges::all_of(text, [](char c) { return is_word(c) || c == '.' || c == '-'; });
}

std::string tag_of_version(std::string_view version) {
  std::string tag(version.substr(0, longest_tag));
  for (char& c : tag) {
    if (!is_word(c) && c != '.' && c != '-') c = '-';
  }
  const std::size_t start = tag.find_first_not_of(".-");
  return start == std::string::npos ? std::string() : tag.substr(start);
}

Reference parse_reference(std::string_view text) {
  Reference reference;
  std::string_view rest = text;
  if (rest.find("://") != std::string_view::npos) refuse(text, "it has a scheme");
  if (const auto parts = text::cut(rest, "@")) {
    rest = parts->first;
    if (!is_digest(parts->second)) refuse(text, "its digest is not sha256: and 64 hex digits");
    reference.digest = parts->second;
  }
  const std::size_t slash = rest.rfind('/');
  const std::size_t colon = rest.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon != std::string_view::npos) {
    reference.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!is_tag(reference.tag)) refuse(text, fmt::format("'{}' is no tag", reference.tag));
  }
  const auto parts = text::cut(rest, "/");
  if (parts && looks_like_registry(parts->first)) {
    reference.registry = text::lower(parts->first);
    rest = parts->second;
    if (!is_registry(reference.registry)) {
      refuse(text, fmt::format("'{}' is no registry address", parts->first));
    }
  } else {
    reference.registry = "docker.io";
  }
  if (reference.registry == "index.docker.io") reference.registry = "docker.io";
  reference.repository = rest;
  if (reference.registry == "docker.io" && rest.find('/') == std::string_view::npos) {
    reference.repository = "library/" + reference.repository;
  }
  if (rest.empty()) refuse(text, "it has no repository");
  for (const std::string_view component : text::split(reference.repository, '/')) {
    if (!is_path_component(component)) {
      refuse(text, component == text::lower(component)
                       ? fmt::format("'{}' is no repository name", component)
                       : fmt::format("'{}' has upper-case letters", component));
    }
  }
  if (reference.name().size() > longest_name) refuse(text, "it is longer than 255 characters");
  return reference;
}

std::string api_host(std::string_view registry) {
  return registry == "docker.io" ? "registry-1.docker.io" : std::string(registry);
}

}  // namespace oci
