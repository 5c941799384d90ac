// SPDX-License-Identifier: Apache-2.0
#include "http/url.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.hpp"
#include "text/split.hpp"

namespace http {
namespace {

int default_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

// A name or an IPv4 address, or an IPv6 address in brackets. Anything else (a backslash, an escape)
// is read differently by different programs, and then one is checked and another is asked.
bool is_host(std::string_view host) {
  const bool literal = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (literal) host = host.substr(1, host.size() - 2);
  return !host.empty() &&
         host.find_first_not_of(literal ? "0123456789abcdef:."
                                        : "0123456789abcdefghijklmnopqrstuvwxyz-._") ==
             std::string_view::npos;
}

// Why the text is no URL of ours, or an empty string and the parts.
std::string take_apart(std::string_view text, Url& url) {
  if (std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte == 0x7f;
      })) {
    return "white space or a control character in it";
  }
  const auto scheme_and_rest = text::cut(text, "://");
  if (!scheme_and_rest) return "no scheme";
  url.scheme = text::lower(scheme_and_rest->first);
  if (url.scheme != "http" && url.scheme != "https") return "neither http nor https";
  auto rest = scheme_and_rest->second.substr(0, scheme_and_rest->second.find('#'));
  const auto authority = rest.substr(0, rest.find_first_of("/?"));
  rest.remove_prefix(authority.size());
  if (authority.find('@') != std::string_view::npos) return "user information in it";
  const auto port_at = authority.ends_with(']') ? std::string_view::npos : authority.rfind(':');
  url.host = text::lower(authority.substr(0, port_at));
  if (url.host.empty()) return "no host";
  if (!is_host(url.host)) return "a bad host name";
  url.port = default_port(url.scheme);
  if (port_at != std::string_view::npos) {
    const auto port = text::find_number(authority.substr(port_at + 1));
    if (!port || *port == 0 || *port > 65535) return "a bad port";
    url.port = static_cast<int>(*port);
  }
  const auto query_at = rest.find('?');
  url.path = std::string(rest.substr(0, query_at));
  if (url.path.empty()) url.path = "/";
  url.query = query_at == std::string_view::npos ? "" : std::string(rest.substr(query_at + 1));
  return {};
}

// RFC 3986 section 5.2.4, for a path that begins with '/': "." goes, ".." takes the part before it
// along and ends at the root; either at the end leaves its slash.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  const auto parts = text::split(path.substr(1), '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool dots = parts[i] == "." || parts[i] == "..";
    if (parts[i] == ".." && !kept.empty()) kept.pop_back();
    if (!dots) kept.push_back(parts[i]);
    if (dots && i + 1 == parts.size()) kept.emplace_back();
  }
  return "/" + text::join({kept.begin(), kept.end()}, "/");
}

// In decimal without leading zeros, which some programs take for octal.
std::optional<std::array<int, 4>> find_ipv4(std::string_view host) {
  const auto parts = text::split(host, '.');
  std::array<int, 4> address{};
  if (parts.size() != address.size()) return std::nullopt;
  for (std::size_t i = 0; i < address.size(); ++i) {
    const auto number = text::find_number(parts[i]);
    if (!number || *number > 255 || (parts[i].size() > 1 && parts[i].front() == '0')) {
      return std::nullopt;
    }
    address.at(i) = static_cast<int>(*number);
  }
  return address;
}

}  // namespace

std::string Url::authority() const {
  return port == default_port(scheme) ? host : fmt::format("{}:{}", host, port);
}

std::string Url::origin() const { return fmt::format("{}://{}", scheme, authority()); }

std::string Url::text() const { return origin() + path + (query.empty() ? "" : "?" + query); }

bool Url::same_origin(const Url& other) const {
  return scheme == other.scheme && host == other.host && port == other.port;
}

Url parse_url(std::string_view text) {
  Url url;
  const auto why = take_apart(text, url);
  if (!why.empty()) {
    throw base::Error(base::Kind::usage, fmt::format("read the address '{}': {}", text, why),
                      "give an address like https://host:port/path");
  }
  return url;
}

std::optional<Url> find_resolved(const Url& base, std::string_view reference) {
  Url url;
  const auto delimiter = reference.find_first_of(":/?#");
  if (delimiter != std::string_view::npos && reference[delimiter] == ':') {  // it has a scheme
    return take_apart(reference, url).empty() ? std::optional(url) : std::nullopt;
  }
  if (reference.empty() || reference.starts_with('#')) return base;
  std::string absolute;
  if (reference.starts_with("//")) {
    absolute = base.scheme + ":" + std::string(reference);
  } else if (reference.starts_with('/')) {
    absolute = base.origin() + std::string(reference);
  } else if (reference.starts_with('?')) {
    absolute = base.origin() + base.path + std::string(reference);
  } else {
    const auto path = reference.substr(0, reference.find_first_of("?#"));
    absolute = base.origin() +
               without_dots(base.path.substr(0, base.path.rfind('/') + 1) + std::string(path)) +
               std::string(reference.substr(path.size()));
  }
  return take_apart(absolute, url).empty() ? std::optional(url) : std::nullopt;
}

std::string redacted(const Url& url) {
  // Registry upload state, signed URLs and tokens travel in queries, so keys are shown by a list.
  constexpr std::array<std::string_view, 14> harmless{
      "digest", "mount",      "from",    "versionId", "prefix",   "list-type",  "service",
      "scope",  "partNumber", "uploads", "n",         "location", "versioning", "max-uploads"};
  std::string text = url.origin() + url.path;
  if (url.query.empty()) return text;
  char separator = '?';
  for (const auto part : text::split(url.query, '&')) {
    const auto pair = text::cut(part, "=");
    const auto key = pair ? pair->first : part;
    const bool shown = std::find(harmless.begin(), harmless.end(), key) != harmless.end();
    text += separator;
    text += shown ? std::string(part) : std::string(key) + (pair ? "=…" : "");
    separator = '&';
  }
  return text;
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost" || host == "[::1]" || host == "::1") return true;
  const auto address = find_ipv4(host);
  return address && address->front() == 127;
}

bool is_link_local_host(std::string_view host) {
  if (host.starts_with("[fe80:") || host.starts_with("[fd00:ec2:")) return true;
  const auto address = find_ipv4(host);
  return address && (*address)[0] == 169 && (*address)[1] == 254;
}

}  // namespace http
