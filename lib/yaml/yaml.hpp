// SPDX-License-Identifier: Apache-2.0
//
// The YAML we read: one document of maps, lists and scalars.
//
// yaml-cpp's node API takes the first of two equal keys, resolves aliases in silence (a few hundred
// bytes unfold into a billion nodes) and hides whether a scalar was quoted. Its event interface
// hides nothing, so the tree here is built from events: anchors, aliases, tags and merge keys are
// refused, duplicate keys too, and every scalar keeps its raw text, whether it was quoted, and its
// place.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yaml {

struct Place {
  int line = 0;  // from 1
  int column = 0;
};

enum class NodeKind { null, scalar, list, map };

struct Node {
  NodeKind kind = NodeKind::null;
  Place place{};
  std::string text{};    // a scalar's characters, as written
  bool quoted = false;   // '0644' and 0644 are different to a YAML 1.1 reader
  std::vector<Node> items{};
  std::vector<std::pair<std::string, Node>> members{};

  const Node* find(std::string_view name) const;  // null pointer when absent or no map
};

// `what` names the document in errors, which carry line and column. Throws integrity for bad syntax
// and for what is refused above; an empty text gives a null node.
Node parse(std::string_view text, std::string_view what);

}  // namespace yaml
