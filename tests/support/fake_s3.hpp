// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "support/answering_server.hpp"

namespace support {

// One bucket of S3 in memory: versions, conditional writes, multipart uploads, checksums that are
// checked. Sizes and digests are kept, bytes are not.
class FakeS3 {
 public:
  struct Object {
    std::uint64_t size = 0;
    std::string etag{};
    std::string version{};
    std::map<std::string, std::string> headers{};  // checksums, metadata, encryption
  };
  struct Part {
    std::uint64_t size = 0;
    std::string etag{};
    std::uint64_t crc = 0;
    std::map<std::string, std::string> checksums{};  // header names
  };
  struct Upload {
    std::string key{};
    std::string algorithm{};
    std::string initiated{};
    std::map<std::string, std::string> headers{};
    std::map<int, Part> parts{};
  };

  // What a test wants to go otherwise. `instead` answers before anything is done; `lost` lets it be
  // done and the answer vanish.
  struct Mishaps {
    std::function<std::optional<ServedAnswer>(const ServedRequest&)> instead{};
    std::function<bool(const ServedRequest&)> lost{};
    bool knows_conditions = true;
    bool keeps_checksums = true;  // false: CRC64NVME and SHA256 are refused with 501
    bool keeps_versions = true;
  };

  FakeS3() : FakeS3(Mishaps()) {}
  explicit FakeS3(Mishaps mishaps);

  std::string authority() const { return server_.authority(); }
  std::vector<ServedRequest> requests() const { return server_.requests(); }
  // "PUT", "POST uploads", "PUT part", "POST complete", "GET uploads", "GET parts", "DELETE",
  // "HEAD".
  std::vector<std::string> calls() const;
  int count(const std::string& call) const;

  std::map<std::string, std::vector<Object>> objects() const;
  std::map<std::string, Upload> uploads() const;

  // As another client would leave them.
  void put(const std::string& key, Object object);
  void put(const std::string& id, Upload upload);

 private:
  ServedAnswer answer(const ServedRequest& request);
  ServedAnswer done(const ServedRequest& request);
  ServedAnswer store(const ServedRequest& request, const std::string& key, Object object);
  ServedAnswer put_object(const ServedRequest& request, const std::string& key);
  ServedAnswer put_part(const ServedRequest& request, Upload& upload);
  ServedAnswer head(const ServedRequest& request, const std::string& key) const;
  ServedAnswer create(const ServedRequest& request, const std::string& key);
  ServedAnswer complete(const ServedRequest& request, const std::string& key,
                        const std::string& id);
  ServedAnswer list_uploads(const std::string& prefix) const;
  ServedAnswer list_parts(const ServedRequest& request, const Upload& upload) const;

  Mishaps mishaps_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Object>> objects_;
  std::map<std::string, Upload> uploads_;
  int next_ = 0;
  AnsweringServer server_;
};

// The name that calls() gives a request.
std::string call_of(const ServedRequest& request);

}  // namespace support
