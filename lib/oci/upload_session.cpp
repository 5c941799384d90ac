// SPDX-License-Identifier: Apache-2.0
#include "oci/upload_session.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "logging/log.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

constexpr std::chrono::seconds cancel_limit{2};

}  // namespace

UploadSession::UploadSession(Requests& requests, const http::Response& opened, std::string scope,
                             const std::string& what)
    : requests_(requests), location_(requests.base()), scope_(std::move(scope)) {
  ended_ = true;  // until there is something to cancel
  if (!opened.headers.find("Location")) {
    throw base::Error(base::Kind::refused,
                      fmt::format("{}: the registry opened an upload without a Location", what));
  }
  moved(opened, what);
  const auto least = opened.headers.find("OCI-Chunk-Min-Length");
  if (least) least_chunk_ = text::find_number(*least).value_or(0);
  ended_ = false;
}

UploadSession::~UploadSession() {
  if (ended_) return;
  try {
    // A client of its own, because the other sends nothing more once a stop was asked for.
    http::ClientOptions options = requests_.client().options();
    options.connect_timeout = cancel_limit;
    options.total = cancel_limit;
    http::Client last_words(requests_.client().clock(), {}, std::move(options));
    http::Request request{.method = "DELETE", .url = location_.text()};
    if (location_.same_origin(requests_.base())) {
      const std::string authorization = requests_.authorizer().header(scope_);
      if (!authorization.empty()) request.headers.set("Authorization", authorization);
    }
    last_words.send_once(request);
  } catch (const std::exception& error) {
    // Registries drop unfinished uploads by themselves after a while.
    logging::debug("cancel an upload: {}", error.what());
  }
}

http::Url UploadSession::commit_url(const std::string& digest) const {
  http::Url url = location_;
  url.query += (url.query.empty() ? "digest=" : "&digest=") + digest;
  return url;
}

void UploadSession::moved(const http::Response& answer, const std::string& what) {
  const auto told = answer.headers.find("Location");
  if (!told) return;
  const auto location = http::find_resolved(location_, *told);
  if (!location) {
    throw base::Error(base::Kind::refused,
                      fmt::format("{}: the registry continues an upload at '{}'", what, *told));
  }
  check_redirect(requests_.base(), *location, what);
  location_ = secured(*location, requests_.base());
}

http::Url secured(http::Url location, const http::Url& base) {
  const bool is_own_by_http = location.scheme == "http" && base.scheme == "https" &&
                              location.host == base.host &&
                              (location.port == 80 || location.port == base.port);
  if (!is_own_by_http) return location;
  location.scheme = base.scheme;
  location.port = base.port;
  return location;
}

std::optional<std::uint64_t> find_received(const http::Response& answer) {
  const auto range = answer.headers.find("Range");
  if (!range) return std::nullopt;
  std::string_view told = *range;
  if (told.starts_with("bytes=")) told.remove_prefix(sizeof "bytes=" - 1);
  const auto ends = text::cut(told, "-");
  const auto first = ends ? text::find_number(ends->first) : std::nullopt;
  const auto last = ends ? text::find_number(ends->second) : std::nullopt;
  if (!first || !last || *first != 0) return std::nullopt;
  return *last == 0 ? 0 : *last + 1;
}

}  // namespace oci
