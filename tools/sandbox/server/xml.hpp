// SPDX-License-Identifier: Apache-2.0
//
// The XML that S3 and the query services speak: elements that hold either text or elements. No
// attributes but xmlns, no namespace prefixes, no document types (nothing here may expand).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sandbox::xml {

struct Element {
  std::string name{};
  std::string text{};
  std::vector<Element> children{};
  std::string xmlns{};

  const Element* find(std::string_view child) const;       // the first of that name
  std::string_view text_of(std::string_view child) const;  // empty when absent
};

Element leaf(std::string_view name, std::string_view text);
Element leaf(std::string_view name, long long number);
Element node(std::string_view name, std::vector<Element> children = {},
             std::string_view xmlns = {});

std::string write(const Element& element);           // without a declaration
std::string write_document(const Element& element);  // with <?xml …?>

// Attributes, comments and processing instructions are skipped. Throws integrity for bad syntax, a
// document type, more than 32 levels or 4 MiB.
Element parse(std::string_view document);

}  // namespace sandbox::xml
