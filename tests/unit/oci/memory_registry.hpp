// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "crypto/sha256.hpp"
#include "support/answering_server.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"

// A registry in memory that behaves as the distribution specification says, with faults to switch
// on.
struct MemoryRegistry {
  std::map<std::string, std::string> blobs;      // "repository@digest"
  std::map<std::string, std::string> manifests;  // "repository:reference"

  // Faults and manners.
  std::string basic;  // not empty: the Authorization value that is asked for
  std::string token;  // not empty: the bearer token; its realm is this server's /token
  bool challenge_only_on_ping = false;
  bool may_mount = true;
  int broken_puts = 0;             // so many blob PUTs end in 500
  bool keeps_broken_puts = false;  // … though the blob was stored
  std::string digest_header;       // not empty: a wrong Docker-Content-Digest
  std::string upload_host;         // not empty: uploads go to this authority

  support::AnsweringServer server{[this](const support::ServedRequest& r) { return answer(r); }};

  std::string name() const { return server.authority(); }

  // "HEAD /v2/shop/blobs/sha256:…" lines, upload ids and queries left out.
  std::string told() const {
    std::string lines;
    for (const auto& request : server.requests()) {
      const auto session = request.path.find("/uploads/");
      lines += request.method + ' ' + request.path.substr(0, session) +
               (session == std::string::npos ? "" : "/uploads") + '\n';
    }
    return lines;
  }

  int count(const std::string& method) const {
    int number = 0;
    for (const auto& request : server.requests()) number += request.method == method ? 1 : 0;
    return number;
  }

 private:
  support::ServedAnswer answer(const support::ServedRequest& request) {
    if (request.path == "/token") {
      return {.body = "{\"token\":\"" + token + "\",\"expires_in\":300}"};
    }
    if (auto refusal = unauthorized(request)) return *refusal;
    const auto whole = std::string_view(request.path).substr(4);  // after "/v2/"
    for (const std::string_view kind : {"/blobs/uploads/", "/blobs/", "/manifests/"}) {
      const auto at = whole.find(kind);
      if (at == std::string_view::npos) continue;
      const std::string repository(whole.substr(0, at));
      const std::string rest(whole.substr(at + kind.size()));
      if (kind == "/manifests/") return manifest(request, repository, rest);
      if (kind == "/blobs/") return blob(request, repository, rest);
      return upload(request, repository);
    }
    return {};
  }

  std::optional<support::ServedAnswer> unauthorized(const support::ServedRequest& request) const {
    const std::string wanted = token.empty() ? basic : "Bearer " + token;
    if (wanted.empty() || request.header("authorization") == wanted) return std::nullopt;
    support::ServedAnswer refusal{.status = 401};
    if (!challenge_only_on_ping || request.path == "/v2/") {
      refusal.headers.emplace_back("WWW-Authenticate",
                                   token.empty() ? "Basic realm=\"r\""
                                                 : "Bearer realm=\"http://" + server.authority() +
                                                       "/token\",service=\"registry\"");
    }
    return refusal;
  }

  support::ServedAnswer manifest(const support::ServedRequest& request,
                                 const std::string& repository, const std::string& reference) {
    const std::string key = repository + ':' + reference;
    if (request.method == "PUT") {
      const std::string digest = "sha256:" + crypto::sha256_hex(request.body);
      manifests[key] = request.body;
      manifests[repository + ':' + digest] = request.body;
      types_[digest] = request.header("content-type");
      return {
          .status = 201,
          .headers = {{"Docker-Content-Digest", digest_header.empty() ? digest : digest_header}}};
    }
    const auto found = manifests.find(key);
    if (found == manifests.end()) return {.status = 404};
    const std::string digest = "sha256:" + crypto::sha256_hex(found->second);
    return {.headers = {{"Docker-Content-Digest", digest}, {"Content-Type", types_[digest]}},
            .body = found->second};
  }

  support::ServedAnswer blob(const support::ServedRequest&, const std::string& repository,
                             const std::string& digest) {
    const auto found = blobs.find(repository + '@' + digest);
    if (found == blobs.end()) return {.status = 404};
    return {.body = found->second};
  }

  support::ServedAnswer upload(const support::ServedRequest& request,
                               const std::string& repository) {
    const auto parameter = [&request](std::string_view name) {
      for (const auto piece : text::split(request.query, '&')) {
        const auto parts = text::cut(piece, "=");
        if (parts && parts->first == name)
          return text::find_percent_decoded(parts->second).value_or("");
      }
      return std::string();
    };
    if (request.method == "DELETE") return {.status = 204};
    if (request.method == "POST") {
      const std::string mount = parameter("mount");
      const auto other = blobs.find(parameter("from") + '@' + mount);
      if (!mount.empty() && may_mount && other != blobs.end()) {
        blobs[repository + '@' + mount] = other->second;
        return {.status = 201};
      }
      const std::string path = "/v2/" + repository + "/blobs/uploads/1?_state=a%2Fb";
      return {
          .status = 202,
          .headers = {{"Location", upload_host.empty() ? path : "http://" + upload_host + path}}};
    }
    const std::string digest = parameter("digest");
    if (digest != "sha256:" + crypto::sha256_hex(request.body) || parameter("_state") != "a/b") {
      return {.status = 400,
              .body = R"({"errors":[{"code":"DIGEST_INVALID","message":"no match"}]})"};
    }
    const bool broken = broken_puts > 0;
    if (broken) --broken_puts;
    if (!broken || keeps_broken_puts) blobs[repository + '@' + digest] = request.body;
    return {.status = broken ? 500 : 201};
  }

  std::map<std::string, std::string> types_;
};
