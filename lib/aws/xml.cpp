// SPDX-License-Identifier: Apache-2.0
#include "aws/xml.hpp"

#include <fmt/core.h>

#include <cstdint>

#include "base/error.hpp"
#include "text/split.hpp"

namespace aws::xml {
namespace {

constexpr int most_levels = 64;
constexpr int most_elements = 200'000;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_name_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == ':';
}

void append_utf8(std::string& text, std::uint32_t code) {
  const auto tail = [&](unsigned shift) {
    text += static_cast<char>(0x80U | ((code >> shift) & 0x3fU));
  };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xc0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xe0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xf0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view what) : text_(text), what_(what) {}

  Element document() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    skip_between_elements();
    if (peek() != '<') refuse("no root element");
    auto root = element(1);
    skip_between_elements();
    if (at_ != text_.size()) refuse("something after the root element");
    return root;
  }

 private:
  [[noreturn]] void refuse(std::string_view why) const {
    throw base::Error(base::Kind::integrity, fmt::format("read {}: byte {}: {}", what_, at_, why));
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool take(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  std::string_view take_until(std::string_view end) {
    const auto found = text_.find(end, at_);
    if (found == std::string_view::npos) refuse(fmt::format("no '{}' to the end", end));
    const auto taken = text_.substr(at_, found - at_);
    at_ = found + end.size();
    return taken;
  }

  // The XML declaration, comments and white space around the root element.
  void skip_between_elements() {
    while (true) {
      skip_space();
      if (take("<?")) {
        take_until("?>");
      } else if (take("<!--")) {
        take_until("-->");
      } else if (text_.substr(at_).starts_with("<!")) {
        refuse("a document type, which no answer has");
      } else {
        return;
      }
    }
  }

  std::string name() {
    const auto start = at_;
    while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
    if (at_ == start) refuse("a name is missing");
    const auto whole = text_.substr(start, at_ - start);
    const auto colon = whole.rfind(':');
    return std::string(colon == std::string_view::npos ? whole : whole.substr(colon + 1));
  }

  void skip_attributes() {
    while (true) {
      skip_space();
      if (peek() == '>' || peek() == '/' || at_ >= text_.size()) return;
      name();
      skip_space();
      if (!take("=")) refuse("an attribute without a value");
      skip_space();
      const char quote = peek();
      if (quote != '"' && quote != '\'') refuse("an attribute value without quotes");
      ++at_;
      take_until(std::string_view(&quote, 1));
    }
  }

  void append_reference(std::string& into) {
    const auto entity = take_until(";");
    if (entity == "amp") {
      into += '&';
    } else if (entity == "lt") {
      into += '<';
    } else if (entity == "gt") {
      into += '>';
    } else if (entity == "quot") {
      into += '"';
    } else if (entity == "apos") {
      into += '\'';
    } else if (entity.starts_with('#') && entity.size() <= 9) {
      append_utf8(into, character(entity.substr(1)));
    } else {
      refuse("an unknown entity");
    }
  }

  std::uint32_t character(std::string_view digits) const {
    const bool hexadecimal = digits.starts_with('x');
    if (hexadecimal) digits.remove_prefix(1);
    std::uint32_t code = 0;
    for (const char c : digits) {
      const char low = static_cast<char>(c | 0x20);
      const bool decimal = c >= '0' && c <= '9';
      const bool letter = hexadecimal && low >= 'a' && low <= 'f';
      if (!decimal && !letter) refuse("a bad character reference");
      const auto digit = static_cast<std::uint32_t>(decimal ? c - '0' : low - 'a' + 10);
      code = code * (hexadecimal ? 16U : 10U) + digit;
    }
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (digits.empty() || code == 0 || code > 0x10ffff || surrogate) {
      refuse("a bad character reference");
    }
    return code;
  }

  Element element(int level) {
    if (level > most_levels) refuse("elements nested too deep");
    if (++elements_ > most_elements) refuse("too many elements");
    ++at_;  // '<'
    Element result{.name = name()};
    skip_attributes();
    if (take("/>")) return result;
    if (!take(">")) refuse("a tag without end");
    content(result, level);
    const auto closed = name();
    if (closed != result.name) refuse(fmt::format("</{}> closes <{}>", closed, result.name));
    skip_space();
    if (!take(">")) refuse("a tag without end");
    return result;
  }

  // Up to and with the "</" of the end tag.
  void content(Element& into, int level) {
    while (true) {
      if (at_ >= text_.size()) refuse(fmt::format("<{}> is never closed", into.name));
      if (take("</")) break;
      if (take("<!--")) {
        take_until("-->");
      } else if (take("<![CDATA[")) {
        into.text += take_until("]]>");
      } else if (take("<?")) {
        take_until("?>");
      } else if (peek() == '<') {
        into.children.push_back(element(level + 1));
      } else if (take("&")) {
        append_reference(into.text);
      } else {
        into.text += text_[at_++];
      }
    }
    // Between child elements there is only layout.
    if (!into.children.empty() && text::trim(into.text).empty()) into.text.clear();
  }

  std::string_view text_;
  std::string_view what_;
  std::size_t at_ = 0;
  int elements_ = 0;
};

}  // namespace

const Element* Element::find(std::string_view child) const {
  for (const auto& element : children) {
    if (element.name == child) return &element;
  }
  return nullptr;
}

std::string Element::text_of(std::string_view child) const {
  const auto* element = find(child);
  return element == nullptr ? std::string() : element->text;
}

std::vector<const Element*> Element::members(std::string_view list) const {
  std::vector<const Element*> result;
  if (const auto* element = find(list)) {
    for (const auto& child : element->children) {
      if (child.name == "member") result.push_back(&child);
    }
  }
  return result;
}

Element parse(std::string_view text, std::string_view what) {
  return Reader(text, what).document();
}

std::optional<Element> find_parsed(std::string_view text) {
  try {
    return parse(text, "an answer");
  } catch (const base::Error&) {
    return std::nullopt;  // its bytes were no XML; the caller falls back on the status
  }
}

}  // namespace aws::xml
