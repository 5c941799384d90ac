// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/xml.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "base/error.hpp"
#include "text/split.hpp"

namespace sandbox::xml {
namespace {

constexpr std::size_t longest_document = 4U << 20U;
constexpr int deepest = 32;

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#13;";
        break;
      case '\t':
      case '\n':
        out += c;
        break;
      default:
        // XML 1.0 has no way to say the other control characters.
        out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
}

void append(std::string& out, const Element& element) {
  out += '<' + element.name;
  if (!element.xmlns.empty()) out += " xmlns=\"" + element.xmlns + '"';
  if (element.children.empty() && element.text.empty()) {
    out += "/>";
    return;
  }
  out += '>';
  append_escaped(out, element.text);
  for (const auto& child : element.children) append(out, child);
  out += "</" + element.name + '>';
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0U | (code >> 6U));
    byte(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    byte(0xE0U | (code >> 12U));
    byte(0x80U | ((code >> 6U) & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  } else {
    byte(0xF0U | (code >> 18U));
    byte(0x80U | ((code >> 12U) & 0x3FU));
    byte(0x80U | ((code >> 6U) & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  }
}

class Reader {
 public:
  explicit Reader(std::string_view document) : rest_(document), size_(document.size()) {}

  Element document() {
    skip_asides();
    auto root = element(0);
    skip_asides();
    if (!rest_.empty()) fail("text after the root element");
    return root;
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw base::Error(base::Kind::integrity,
                      fmt::format("read xml: {} at byte {}", what, size_ - rest_.size()));
  }

  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  void skip_space() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }

  void skip_past(std::string_view token) {
    const auto end = rest_.find(token);
    if (end == std::string_view::npos) fail(fmt::format("expected {}", token));
    rest_.remove_prefix(end + token.size());
  }

  // Declarations, comments and white space around the root.
  void skip_asides() {
    for (skip_space(); !rest_.empty(); skip_space()) {
      if (take("<?")) {
        skip_past("?>");
      } else if (take("<!--")) {
        skip_past("-->");
      } else if (rest_.starts_with("<!")) {
        fail("a document type");
      } else {
        return;
      }
    }
  }

  std::string name() {
    const auto end = std::min(rest_.find_first_of(" \t\r\n/>=<"), rest_.size());
    if (end == 0) fail("expected a name");
    std::string result(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return result;
  }

  void attributes() {
    for (skip_space(); !rest_.starts_with('>') && !rest_.starts_with("/>"); skip_space()) {
      name();
      skip_space();
      if (!take("=")) fail("expected =");
      skip_space();
      if (take("\"")) {
        skip_past("\"");
      } else if (take("'")) {
        skip_past("'");
      } else {
        fail("expected a quoted value");
      }
    }
  }

  void entity(std::string& out) {
    const auto end = rest_.find(';');
    if (end == std::string_view::npos || end > 12) fail("an unfinished entity");
    const auto body = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    if (body == "amp") {
      out += '&';
    } else if (body == "lt") {
      out += '<';
    } else if (body == "gt") {
      out += '>';
    } else if (body == "quot") {
      out += '"';
    } else if (body == "apos") {
      out += '\'';
    } else if (body.starts_with('#')) {
      const bool hexadecimal = body.starts_with("#x");
      const auto digits = body.substr(hexadecimal ? 2 : 1);
      std::uint32_t code = 0;
      const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code,
                                                 hexadecimal ? 16 : 10);
      if (error != std::errc() || stop != digits.data() + digits.size() || code == 0 ||
          code > 0x10FFFF) {
        fail("a bad character reference");
      }
      append_utf8(out, code);
    } else {
      fail("an unknown entity");
    }
  }

  Element element(int depth) {
    if (depth > deepest) fail("too many levels");
    if (!take("<")) fail("expected an element");
    Element result;
    result.name = name();
    attributes();
    if (take("/>")) return result;
    take(">");
    while (true) {
      if (rest_.empty()) fail("an unclosed element");
      if (take("</")) break;
      if (take("<!--")) {
        skip_past("-->");
      } else if (rest_.starts_with("<")) {
        result.children.push_back(element(depth + 1));
      } else if (take("&")) {
        entity(result.text);
      } else {
        const auto end = std::min(rest_.find_first_of("<&"), rest_.size());
        result.text += rest_.substr(0, end);
        rest_.remove_prefix(end);
      }
    }
    if (name() != result.name) fail("a closing tag of another element");
    skip_space();
    if (!take(">")) fail("expected >");
    if (!result.children.empty()) result.text.clear();  // white space between elements
    return result;
  }

  std::string_view rest_;
  std::size_t size_;
};

}  // namespace

const Element* Element::find(std::string_view child) const {
  const auto found = std::find_if(children.begin(), children.end(),
                                  [child](const Element& each) { return each.name == child; });
  return found == children.end() ? nullptr : &*found;
}

std::string_view Element::text_of(std::string_view child) const {
  const auto* found = find(child);
  return found == nullptr ? std::string_view() : text::trim(found->text);
}

Element leaf(std::string_view name, std::string_view text) {
  return {.name = std::string(name), .text = std::string(text)};
}

Element leaf(std::string_view name, long long number) {
  return {.name = std::string(name), .text = std::to_string(number)};
}

Element node(std::string_view name, std::vector<Element> children, std::string_view xmlns) {
  return {.name = std::string(name), .children = std::move(children), .xmlns = std::string(xmlns)};
}

std::string write(const Element& element) {
  std::string result;
  append(result, element);
  return result;
}

std::string write_document(const Element& element) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + write(element);
}

Element parse(std::string_view document) {
  if (document.size() > longest_document) {
    throw base::Error(base::Kind::integrity, "read xml: longer than 4 MiB");
  }
  return Reader(document).document();
}

}  // namespace sandbox::xml
