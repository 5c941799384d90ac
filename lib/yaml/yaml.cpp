// SPDX-License-Identifier: Apache-2.0
#include "yaml/yaml.hpp"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "base/error.hpp"

namespace yaml {
namespace {

constexpr std::size_t most_bytes = 1U << 20U;
constexpr std::size_t most_depth = 32;

class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::string_view what) : what_(what) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) refuse(mark, "a second document");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(Node{.kind = NodeKind::null, .place = place_of(mark)});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, "an alias"); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    // "?" marks a plain scalar, "!" a quoted one; anything else was an explicit tag.
    if (tag != "?" && tag != "!" && !tag.empty()) refuse(mark, "a tag");
    add(Node{
        .kind = NodeKind::scalar, .place = place_of(mark), .text = value, .quoted = tag == "!"});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    if (tag != "?" && !tag.empty()) refuse(mark, "a tag");
    open(Node{.kind = NodeKind::list, .place = place_of(mark)}, mark);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    if (tag != "?" && !tag.empty()) refuse(mark, "a tag");
    open(Node{.kind = NodeKind::map, .place = place_of(mark)}, mark);
  }
  void OnMapEnd() override { close(); }

  Node take() { return std::move(root_); }

 private:
  static Place place_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

  [[noreturn]] void refuse(const YAML::Mark& mark, std::string_view why) const {
    throw base::Error(base::Kind::integrity,
                      fmt::format("parse {}: line {} column {}: {} is not read here", what_,
                                  mark.line + 1, mark.column + 1, why));
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != 0) refuse(mark, "an anchor");
  }

  // A map's children arrive as key, value, key, value; a key waits in pending_key_ for its value.
  Node* add(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return &root_;
    }
    Node& parent = *open_.back();
    if (parent.kind == NodeKind::list) {
      parent.items.push_back(std::move(node));
      return &parent.items.back();
    }
    if (!has_key_.back()) {
      if (node.kind != NodeKind::scalar) refuse_node(node, "a key that is no scalar");
      if (node.text == "<<" && !node.quoted) refuse_node(node, "a merge key");
      if (!keys_.back().insert(node.text).second) {
        refuse_node(node, fmt::format("a second '{}'", node.text));
      }
      parent.members.emplace_back(std::move(node.text), Node{.place = node.place});
      has_key_.back() = true;
      return nullptr;
    }
    has_key_.back() = false;
    // The place of a value that is missing would be that of whatever comes next.
    if (node.kind == NodeKind::null) node.place = parent.members.back().second.place;
    parent.members.back().second = std::move(node);
    return &parent.members.back().second;
  }

  [[noreturn]] void refuse_node(const Node& node, std::string_view why) const {
    throw base::Error(base::Kind::integrity,
                      fmt::format("parse {}: line {} column {}: {} is not read here", what_,
                                  node.place.line, node.place.column, why));
  }

  void open(Node node, const YAML::Mark& mark) {
    if (open_.size() == most_depth) refuse(mark, "such deep nesting");
    if (!open_.empty() && open_.back()->kind == NodeKind::map && !has_key_.back()) {
      refuse(mark, "a key that is no scalar");
    }
    open_.push_back(add(std::move(node)));
    has_key_.push_back(false);
    keys_.emplace_back();
  }

  void close() {
    open_.pop_back();
    has_key_.pop_back();
    keys_.pop_back();
  }

  std::string_view what_;
  Node root_;
  std::vector<Node*> open_;
  std::vector<bool> has_key_;
  std::vector<std::set<std::string>> keys_;
  int documents_ = 0;
};

// yaml-cpp takes a quote that is still open at the end of the text for closed, unless the mark of a
// document's end stands there.
std::string with_end_mark(std::string_view text) {
  return std::string(text) + (text.empty() || text.ends_with('\n') ? "...\n" : "\n...\n");
}

}  // namespace

const Node* Node::find(std::string_view name) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const auto& member) { return member.first == name; });
  return found == members.end() ? nullptr : &found->second;
}

Node parse(std::string_view text, std::string_view what) {
  if (text.size() > most_bytes) {
    throw base::Error(base::Kind::integrity, fmt::format("parse {}: larger than 1 MiB", what));
  }
  Builder builder(what);
  try {
    std::istringstream input(with_end_mark(text));
    YAML::Parser parser(input);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    const bool open_quote = error.msg == YAML::ErrorMsg::DOC_IN_SCALAR;
    throw base::Error(
        base::Kind::integrity,
        fmt::format("parse {}: line {} column {}: {}", what, error.mark.line + 1,
                    error.mark.column + 1, open_quote ? "a quote is not closed" : error.msg));
  }
  return builder.take();
}

}  // namespace yaml
