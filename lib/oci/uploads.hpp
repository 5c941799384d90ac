// SPDX-License-Identifier: Apache-2.0
//
// Blobs into one registry.
//
// A small blob goes with the POST that opens an upload, where the registry takes it so. Others go
// by POST and one PUT of all bytes: chunks lose data on ECR and are refused by Google. Only when a
// body is too large for what stands before the registry (413) is it cut into chunks.
//
// An upload that breaks is continued where the registry kept it (distribution 3 does, 2.8 drops the
// session), else begun anew; a HEAD tells first whether only the answer was lost. However often it
// breaks, no more is sent than a few times the blob's size.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "http/message.hpp"
#include "oci/descriptor.hpp"
#include "oci/requests.hpp"
#include "oci/upload_session.hpp"

namespace oci {

// Thread-safe.
class Uploads {
 public:
  // `requests` must outlive this.
  explicit Uploads(Requests& requests);
  Uploads(const Uploads&) = delete;
  Uploads& operator=(const Uploads&) = delete;

  // False also when we may not look.
  bool has(const std::string& repository, const std::string& digest);

  // Opens an upload in the background, and so learns early whether we may push. The next send() to
  // that repository waits for it.
  [[nodiscard]] std::future<void> prepare(const std::string& repository);
  void send(const std::string& repository, const Descriptor& blob, const http::Body& body);

  // Makes a blob of another repository appear in this one. False when the registry will not; the
  // upload it then opens is kept for the next send() to that repository.
  bool mount(const std::string& repository, const std::string& digest, const std::string& from);

 private:
  friend class Upload;

  std::unique_ptr<UploadSession> take_spare(const std::string& repository);  // null: there is none
  std::unique_ptr<UploadSession> ask(const std::string& repository, const std::string& what);
  std::unique_ptr<UploadSession> open(const std::string& repository, const std::string& what);
  bool too_large(std::uint64_t bytes);
  std::chrono::seconds estimated(std::uint64_t bytes) const;
  void learn_speed(std::uint64_t bytes, std::chrono::nanoseconds took);

  Requests& requests_;
  const bool takes_chunks_;
  std::atomic<bool> takes_single_post_{true};
  std::atomic<std::uint64_t> largest_body_{std::numeric_limits<std::uint64_t>::max()};
  std::atomic<double> bytes_per_second_{10e6};  // until some bytes have gone
  std::mutex mutex_;
  std::condition_variable prepared_;
  std::multiset<std::string> preparing_;                              // repositories
  std::multimap<std::string, std::unique_ptr<UploadSession>> spare_;  // by repository
};

}  // namespace oci
