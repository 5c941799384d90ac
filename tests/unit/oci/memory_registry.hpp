// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "crypto/sha256.hpp"
#include "support/answering_server.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"

// A registry in memory that behaves as the distribution specification says, with faults to switch
// on. What is set while requests are under way is set under the server's lock: in an answer.
struct MemoryRegistry {
  std::map<std::string, std::string> blobs;      // "repository@digest"
  std::map<std::string, std::string> manifests;  // "repository:reference"

  // Who may ask.
  std::string basic;             // not empty: the Authorization value that is asked for
  std::string token;             // not empty: the bearer token; its realm is this server's /token
  std::string token_after_post;  // not empty: the token that counts once an upload is open
  bool challenge_only_on_ping = false;
  std::string wanted_scope;  // not empty: what a refused token is told to be for

  // Manners.
  bool may_mount = true;
  bool takes_single_post = false;  // distribution does not
  bool resumes = false;            // distribution 3 does, 2.8 does not
  bool immutable_tags = false;
  bool checks_blobs = false;           // a manifest's layers must be there
  std::size_t body_limit = 0;          // not 0: larger bodies end in 413
  std::size_t least_chunk = 0;         // not 0: told when an upload opens
  std::string warning;                 // not empty: sent with every answer
  std::string upload_host;             // not empty: uploads go to this authority
  bool takes_foreign_uploads = false;  // uploads that another server opened
  std::string digest_header;           // not empty: a wrong Docker-Content-Digest

  // Faults.
  int broken_puts = 0;             // so many blob PUTs end in 500
  bool keeps_broken_puts = false;  // … though the blob was stored
  int drops = 0;                   // so many blob bodies are cut off …
  std::size_t dropped_after = 0;   // … after so many bytes
  int throttles = 0;               // so many requests of `throttled_method` end in 429
  std::string throttled_method = "PUT";
  std::string retry_after;
  bool is_full = false;              // of docker-registry 2.8 on a full disk
  bool spoils_resumed = false;       // what is continued is stored wrong, as on ECR
  std::set<std::string> lost_blobs;  // HEAD says they are there, a manifest finds that they are not

  support::AnsweringServer server{[this](const support::ServedRequest& r) { return answered(r); },
                                  [this](const support::ServedRequest& r) { return intake(r); }};

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

  // "HEAD PUT GET …"
  std::string methods() const {
    std::string words;
    for (const auto& request : server.requests()) words += request.method + ' ';
    return words;
  }

  int count(const std::string& method) const {
    int number = 0;
    for (const auto& request : server.requests()) number += request.method == method ? 1 : 0;
    return number;
  }

  std::size_t body_bytes() const {
    std::size_t bytes = 0;
    for (const auto& request : server.requests()) bytes += request.body.size();
    return bytes;
  }

 private:
  struct Upload {
    std::string bytes;
    bool resumed = false;
  };

  static bool is_upload(const support::ServedRequest& request) {
    return request.path.find("/blobs/uploads/") != std::string::npos && request.method[0] == 'P';
  }

  std::optional<std::uint64_t> intake(const support::ServedRequest& head) {
    const bool has_body = head.header("content-length") != "0" && head.method != "POST";
    if (drops == 0 || !is_upload(head) || !has_body) return std::nullopt;
    --drops;
    return dropped_after;
  }

  support::ServedAnswer answered(const support::ServedRequest& request) {
    auto answer = answer_of(request);
    if (request.method == "POST" && answer.status == 202 && !token_after_post.empty()) {
      token = token_after_post;
    }
    if (!warning.empty()) answer.headers.emplace_back("Warning", "299 - \"" + warning + '"');
    return answer;
  }

  support::ServedAnswer answer_of(const support::ServedRequest& request) {
    if (request.path == "/token") {
      return {.body = "{\"token\":\"" + token + "\",\"expires_in\":300}"};
    }
    if (auto refusal = unauthorized(request)) return *refusal;
    if (throttles > 0 && request.method == throttled_method) {
      --throttles;
      support::ServedAnswer answer{
          .status = 429,
          .body = R"({"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]})"};
      if (!retry_after.empty()) answer.headers.emplace_back("Retry-After", retry_after);
      return answer;
    }
    if (body_limit != 0 && request.body.size() > body_limit) return {.status = 413};
    if (request.path.ends_with("/tags/list")) return tag_list(request);
    const auto whole = std::string_view(request.path).substr(4);  // after "/v2/"
    for (const std::string_view kind : {"/blobs/uploads/", "/blobs/", "/manifests/"}) {
      const auto at = whole.find(kind);
      if (at == std::string_view::npos) continue;
      const std::string repository(whole.substr(0, at));
      const std::string rest(whole.substr(at + kind.size()));
      if (kind == "/manifests/") return manifest(request, repository, rest);
      if (kind == "/blobs/") return blob(request, repository, rest);
      return upload(request, repository, rest);
    }
    return {};
  }

  std::optional<support::ServedAnswer> unauthorized(const support::ServedRequest& request) const {
    const std::string wanted = token.empty() ? basic : "Bearer " + token;
    if (wanted.empty() || request.header("authorization") == wanted) return std::nullopt;
    support::ServedAnswer refusal{.status = 401};
    if (challenge_only_on_ping && request.path != "/v2/") return refusal;
    std::string challenge = "Basic realm=\"r\"";
    if (!token.empty()) {
      challenge = "Bearer realm=\"http://" + server.authority() + "/token\",service=\"registry\"";
    }
    if (!wanted_scope.empty()) {
      challenge += ",scope=\"" + wanted_scope + "\",error=\"insufficient_scope\"";
    }
    refusal.headers.emplace_back("WWW-Authenticate", challenge);
    return refusal;
  }

  static std::string parameter(const support::ServedRequest& request, std::string_view name) {
    for (const auto piece : text::split(request.query, '&')) {
      const auto parts = text::cut(piece, "=");
      if (parts && parts->first == name) {
        return text::find_percent_decoded(parts->second).value_or("");
      }
    }
    return {};
  }

  static support::ServedAnswer failed(int status, const std::string& code,
                                      const std::string& message,
                                      const std::string& detail = "null") {
    return {.status = status,
            .body = R"({"errors":[{"code":")" + code + R"(","message":")" + message +
                    R"(","detail":)" + detail + "}]}"};
  }

  // Two tags a page.
  support::ServedAnswer tag_list(const support::ServedRequest& request) const {
    const std::string repository = request.path.substr(4, request.path.size() - 4 - 10);
    const auto first = manifests.lower_bound(repository + ':');
    if (first == manifests.end() || !first->first.starts_with(repository + ':')) {
      return failed(404, "NAME_UNKNOWN", "repository name not known to registry");
    }
    const std::string last = parameter(request, "last");
    std::string list;
    std::string final_tag;
    int number = 0;
    bool more = false;
    for (const auto& [key, content] : manifests) {
      if (!key.starts_with(repository + ':') || key.find("sha256") != std::string::npos) continue;
      const std::string tag = key.substr(repository.size() + 1);
      if (tag <= last) continue;
      more = number == 2;
      if (more) break;
      list += (list.empty() ? "\"" : ",\"") + tag + '"';
      final_tag = tag;
      ++number;
    }
    support::ServedAnswer answer{.body = "{\"tags\":[" + list + "]}"};
    if (more) {
      answer.headers.emplace_back(
          "Link", "<" + request.path + "?n=2&last=" + final_tag + ">; rel=\"next\"");
    }
    return answer;
  }

  support::ServedAnswer put_manifest(const support::ServedRequest& request,
                                     const std::string& repository, const std::string& key) {
    const std::string digest = "sha256:" + crypto::sha256_hex(request.body);
    if (immutable_tags && manifests.contains(key)) {
      return failed(400, "TAG_INVALID", "The image tag already exists and is immutable");
    }
    for (std::size_t at = 0; checks_blobs; ++at) {
      at = request.body.find("sha256:", at);
      if (at == std::string::npos) break;
      const std::string named = request.body.substr(at, 71);
      if (!lost_blobs.contains(named) && blobs.contains(repository + '@' + named)) continue;
      blobs.erase(repository + '@' + named);
      lost_blobs.erase(named);
      return failed(404, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", '"' + named + '"');
    }
    manifests[key] = request.body;
    manifests[repository + ':' + digest] = request.body;
    types_[digest] = request.header("content-type");
    return {.status = 201,
            .headers = {{"Docker-Content-Digest", digest_header.empty() ? digest : digest_header}}};
  }

  support::ServedAnswer manifest(const support::ServedRequest& request,
                                 const std::string& repository, const std::string& reference) {
    const std::string key = repository + ':' + reference;
    if (request.method == "PUT") return put_manifest(request, repository, key);
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

  support::ServedAnswer upload(const support::ServedRequest& request, const std::string& repository,
                               const std::string& id) {
    if (request.method == "POST") return open_upload(request, repository);
    if (takes_foreign_uploads) uploads_.try_emplace(id);
    const auto found = uploads_.find(id);
    if (found == uploads_.end()) return failed(404, "BLOB_UPLOAD_UNKNOWN", "upload unknown");
    if (parameter(request, "_state") != "a/b") return failed(400, "UNKNOWN", "no state");
    Upload& upload = found->second;
    if (request.method == "DELETE") {
      uploads_.erase(found);
      return {.status = 204};
    }
    const std::string range = request.header("content-range");
    if (!range.empty()) {
      const auto start = text::find_number(text::cut(range, "-")->first);
      if (start != upload.bytes.size()) return progress(416, repository, id);
    }
    if (request.method == "GET") {
      upload.resumed = true;
      return progress(204, repository, id);
    }
    upload.bytes += request.body;
    if (!request.whole) {
      if (!resumes) uploads_.erase(found);
      return {};
    }
    if (is_full) {
      return failed(500, "UNKNOWN", "unknown error", "\"write data: no space left on device\"");
    }
    if (request.method == "PATCH") return progress(202, repository, id);
    return commit(request, repository, id);
  }

  support::ServedAnswer open_upload(const support::ServedRequest& request,
                                    const std::string& repository) {
    const std::string mount = parameter(request, "mount");
    const auto other = blobs.find(parameter(request, "from") + '@' + mount);
    if (!mount.empty() && may_mount && other != blobs.end()) {
      blobs[repository + '@' + mount] = other->second;
      return {.status = 201};
    }
    const std::string digest = parameter(request, "digest");
    if (takes_single_post && !digest.empty()) {
      if (digest != "sha256:" + crypto::sha256_hex(request.body)) {
        return failed(400, "DIGEST_INVALID", "no match");
      }
      blobs[repository + '@' + digest] = request.body;
      return {.status = 201};
    }
    const std::string id = std::to_string(++last_upload_);
    uploads_[id] = {};
    return progress(202, repository, id);
  }

  support::ServedAnswer progress(int status, const std::string& repository, const std::string& id) {
    const std::string path = "/v2/" + repository + "/blobs/uploads/" + id + "?_state=a%2Fb";
    const std::size_t size = uploads_[id].bytes.size();
    support::ServedAnswer answer{
        .status = status,
        .headers = {{"Location", upload_host.empty() ? path : "http://" + upload_host + path},
                    {"Range", "0-" + std::to_string(size == 0 ? 0 : size - 1)}}};
    if (least_chunk != 0) {
      answer.headers.emplace_back("OCI-Chunk-Min-Length", std::to_string(least_chunk));
    }
    return answer;
  }

  support::ServedAnswer commit(const support::ServedRequest& request, const std::string& repository,
                               const std::string& id) {
    const Upload upload = uploads_[id];
    const bool broken = broken_puts > 0;
    if (broken) --broken_puts;
    if (!broken || keeps_broken_puts || !resumes) uploads_.erase(id);
    const std::string digest = parameter(request, "digest");
    if (!broken || keeps_broken_puts) {
      if (digest != "sha256:" + crypto::sha256_hex(upload.bytes) ||
          (upload.resumed && spoils_resumed)) {
        return failed(400, "DIGEST_INVALID", "no match");
      }
      blobs[repository + '@' + digest] = upload.bytes;
    }
    return {.status = broken ? 500 : 201};
  }

  std::map<std::string, std::string> types_;
  std::map<std::string, Upload> uploads_;
  int last_upload_ = 0;
};
