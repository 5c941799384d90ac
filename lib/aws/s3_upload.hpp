// SPDX-License-Identifier: Apache-2.0
//
// A local file, or bytes in memory, becomes one verified object.
//
// Up to 16 MiB it is one PUT, beyond that parts that are sent in parallel. An object that is there
// already with the same bytes is not sent again, so a second run costs one request; an upload that
// a crash left unfinished is continued, and one that fails or is stopped is aborted.
#pragma once

#include <cstdint>
#include <functional>

#include "aws/s3.hpp"
#include "aws/upload_content.hpp"
#include "file/unique_fd.hpp"

namespace aws {

// A file that nobody has hashed yet; `part_size` as in UploadRequest. See hashed_content().
UploadContent hashed_content_of_file(const S3& s3, const file::UniqueFd& file,
                                     std::uint64_t part_size = 0);

enum class Existing {
  refuse_other,  // If-None-Match: an object with other bytes at that key is a conflict
  replace        // other bytes become the older version
};

struct UploadRequest {
  ObjectName name;  // its version plays no part
  UploadContent content;
  ObjectSettings settings{};
  Existing existing = Existing::refuse_other;
  std::uint64_t part_size = 0;  // 0: 8 MiB; raised so that 10'000 parts suffice, at least 5 MiB
  int parallel = 8;             // parts in flight
  // Told how many bytes the service has or is being given, from any thread; may go back when a part
  // is sent again.
  std::function<void(std::uint64_t sent)> progress{};
};

struct Uploaded {
  ObjectName name;  // with the version that is deployed from
  StoredObject object;
  bool sent = false;      // false: it was there
  bool verified = false;  // by a HEAD; false when the credentials may not read objects
  int parts = 0;          // 0: one PUT, or nothing sent
  int resumed = 0;        // of these parts, left by an earlier run
};

// Throws conflict for other content at the key, integrity when what is stored is not what was sent
// (with the version named) or the source changed, refused/environment/unavailable as the service
// says, with operation and key. After a failure or a stop no upload of ours is left behind, or the
// error says that one is.
Uploaded upload(S3& s3, const UploadRequest& request);

// What the parts of an upload of `size` bytes have in length: `wanted` (0: 8 MiB), within S3's
// limits.
std::uint64_t part_size_for(std::uint64_t size, std::uint64_t wanted);

}  // namespace aws
