// SPDX-License-Identifier: Apache-2.0
#include "appspec/shell_scan.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace appspec {
namespace {

constexpr int most_nesting = 32;
constexpr std::string_view end_of_word = " \t\r\n;&|<>()";
constexpr std::string_view digits = "0123456789";

struct HereDocument {
  std::string end{};
  bool strip_tabs = false;
};

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool is_assignment(std::string_view word) {
  auto name = word.substr(0, std::min(word.find('='), word.size()));
  if (name.size() == word.size()) return false;
  if (name.ends_with('+')) name.remove_suffix(1);
  return is_name(name.substr(0, name.find('[')));
}

class Scanner {
 public:
  Scanner(std::string_view text, std::size_t begin, int nesting)
      : text_(text), at_(begin), nesting_(nesting) {}

  // Up to the end of the text or, in a substitution, to its closing parenthesis; answers where.
  std::size_t scan() {
    while (at_ < text_.size() && !closed_) step();
    end_command(Joint::semicolon);
    return at_;
  }

  std::vector<ShellCommand> take() { return std::move(commands_); }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool looking_at(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void step() {
    const char c = peek();
    if (c == ' ' || c == '\t' || c == '\r') {
      ++at_;
    } else if (c == '\\' && (peek(1) == '\n' || (peek(1) == '\r' && peek(2) == '\n'))) {
      at_ += peek(1) == '\n' ? 2 : 3;
    } else if (c == '\n') {
      ++at_;
      end_command(Joint::semicolon);
      skip_here_documents();
    } else if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (in_pattern_) {
      step_in_pattern();
    } else if (c == ';' || c == '&' || c == '|') {
      read_operator();
    } else if (c == '(' || c == ')') {
      read_parenthesis();
    } else if (starts_redirection()) {
      read_redirection();
    } else {
      add_word(read_word());
    }
  }

  void step_in_pattern() {
    const char c = peek();
    if (c == ')') {
      in_pattern_ = false;
      ++at_;
    } else if (end_of_word.find(c) != std::string_view::npos) {
      ++at_;
    } else if (const auto word = read_word(); word.text == "esac") {
      in_pattern_ = false;
      add_word(word);
    }
  }

  void read_operator() {
    if (looking_at("&>")) {
      read_redirection();
    } else if (looking_at("&&")) {
      at_ += 2;
      end_command(Joint::and_then);
    } else if (looking_at("||")) {
      at_ += 2;
      end_command(Joint::or_else);
    } else if (peek() == '&') {
      ++at_;
      end_command(Joint::background);
    } else if (peek() == '|') {
      at_ += looking_at("|&") ? 2 : 1;
      end_command(Joint::pipe);
    } else {
      const bool ends_branch = looking_at(";;") || looking_at(";&");
      while (peek() == ';' || (ends_branch && peek() == '&')) ++at_;
      end_command(Joint::semicolon);
      in_pattern_ = ends_branch && cases_ > 0;
    }
  }

  void read_parenthesis() {
    const auto begin = at_;
    if (peek() == ')') {
      end_command(Joint::semicolon);
      if (groups_ == 0 && nesting_ > 0) {
        closed_ = true;
        return;
      }
      ++at_;
      groups_ = std::max(0, groups_ - 1);
      close({")", begin});
      return;
    }
    if (command_.words.empty() && looking_at("((")) {
      at_ = after_balanced('(', ')');
      add_word({std::string(text_.substr(begin, at_ - begin)), begin});
      return;
    }
    ++at_;
    const auto next = text_.find_first_not_of(" \t", at_);
    if (!command_.words.empty() && next != std::string_view::npos && text_[next] == ')') {
      at_ = next + 1;  // name(): what follows is a compound command of its own
      command_ = {};
      return;
    }
    end_command(before_);
    ++groups_;
    ++depth_;
  }

  bool starts_redirection() const {
    const auto after = text_.find_first_not_of(digits, at_);
    return after != std::string_view::npos && (text_[after] == '<' || text_[after] == '>') &&
           after - at_ <= 2;
  }

  void read_redirection() {
    start_command(at_);
    Redirection result;
    const auto after_digits = text_.find_first_not_of(digits, at_);
    const bool numbered = after_digits > at_;
    if (numbered) result.fd = std::stoi(std::string(text_.substr(at_, after_digits - at_)));
    at_ = after_digits;
    constexpr std::array<std::string_view, 12> operations{"&>>", "&>", "<<<", "<<-", "<<", "<&",
                                                          "<>",  "<",  ">>",  ">|",  ">&", ">"};
    for (const auto operation : operations) {
      if (!looking_at(operation)) continue;
      result.operation = operation;
      break;
    }
    at_ += result.operation.size();
    if (!numbered) result.fd = result.operation.starts_with('<') ? 0 : 1;
    if (peek() == '(' && (result.operation == "<" || result.operation == ">")) {
      scan_substitution(1);
      return;
    }
    while (peek() == ' ' || peek() == '\t') ++at_;
    result.target = read_word().text;
    if (result.operation == "<<" || result.operation == "<<-") {
      here_documents_.push_back({result.target, result.operation == "<<-"});
    }
    command_.redirections.push_back(std::move(result));
  }

  void skip_here_documents() {
    for (const auto& document : std::exchange(here_documents_, {})) {
      while (at_ < text_.size()) {
        const auto end = std::min(text_.find('\n', at_), text_.size());
        auto line = text_.substr(at_, end - at_);
        at_ = std::min(end + 1, text_.size());
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (document.strip_tabs) {
          line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
        }
        if (line == document.end) break;
      }
    }
  }

  ShellWord read_word() {
    ShellWord word{.offset = at_};
    if (looking_at("[[") && command_.words.empty()) return read_test();
    while (at_ < text_.size()) {
      const char c = peek();
      if (c == '(' && word.text.ends_with('=')) {
        at_ = after_balanced('(', ')');
        continue;
      }
      if (end_of_word.find(c) != std::string_view::npos) break;
      read_piece(word.text);
    }
    if (at_ == word.offset && at_ < text_.size())
      ++at_;  // whatever it is, it must not stop the scan
    return word;
  }

  // One character, quoted string or expansion of a word.
  void read_piece(std::string& word) {
    const char c = peek();
    if (c == '\'') {
      const auto end = std::min(text_.find('\'', at_ + 1), text_.size());
      word += text_.substr(at_ + 1, end - at_ - 1);
      at_ = std::min(end + 1, text_.size());
    } else if (c == '"') {
      ++at_;
      while (at_ < text_.size() && peek() != '"') read_in_quotes(word);
      at_ = std::min(at_ + 1, text_.size());
    } else if (c == '\\') {
      if (peek(1) != '\n' && at_ + 1 < text_.size()) word += peek(1);
      at_ = std::min(at_ + 2, text_.size());
    } else {
      read_in_quotes(word);
    }
  }

  // What means the same inside double quotes and outside: expansions, else the character itself.
  void read_in_quotes(std::string& word) {
    const auto begin = at_;
    if (peek() == '\\' && at_ + 1 < text_.size()) {
      if (peek(1) != '\n') word += peek(1);
      at_ += 2;
      return;
    }
    if (looking_at("$((")) {
      ++at_;
      at_ = after_balanced('(', ')');
    } else if (looking_at("$(")) {
      scan_substitution(2);
    } else if (looking_at("${")) {
      ++at_;
      at_ = after_balanced('{', '}');
    } else if (peek() == '`') {
      const auto end = std::min(text_.find('`', at_ + 1), text_.size());
      scan_inner(text_.substr(0, end), at_ + 1);
      at_ = std::min(end + 1, text_.size());
    } else {
      ++at_;
    }
    word += text_.substr(begin, at_ - begin);
  }

  // [[ … ]] as one word: && and || in it join no commands.
  ShellWord read_test() {
    ShellWord word{.offset = at_};
    while (at_ < text_.size() && !looking_at("]]") && peek() != '\n') read_piece(word.text);
    if (looking_at("]]")) at_ += 2;
    return word;
  }

  void scan_substitution(std::size_t opening) {
    const auto end = scan_inner(text_, at_ + opening);
    at_ = std::min(end + 1, text_.size());
  }

  std::size_t scan_inner(std::string_view text, std::size_t begin) {
    if (nesting_ == most_nesting) return text.size();
    Scanner inner(text, begin, nesting_ + 1);
    const auto end = inner.scan();
    for (auto& command : inner.take()) {
      command.substituted = true;
      commands_.push_back(std::move(command));
    }
    return end;
  }

  // Past the bracket that closes the one here; quotes hide brackets.
  std::size_t after_balanced(char open, char close) const {
    int depth = 0;
    char quote = '\0';
    for (auto i = at_; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '\\') {
        ++i;
      } else if (quote != '\0') {
        if (c == quote) quote = '\0';
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == open) {
        ++depth;
      } else if (c == close && --depth == 0) {
        return i + 1;
      }
    }
    return text_.size();
  }

  void start_command(std::size_t offset) {
    if (is_empty()) command_.offset = offset;
  }

  void add_word(const ShellWord& word) {
    start_command(word.offset);
    if (command_.words.empty() && read_reserved(word)) return;
    if (command_.words.empty() && is_assignment(word.text)) {
      command_.assignments.push_back(word);
      return;
    }
    if (word.text == "in" && !command_.words.empty() && command_.words.front().text == "case") {
      command_ = {};
      in_pattern_ = true;
      return;
    }
    command_.words.push_back(word);
  }

  // True when the word was one of the shell's own and is no part of a command.
  bool read_reserved(const ShellWord& word) {
    const auto& text = word.text;
    if (text_.substr(word.offset, text.size()) != text) return false;  // quoted
    if (is_one_of(text, {"if", "elif", "while", "until"})) {
      if (text != "elif") ++depth_;
      condition_ = true;
    } else if (is_one_of(text, {"then", "do", "else"})) {
      condition_ = false;
    } else if (text == "!") {
      negated_ = true;
    } else if (text == "{") {
      ++depth_;
    } else if (text == "function") {
      skip_function_name();
    } else if (is_one_of(text, {"}", "fi", "done", "esac"})) {
      if (text == "esac") cases_ = std::max(0, cases_ - 1);
      close(word);
    } else {
      if (is_one_of(text, {"for", "select", "case"})) ++depth_;
      if (text == "case") ++cases_;
      return false;
    }
    return true;
  }

  void skip_function_name() {
    while (peek() == ' ' || peek() == '\t') ++at_;
    read_word();
    while (peek() == ' ' || peek() == '\t') ++at_;
    if (looking_at("()")) at_ += 2;
  }

  void close(ShellWord word) {
    end_command(before_);
    depth_ = std::max(0, depth_ - 1);
    start_command(word.offset);
    command_.words.push_back(std::move(word));
  }

  bool is_empty() const {
    return command_.words.empty() && command_.assignments.empty() && command_.redirections.empty();
  }

  void end_command(Joint joint) {
    if (is_empty()) return;  // a line may end after && and |; the list goes on
    command_.before = before_;
    command_.after = joint;
    command_.depth = depth_;
    command_.condition = condition_ || std::exchange(negated_, false);
    before_ = joint;
    commands_.push_back(std::exchange(command_, {}));
  }

  std::string_view text_;
  std::size_t at_;
  int nesting_;
  bool closed_ = false;
  std::vector<ShellCommand> commands_{};
  ShellCommand command_{};
  Joint before_ = Joint::semicolon;
  std::vector<HereDocument> here_documents_{};
  int groups_ = 0;  // open parentheses of subshells
  int depth_ = 0;
  int cases_ = 0;
  bool in_pattern_ = false;
  bool condition_ = false;
  bool negated_ = false;
};

}  // namespace

std::vector<ShellCommand> scan_shell(std::string_view script) {
  Scanner scanner(script, 0, 0);
  scanner.scan();
  return scanner.take();
}

}  // namespace appspec
