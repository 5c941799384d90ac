// SPDX-License-Identifier: Apache-2.0
//
// Requests and answers as plain values, so that nothing but api_server.cpp knows the HTTP library.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sandbox {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// Path and query are as they came over the wire: signatures cover that form, and decoding twice
// would turn the key "a%2Fb" into another one.
struct Request {
  std::string method{};
  std::string path{};   // begins with "/"
  std::string query{};  // without "?"
  Pairs headers{};      // names in lower case, in the order they came
  std::string body{};   // of JSON and query requests; S3's are read by their operations
};

struct FilePart {
  std::filesystem::path path;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::shared_ptr<const void> owner{};  // keeps the file for as long as it is to be sent
};

// What becomes of the connection instead of a whole answer.
struct Interruption {
  bool drop = false;                   // it is closed, nothing is sent
  std::optional<std::uint64_t> cut{};  // it is closed after so many bytes of the body
};

struct Answer {
  int status = 200;
  Pairs headers{};
  std::string body{};
  std::vector<FilePart> files{};  // sent instead of the body when there are any
  Interruption interruption{};
  // For the request log.
  std::string operation{};
  std::string error{};

  std::uint64_t size() const;
};

// The first value of that name; null pointer when absent. Header names are given in lower case.
const std::string* find_value(const Pairs& pairs, std::string_view name);

// The value, empty when absent.
std::string_view value_of(const Pairs& pairs, std::string_view name);

// "a=1&b=%20" as decoded pairs in their order; a name without "=" gets an empty value. `+` stays
// `+` unless the text is a form. A broken escape is kept as it is.
enum class Plus { literal, space };
Pairs decode_query(std::string_view query, Plus plus = Plus::literal);

}  // namespace sandbox
