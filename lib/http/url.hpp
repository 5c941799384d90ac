// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace http {

// An absolute http or https URL in its parts; nothing is decoded.
struct Url {
  std::string scheme;  // lower-case
  std::string host;    // lower-case; an IPv6 literal keeps its brackets
  int port = 0;        // always set
  std::string path;    // begins with '/'
  std::string query;   // without '?'

  std::string origin() const;     // scheme://host[:port], the port only when not the default
  std::string authority() const;  // host[:port], what the Host header carries
  std::string text() const;
  bool same_origin(const Url& other) const;
};

// Throws usage naming the text for anything that is no such URL: another scheme, user info, control
// characters, a bad port.
Url parse_url(std::string_view text);

// RFC 3986 section 5 for what servers send as Location: absolute, "//host/p", "/p", "?q" or "p".
// Only the last has its "." and ".." resolved: a whole path stays as it was written, since it may
// be signed, and keys of S3 may hold them. Absent when the result is no http(s) URL.
std::optional<Url> find_resolved(const Url& base, std::string_view reference);

// For messages: query values are shown only for keys that are known to be harmless.
std::string redacted(const Url& url);

// True for localhost, 127.0.0.0/8 and [::1] as written; no name is looked up.
bool is_loopback_host(std::string_view host);

// True for 169.254.0.0/16, [fe80::…] and AWS's [fd00:ec2::…] as written: metadata services of the
// machine itself.
bool is_link_local_host(std::string_view host);

}  // namespace http
