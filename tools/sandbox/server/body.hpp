// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sandbox/server/http_message.hpp"

namespace sandbox {

// A request's body on its way in: large ones never stand in memory as a whole.
class Body {
 public:
  Body() = default;
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;
  virtual ~Body() = default;

  // Fills the front of `into` and answers how many bytes came; 0 at the end. Throws the Fault that
  // the service answers when the body breaks off or is not the one that was signed.
  virtual std::size_t read(std::span<char> into) = 0;

  // Headers that came behind the body, names in lower case; complete after the end.
  virtual const Pairs& trailers() const;
};

// A body that is in memory already.
class TextBody final : public Body {
 public:
  explicit TextBody(std::string_view text) : rest_(text) {}
  std::size_t read(std::span<char> into) override;

 private:
  std::string_view rest_;
};

// The whole body. Throws MaxMessageLengthExceeded when it is longer than `cap`.
std::string read_all(Body& body, std::uint64_t cap);

}  // namespace sandbox
