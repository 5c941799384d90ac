// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http {

// Header fields in their order; names compare without case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  void add(std::string name, std::string value);
  void set(std::string name, std::string value);                 // replaces all of that name
  std::optional<std::string> find(std::string_view name) const;  // the first of that name
  std::vector<std::string> all(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// The bytes of a request that can be sent again from the start: a string, or a reader asked for
// [offset, offset + buffer.size()), which returns how many bytes it gave.
struct Body {
  std::uint64_t size = 0;
  std::function<std::size_t(std::uint64_t offset, std::span<char> buffer)> read;
};
Body body_of(std::string text);

// May the request be repeated when nobody knows whether it arrived?
enum class Repeat { safe, unsafe };

struct Request {
  std::string method = "GET";
  std::string url;
  Headers headers{};
  std::optional<Body> body{};
  Repeat repeat = Repeat::safe;
  std::uint64_t response_cap = 8ULL << 20U;  // a longer answer is a failure (refused)
  // How long a stop lets it run on: an answer that names what has to be undone is worth a moment.
  std::chrono::milliseconds after_stop{};
  // Beyond the client's `stall`: what the other side needs in silence to take in a large body.
  std::chrono::seconds digestion{};
  // Takes the bytes of a 2xx answer instead of Response::body; called again from the start after a
  // retry, which `restart` announces.
  std::function<void(std::span<const std::byte>)> sink{};
  std::function<void()> restart{};
};

struct Response {
  int status = 0;
  Headers headers{};
  std::string body{};
};

}  // namespace http
