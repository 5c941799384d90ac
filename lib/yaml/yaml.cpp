// SPDX-License-Identifier: Apache-2.0
#include "yaml/yaml.hpp"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "base/error.hpp"

namespace yaml {
namespace {

constexpr std::size_t most_bytes = 1U << 20U;
constexpr std::size_t most_depth = 32;
constexpr std::size_t most_notes = 1000;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// yaml-cpp drops a byte order mark before it counts; `skipped` is its length.
Place place_of(const YAML::Mark& mark, std::size_t skipped) {
  return {mark.line + 1, mark.column + 1,
          static_cast<std::size_t>(std::max(mark.pos, 0)) + skipped};
}

// Ends the parser from within an event; yaml-cpp has no other way.
struct Stopped {
  Problem problem;
};

[[noreturn]] void stop(const Place& place, std::string_view why) {
  throw Stopped{{place, fmt::format("{} is not read here", why)}};
}

// yaml-cpp takes a line "timeout:60" in a map for a key without a value. YAML asks for the ':' of
// its own; what stands at a key in other notations than it reads is let pass.
bool has_colon(std::string_view text, const Node& key) {
  auto after = text.substr(std::min(key.place.offset, text.size()));
  const bool quoted = after.starts_with('\'') || after.starts_with('"');
  if (quoted) after.remove_prefix(1);
  if (key.text.empty() || !after.starts_with(key.text)) return true;
  after.remove_prefix(std::min(key.text.size() + (quoted ? 1U : 0U), after.size()));
  const auto before = text.substr(0, key.place.offset);
  const auto last = before.find_last_not_of(" \t");
  if (last != std::string_view::npos && before[last] == '?') return true;
  while (!after.empty()) {
    after.remove_prefix(std::min(after.find_first_not_of(" \t\r\n"), after.size()));
    if (!after.starts_with('#')) break;
    after.remove_prefix(std::min(after.find('\n'), after.size()));
  }
  return !after.empty() && std::string_view(":,}").find(after.front()) != std::string_view::npos;
}

class Builder : public YAML::EventHandler {
 public:
  Builder(std::string_view text, std::size_t skipped) : text_(text), skipped_(skipped) {}

  void OnDocumentStart(const YAML::Mark& mark) override { start_ = place_of(mark); }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    note_anchor(mark, anchor);
    add(Node{.kind = NodeKind::null, .place = place_of(mark)});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    note(NoteKind::alias, place_of(mark));
    add(Node{.kind = NodeKind::alias, .place = place_of(mark)});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    note_anchor(mark, anchor);
    // "?" marks a plain scalar, "!" a quoted one; anything else was an explicit tag.
    const bool tagged = tag != "?" && tag != "!" && !tag.empty();
    if (tagged) note(NoteKind::tag, place_of(mark), tag);
    add(Node{.kind = NodeKind::scalar,
             .place = place_of(mark),
             .text = value,
             .quoted = tag == "!" || tag == "tag:yaml.org,2002:str"});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    note_anchor(mark, anchor);
    if (tag != "?" && !tag.empty()) note(NoteKind::tag, place_of(mark), tag);
    open(Node{.kind = NodeKind::list, .place = place_of(mark)});
  }
  void OnSequenceEnd() override { open_.pop_back(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    note_anchor(mark, anchor);
    if (tag != "?" && !tag.empty()) note(NoteKind::tag, place_of(mark), tag);
    open(Node{.kind = NodeKind::map, .place = place_of(mark)});
  }
  void OnMapEnd() override { open_.pop_back(); }

  const std::optional<Place>& start() const { return start_; }
  Document take() { return {.root = std::move(root_), .notes = std::move(notes_)}; }

 private:
  Place place_of(const YAML::Mark& mark) const { return yaml::place_of(mark, skipped_); }

  // A map or list whose end has not come yet. A map's children arrive as key, value, key, value;
  // `pending` is the member that waits for its value.
  struct Open {
    Node* node = nullptr;
    std::optional<std::size_t> pending{};
    std::map<std::string, std::size_t> keys{};
  };

  void note(NoteKind kind, const Place& place, std::string text = {}, const Place& earlier = {}) {
    if (notes_.size() < most_notes) notes_.push_back({kind, place, std::move(text), earlier});
  }

  void note_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) note(NoteKind::anchor, place_of(mark));
  }

  Node* add(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return &root_;
    }
    auto& parent = open_.back();
    if (parent.node->kind == NodeKind::list) {
      parent.node->items.push_back(std::move(node));
      return &parent.node->items.back();
    }
    if (!parent.pending) {
      add_key(parent, std::move(node));
      return nullptr;
    }
    auto& value = parent.node->members[*parent.pending].second;
    parent.pending.reset();
    const Place key = value.key_place;
    // The place of a value that is missing would be that of whatever comes next.
    if (node.kind == NodeKind::null) node.place = key;
    value = std::move(node);
    value.key_place = key;
    return &value;
  }

  void add_key(Open& parent, Node key) {
    if (key.kind != NodeKind::scalar) stop(key.place, "a key that is no scalar");
    if (!has_colon(text_, key)) throw Stopped{{key.place, "a key without ': ' after it"}};
    if (key.text == "<<" && !key.quoted) note(NoteKind::merge_key, key.place);
    auto& members = parent.node->members;
    const auto [found, is_new] = parent.keys.try_emplace(key.text, members.size());
    if (is_new) {
      members.emplace_back(std::move(key.text), Node{.key_place = key.place});
    } else {
      auto& value = members[found->second].second;
      note(NoteKind::duplicate_key, key.place, std::move(key.text), value.key_place);
      value.key_place = key.place;
    }
    parent.pending = found->second;
  }

  void open(Node node) {
    if (open_.size() == most_depth) stop(node.place, "such deep nesting");
    if (!open_.empty() && open_.back().node->kind == NodeKind::map && !open_.back().pending) {
      stop(node.place, "a key that is no scalar");
    }
    auto* added = add(std::move(node));
    open_.push_back({.node = added});
  }

  std::string_view text_;
  std::size_t skipped_;
  Node root_;
  std::vector<Note> notes_;
  std::vector<Open> open_;
  std::optional<Place> start_;
};

// yaml-cpp takes a quote that is still open at the end of the text for closed, unless the mark of a
// document's end stands there.
std::string with_end_mark(std::string_view text) {
  return std::string(text) + (text.empty() || text.ends_with('\n') ? "...\n" : "\n...\n");
}

std::string name_of(const Note& note) {
  switch (note.kind) {
    case NoteKind::anchor:
      return "an anchor";
    case NoteKind::alias:
      return "an alias";
    case NoteKind::tag:
      return "a tag";
    case NoteKind::merge_key:
      return "a merge key";
    case NoteKind::extra_document:
      return "a second document";
    case NoteKind::duplicate_key:
      break;
  }
  return fmt::format("a second '{}'", note.text);
}

[[noreturn]] void refuse(std::string_view what, const Problem& problem) {
  const auto& place = problem.place;
  throw base::Error(base::Kind::integrity,
                    place.line == 0 ? fmt::format("parse {}: {}", what, problem.message)
                                    : fmt::format("parse {}: line {} column {}: {}", what,
                                                  place.line, place.column, problem.message));
}

Problem problem_of(const YAML::Exception& error, std::size_t skipped) {
  const bool open_quote = error.msg == YAML::ErrorMsg::DOC_IN_SCALAR;
  return {place_of(error.mark, skipped), open_quote ? "a quote is not closed" : error.msg};
}

// Whether a document may begin at the offset: at "---", or after a line "..." with nothing but
// blank lines and comments between.
bool is_document_start(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  if (text.substr(offset).starts_with("---")) return true;
  auto before = text.substr(0, offset);
  before = before.substr(0, before.rfind('\n') + 1);
  while (!before.empty()) {
    before.remove_suffix(1);
    const auto line = before.substr(before.rfind('\n') + 1);
    before.remove_suffix(line.size());
    const auto first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line[first] == '#') continue;
    return line.starts_with("...") || line.starts_with("---") || line.starts_with('%');
  }
  return false;
}

// What is wrong in a document after the first is nobody's problem. But yaml-cpp also takes for a
// new document what follows the end of a list or a flow map and belongs to neither: that is a
// problem.
void look_behind(YAML::Parser& parser, std::string_view text, std::size_t skipped,
                 Document& document) {
  Builder builder(text, skipped);
  std::optional<Problem> problem;
  try {
    parser.HandleNextDocument(builder);
  } catch (const Stopped& stopped) {
    problem = stopped.problem;
  } catch (const YAML::Exception& error) {
    problem = problem_of(error, skipped);
  }
  const auto& start = builder.start();
  if (!start && !problem) return;
  const auto place = start ? *start : problem->place;
  if (is_document_start(text, place.offset)) {
    if (start) document.notes.push_back({.kind = NoteKind::extra_document, .place = place});
  } else {
    document.problem = problem.value_or(Problem{place, "this belongs to nothing before it"});
  }
}

}  // namespace

const Node* Node::find(std::string_view name) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const auto& member) { return member.first == name; });
  return found == members.end() ? nullptr : &found->second;
}

Document read(std::string_view text) {
  if (text.size() > most_bytes) return {.problem = Problem{{}, "larger than 1 MiB"}};
  const auto skipped = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  Builder builder(text, skipped);
  std::optional<Problem> problem;
  std::istringstream input(with_end_mark(text));
  YAML::Parser parser;
  try {
    parser.Load(input);
    parser.HandleNextDocument(builder);
  } catch (const Stopped& stopped) {
    problem = stopped.problem;
  } catch (const YAML::Exception& error) {
    problem = problem_of(error, skipped);
  }
  auto document = builder.take();
  document.problem = std::move(problem);
  if (document.problem) return document;
  look_behind(parser, text, skipped, document);
  return document;
}

Node parse(std::string_view text, std::string_view what) {
  auto document = read(text);
  if (!document.notes.empty()) {
    const auto& note = document.notes.front();
    refuse(what, {note.place, fmt::format("{} is not read here", name_of(note))});
  }
  if (document.problem) refuse(what, *document.problem);
  return std::move(document.root);
}

}  // namespace yaml
