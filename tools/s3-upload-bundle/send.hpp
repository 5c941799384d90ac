// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "aws/s3_upload.hpp"
#include "aws/session.hpp"
#include "cli/run.hpp"
#include "json/value.hpp"
#include "process/environment.hpp"
#include "s3-upload-bundle/pack.hpp"

namespace s3_upload_bundle {

enum class Versioning { wanted, required };

// Whether a key may be given new content.
enum class KeyKind {
  content_addressed,  // never: other content there is a conflict
  fixed               // as a new version, where the bucket keeps versions; else a conflict
};

struct SendOptions {
  aws::SessionOptions aws{};
  aws::ObjectSettings settings{};  // the content type is the archive's
  std::string expected_owner{};
  Versioning versioning = Versioning::wanted;
  std::uint64_t part_size = 0;  // 0: the upload's own
  int parallel = 8;
};

struct Target {
  std::string bucket;
  std::function<std::string(const std::string& sha256_hex)> key;
  KeyKind kind = KeyKind::content_addressed;
};

struct Sent {
  aws::Uploaded uploaded{};
  std::string sha256_hex{};
  std::string type{};
  std::uint64_t size = 0;
  std::uint64_t requests = 0;
  std::chrono::milliseconds time{};
};

// The archive becomes one verified object, unless it is there. Throws integrity when versions are
// required and the bucket keeps none, before anything is sent; else as aws::upload().
Sent send(Archive& archive, const Target& target, const SendOptions& options,
          const cli::Context& context);

// Section `bundle` of the release record.
json::Value section_of(const Sent& sent);

// What is printed with --output json.
json::Value result_of(const Sent& sent);

}  // namespace s3_upload_bundle
