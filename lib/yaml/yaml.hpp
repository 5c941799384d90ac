// SPDX-License-Identifier: Apache-2.0
//
// The YAML we read: one document of maps, lists and scalars.
//
// yaml-cpp's node API takes the first of two equal keys, resolves aliases in silence (a few hundred
// bytes unfold into a billion nodes) and hides whether a scalar was quoted. Its event interface
// hides nothing, so the tree here is built from events, and every scalar keeps its raw text,
// whether it was quoted, and its place. read() notes what YAML has beyond plain data and goes on,
// for those who judge another reader's file; parse() refuses it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yaml {

struct Place {
  int line = 0;            // from 1
  int column = 0;          // from 1, in bytes
  std::size_t offset = 0;  // in bytes from the text's start
};

enum class NodeKind { null, scalar, list, map, alias };

struct Node {
  NodeKind kind = NodeKind::null;
  Place place{};
  std::string text{};   // a scalar's characters, as written
  bool quoted = false;  // '0644' and 0644 are different to a YAML 1.1 reader
  std::vector<Node> items{};
  std::vector<std::pair<std::string, Node>> members{};
  Place key_place{};  // of a map's value: where its key stands

  const Node* find(std::string_view name) const;  // null pointer when absent or no map
};

enum class NoteKind { anchor, alias, tag, merge_key, duplicate_key, extra_document };

struct Note {
  NoteKind kind{};
  Place place{};
  std::string text{};  // the key or the tag
  Place earlier{};     // of the first of two equal keys
};

struct Problem {
  Place place{};  // line 0 when it is about the text as a whole
  std::string message{};
};

// Of equal keys the last one's value stands at the first one's position; an alias is a node of its
// own kind, unresolved; documents after the first are not in the tree, and what is wrong in them is
// no problem. A problem ends the reading: the tree holds what came before it.
struct Document {
  Node root{};
  std::vector<Note> notes{};  // in the order of the text
  std::optional<Problem> problem{};
};

Document read(std::string_view text);

// `what` names the document in errors, which carry line and column. Throws integrity for bad syntax
// and for all that a Document has notes of; an empty text gives a null node.
Node parse(std::string_view text, std::string_view what);

}  // namespace yaml
