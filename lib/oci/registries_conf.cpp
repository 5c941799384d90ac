// SPDX-License-Identifier: Apache-2.0
//
// The shape of registries.conf version 2 in TOML, and no more of TOML than it needs: tables whose
// values are strings and booleans. What belongs to other keys and tables is stepped over, arrays of
// several lines included.
#include <fmt/core.h>

#include <optional>

#include "base/error.hpp"
#include "oci/mirrors.hpp"
#include "text/split.hpp"

namespace oci {
namespace {

constexpr std::size_t most_rules = 1000;

class Reader {
 public:
  Reader(std::string_view text, const std::string& name) : lines_(text::lines(text)), name_(name) {}

  std::vector<MirrorRule> read() {
    for (; at_ < lines_.size(); ++at_) {
      const std::string_view line = text::trim(lines_[at_]);
      if (line.empty() || line.front() == '#') continue;
      if (line.front() == '[') {
        open_table(line);
      } else {
        read_pair(line);
      }
    }
    for (MirrorRule& rule : rules_) {
      if (rule.prefix.empty()) rule.prefix = rule.location;
      if (rule.prefix.empty()) refuse("a [[registry]] with neither prefix nor location");
      for (const Mirror& mirror : rule.mirrors) {
        if (mirror.location.empty()) refuse("a mirror of " + rule.prefix + " without a location");
      }
    }
    return std::move(rules_);
  }

 private:
  enum class Table { other, registry, mirror };

  [[noreturn]] void refuse(const std::string& why) const {
    throw base::Error(
        base::Kind::environment,
        fmt::format("read {} line {}: {}", name_, std::min(at_ + 1, lines_.size()), why),
        "see containers-registries.conf(5)");
  }

  void open_table(std::string_view line) {
    const std::string_view head = text::trim(line.substr(0, line.find('#')));
    table_ = Table::other;
    if (head == "[[registry]]") {
      if (rules_.size() == most_rules) refuse("more than 1000 registries");
      rules_.push_back({.origin = name_});
      table_ = Table::registry;
    } else if (head == "[[registry.mirror]]") {
      if (rules_.empty()) refuse("a mirror before any [[registry]]");
      if (rules_.back().mirrors.size() == most_rules) refuse("more than 1000 mirrors");
      rules_.back().mirrors.emplace_back();
      table_ = Table::mirror;
    } else if (!head.ends_with(']')) {
      refuse("a table header without its end");
    }
  }

  void read_pair(std::string_view line) {
    const auto parts = text::cut(line, "=");
    if (!parts) refuse("neither a table nor key = value");
    const std::string_view key = text::trim(parts->first);
    const std::string_view value = text::trim(parts->second);
    if (table_ == Table::registry && set(rules_.back(), key, value)) return;
    if (table_ == Table::mirror && set(rules_.back().mirrors.back(), key, value)) return;
    step_over(value);
  }

  bool set(MirrorRule& rule, std::string_view key, std::string_view value) const {
    if (key == "prefix") {
      rule.prefix = string(value);
    } else if (key == "location") {
      rule.location = string(value);
    } else if (key == "insecure") {
      rule.insecure = boolean(value);
    } else if (key == "blocked") {
      rule.blocked = boolean(value);
    } else if (key == "mirror-by-digest-only") {
      rule.digest_only = boolean(value);
    } else {
      return false;
    }
    return true;
  }

  bool set(Mirror& mirror, std::string_view key, std::string_view value) const {
    if (key == "location") {
      mirror.location = string(value);
    } else if (key == "insecure") {
      mirror.insecure = boolean(value);
    } else if (key == "pull-from-mirror") {
      mirror.pull_from = pull_from(string(value));
    } else {
      return false;
    }
    return true;
  }

  PullFrom pull_from(const std::string& word) const {
    if (word == "all") return PullFrom::all;
    if (word == "digest-only") return PullFrom::digest_only;
    if (word == "tag-only") return PullFrom::tag_only;
    refuse(fmt::format("pull-from-mirror = '{}' is not all, digest-only or tag-only", word));
  }

  bool boolean(std::string_view value) const {
    const std::string_view word = text::trim(value.substr(0, value.find('#')));
    if (word != "true" && word != "false") refuse("neither true nor false");
    return word == "true";
  }

  std::string string(std::string_view value) const {
    const char quote = value.empty() ? '\0' : value.front();
    const std::size_t end =
        quote == '"' || quote == '\'' ? value.find(quote, 1) : std::string::npos;
    if (end == std::string::npos) refuse("not a string in quotes");
    const std::string_view rest = text::trim(value.substr(end + 1));
    if (!rest.empty() && rest.front() != '#') refuse("text after a string");
    const std::string content(value.substr(1, end - 1));
    if (content.find('\\') != std::string::npos) refuse("an escape in an address");
    return content;
  }

  // Leaves at_ on the last line of the value.
  void step_over(std::string_view value) {
    int depth = brackets(value);
    while (depth > 0 && at_ + 1 < lines_.size()) depth += brackets(lines_[++at_]);
    if (depth > 0) refuse("an array without its end");
  }

  // Opened minus closed, outside of strings and comments.
  static int brackets(std::string_view text) {
    int depth = 0;
    char quote = '\0';
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (quote != '\0') {
        if (c == '\\' && quote == '"') ++i;
        if (c == quote) quote = '\0';
        continue;
      }
      if (c == '#') break;
      if (c == '"' || c == '\'') quote = c;
      if (c == '[' || c == '{') ++depth;
      if (c == ']' || c == '}') --depth;
    }
    return depth;
  }

  std::vector<std::string_view> lines_;
  const std::string& name_;
  std::size_t at_ = 0;
  Table table_ = Table::other;
  std::vector<MirrorRule> rules_;
};

}  // namespace

std::vector<MirrorRule> parse_registries_conf(std::string_view text, const std::string& name) {
  return Reader(text, name).read();
}

}  // namespace oci
