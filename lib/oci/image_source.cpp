// SPDX-License-Identifier: Apache-2.0
#include "oci/image_source.hpp"

#include <fmt/core.h>

#include <cstdint>
#include <span>
#include <utility>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "oci/layer.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

constexpr std::uint64_t document_cap = 4ULL << 20U;

}  // namespace

http::Body need(const ImageSource& source, const std::string& path) {
  if (auto body = source.find(path)) return *std::move(body);
  throw base::Error(base::Kind::integrity, fmt::format("read {}: it has no {}", source.what, path),
                    "write it again");
}

std::string read_document(const ImageSource& source, const std::string& path) {
  const http::Body body = need(source, path);
  if (body.size > document_cap) {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read {}: {} has {} bytes", source.what, path, body.size));
  }
  std::string text(body.size, '\0');
  for (std::uint64_t done = 0; done < body.size;) {
    const auto count = body.read(done, std::span(text).subspan(done));
    if (count == 0) {
      throw base::Error(base::Kind::integrity,
                        fmt::format("read {}: {} is cut short", source.what, path));
    }
    done += count;
  }
  return text;
}

bool is_meant(const std::string& name, const std::string& asked) {
  if (name == asked) return true;
  if (!name.ends_with(asked)) return false;
  const char before = name[name.size() - asked.size() - 1];
  return before == '/' || before == ':';
}

void refuse_choice(const Choice& choice, const std::string& what,
                   const std::vector<std::string>& names) {
  throw base::Error(
      base::Kind::refused,
      fmt::format("find {} in {}: it has {}",
                  choice.name.empty() ? "one image" : "'" + choice.name + "'", what,
                  names.empty() ? "none with a name" : text::join(names, ", ")),
      names.empty() ? "give one that has an image" : "name one of them after '@', as in FILE@NAME");
}

void copy_verified(const http::Body& body, const std::string& digest, const archives::Sink& sink) {
  crypto::Sha256 hash;
  copy(body, [&](std::span<const std::byte> bytes) {
    hash.update(bytes);
    sink(bytes);
  });
  const std::string found = "sha256:" + hash.finish_hex();
  if (found == digest) return;
  throw base::Error(base::Kind::integrity,
                    fmt::format("write layer {}: its bytes have digest {}", digest, found),
                    "what it was read from is damaged; write that again");
}

}  // namespace oci
