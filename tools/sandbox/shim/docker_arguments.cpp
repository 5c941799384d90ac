// SPDX-License-Identifier: Apache-2.0
#include "sandbox/shim/docker_arguments.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>

#include "text/split.hpp"

namespace sandbox::shim {
namespace {

using Words = std::set<std::string_view>;

// Which words of a docker command are options, values and names of containers.
enum class Names { none, first, all, copy };

struct Grammar {
  std::string_view command;
  Names names = Names::none;
  bool takes_value_by_default = false;  // of the options not listed
  Words others{};                       // the options that differ from that default
  bool ends_at_first_name = false;      // what follows belongs to the container
  bool strip_names = false;
};

bool takes_value(const Grammar& grammar, std::string_view option) {
  return grammar.others.contains(option) != grammar.takes_value_by_default;
}

const Words& run_flags() {
  static const Words flags{"-d",
                           "--detach",
                           "-i",
                           "--interactive",
                           "-t",
                           "--tty",
                           "--rm",
                           "--privileged",
                           "--init",
                           "-P",
                           "--publish-all",
                           "--read-only",
                           "--oom-kill-disable",
                           "--no-healthcheck",
                           "--disable-content-trust",
                           "-q",
                           "--quiet",
                           "--sig-proxy",
                           "--use-api-socket",
                           "--help"};
  return flags;
}

const Grammar* find_grammar(std::string_view command) {
  static const std::vector<Grammar> table{
      {"run", Names::none, true, run_flags(), true, false},
      {"create", Names::none, true, run_flags(), true, false},
      {"ps", Names::none, false, {"-f", "--filter", "--format", "-n", "--last"}, false, true},
      {"prune", Names::none, false, {"--filter"}, false, false},
      {"stop", Names::all, false, {"-t", "--time", "--timeout", "-s", "--signal"}, false, true},
      {"start", Names::all, false, {"--detach-keys", "--checkpoint"}, false, true},
      {"restart", Names::all, false, {"-t", "--time", "--timeout", "-s", "--signal"}, false, true},
      {"kill", Names::all, false, {"-s", "--signal"}, false, true},
      {"rm", Names::all, false, {}, false, true},
      {"logs", Names::first, false, {"--since", "--until", "-n", "--tail"}, false, false},
      {"inspect", Names::all, false, {"-f", "--format", "--type"}, false, true},
      {"exec",
       Names::first,
       false,
       {"-e", "--env", "--env-file", "-u", "--user", "-w", "--workdir", "--detach-keys"},
       true,
       false},
      {"attach", Names::first, false, {"--detach-keys"}, false, false},
      {"wait", Names::all, false, {}, false, false},
      {"port", Names::first, false, {}, false, false},
      {"top", Names::first, false, {}, true, false},
      {"stats", Names::all, false, {"--format"}, false, false},
      {"pause", Names::all, false, {}, false, true},
      {"unpause", Names::all, false, {}, false, true},
      {"diff", Names::first, false, {}, false, false},
      {"export", Names::first, false, {"-o", "--output"}, false, false},
      {"commit",
       Names::first,
       false,
       {"-a", "--author", "-c", "--change", "-m", "--message"},
       false,
       false},
      {"cp", Names::copy, false, {}, false, false},
      {"rename", Names::all, false, {}, false, false},
      {"update", Names::all, true, {"--help"}, false, true},
  };
  const auto found = std::find_if(table.begin(), table.end(), [&](const Grammar& grammar) {
    return grammar.command == command;
  });
  return found == table.end() ? nullptr : &*found;
}

// An id is printed by `docker run -d` and passed back by scripts; it is unique already.
bool is_container_id(std::string_view name) {
  return name.size() >= 12 && name.size() <= 64 &&
         name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

class Rewriter {
 public:
  Rewriter(const Grammar& grammar, const Scope& scope) : grammar_(grammar), scope_(scope) {}

  // `words` follow the command's name.
  std::vector<std::string> rewrite(const std::vector<std::string>& words) {
    const bool of_other_type = names_another_type(words);
    std::size_t names = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto& word = words[i];
      if (word == "--") {
        result_.push_back(word);
      } else if (word.size() > 1 && word[0] == '-') {
        const auto* next = i + 1 < words.size() ? &words[i + 1] : nullptr;
        if (option(word, next)) ++i;
      } else {
        result_.push_back(of_other_type ? word : positional(word, names));
        ++names;
        if (!grammar_.ends_at_first_name) continue;
        result_.insert(result_.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                       words.end());
        break;
      }
    }
    return std::move(result_);
  }

  bool attached() const { return attached_; }

 private:
  static bool names_another_type(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i].starts_with("--type=")) return words[i] != "--type=container";
      if (words[i] == "--type" && i + 1 < words.size()) return words[i + 1] != "container";
    }
    return false;
  }

  // True when the next word was its value.
  bool option(const std::string& word, const std::string* next) {
    if (word.starts_with("--")) return long_option(word, next);
    // A bundle of short ones: the first that takes a value takes the rest of the word.
    for (std::size_t i = 1; i < word.size(); ++i) {
      const auto name = std::string("-") + word[i];
      note_attached(name);
      if (!takes_value(grammar_, name)) continue;
      if (i + 1 < word.size()) {
        const auto start = word[i + 1] == '=' ? i + 2 : i + 1;
        result_.push_back(word.substr(0, start) + edited(name, word.substr(start)));
        return false;
      }
      return with_next(name, word, next);
    }
    result_.push_back(word);
    return false;
  }

  bool long_option(const std::string& word, const std::string* next) {
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    note_attached(name);
    if (equals != std::string::npos) {
      result_.push_back(word.substr(0, equals + 1) + edited(name, word.substr(equals + 1)));
      return false;
    }
    if (takes_value(grammar_, name)) return with_next(name, word, next);
    result_.push_back(word);
    return false;
  }

  bool with_next(const std::string& name, const std::string& word, const std::string* next) {
    result_.push_back(word);
    if (next == nullptr) return false;
    result_.push_back(edited(name, *next));
    return true;
  }

  void note_attached(std::string_view name) {
    attached_ =
        attached_ || name == "-a" || name == "--attach" || name == "-i" || name == "--interactive";
  }

  std::string edited(std::string_view option, const std::string& value) const {
    if (grammar_.command == "run" || grammar_.command == "create") {
      if (option == "--name") return scoped(value);
      if (option == "-p" || option == "--publish") return publish_on(value, scope_.address);
      if (option == "--volumes-from" || option == "--link") return scoped_before_colon(value);
      if ((option == "--network" || option == "--net" || option == "--pid" || option == "--ipc") &&
          value.starts_with("container:")) {
        return "container:" + scoped(value.substr(10));
      }
    }
    // An anchored name filter would miss the suffix.
    if (grammar_.command == "ps" && (option == "-f" || option == "--filter") &&
        value.starts_with("name=") && value.ends_with('$')) {
      return value.substr(0, value.size() - 1) + name_suffix(scope_) + "$";
    }
    return value;
  }

  std::string positional(const std::string& word, std::size_t index) const {
    switch (grammar_.names) {
      case Names::none:
        return word;
      case Names::first:
        return index == 0 ? scoped(word) : word;
      case Names::all:
        return scoped(word);
      case Names::copy:
        return word.find(':') == std::string::npos || word[0] == '/' || word[0] == '.'
                   ? word
                   : scoped_before_colon(word);
    }
    return word;
  }

  std::string scoped_before_colon(const std::string& value) const {
    const auto colon = value.find(':');
    if (colon == std::string::npos) return scoped(value);
    return scoped(value.substr(0, colon)) + value.substr(colon);
  }

  std::string scoped(const std::string& name) const {
    const auto suffix = name_suffix(scope_);
    // A name never holds these: `docker inspect` takes images, too.
    const bool is_image = name.find_first_of("/:@") != std::string::npos;
    if (name.empty() || is_image || is_container_id(name) || name.ends_with(suffix)) return name;
    return name + suffix;
  }

  const Grammar& grammar_;
  const Scope& scope_;
  std::vector<std::string> result_;
  bool attached_ = false;
};

// Where the command's name is: after docker's own options.
std::size_t command_index(const std::vector<std::string>& arguments) {
  static const Words with_value{"-H", "--host",      "-c",          "--context", "--config",
                                "-l", "--log-level", "--tlscacert", "--tlscert", "--tlskey"};
  std::size_t i = 0;
  while (i < arguments.size() && arguments[i].starts_with('-'))
    i += with_value.contains(arguments[i]) ? 2 : 1;
  return i;
}

}  // namespace

std::string name_suffix(const Scope& scope) { return "." + scope.instance; }

std::string publish_on(std::string_view mapping, std::string_view address) {
  // An IPv6 address is in brackets and full of colons.
  if (mapping.starts_with('[')) {
    const auto end = mapping.find("]:");
    if (end != std::string_view::npos) mapping.remove_prefix(end + 2);
    return std::string(address) + ":" + std::string(mapping);
  }
  const auto parts = text::split(mapping, ':');
  std::string host;
  if (parts.size() >= 2) host = parts[parts.size() - 2];
  return std::string(address) + ":" + host + ":" + std::string(parts.back());
}

DockerCall rewrite(const std::vector<std::string>& arguments, const Scope& scope) {
  auto index = command_index(arguments);
  if (index < arguments.size() && arguments[index] == "container") ++index;
  if (index >= arguments.size()) return {arguments, false};
  const bool of_container = index > 0 && arguments[index - 1] == "container";
  auto command = std::string_view(arguments[index]);
  if (of_container && (command == "ls" || command == "list")) command = "ps";
  const auto* grammar = find_grammar(command);
  if (grammar == nullptr || (command == "prune" && !of_container)) return {arguments, false};

  const auto after = arguments.begin() + static_cast<std::ptrdiff_t>(index) + 1;
  DockerCall call{{arguments.begin(), after}, grammar->strip_names};
  const auto label = "stagecraft.instance=" + scope.instance;
  if (command == "run" || command == "create") {
    for (const auto& word : {std::string("--label"), "stagecraft.sandbox=" + scope.sandbox,
                             std::string("--label"), label}) {
      call.arguments.push_back(word);
    }
  }
  if (command == "ps" || command == "prune") {
    call.arguments.push_back("--filter");
    call.arguments.push_back("label=" + label);
  }
  Rewriter rewriter(*grammar, scope);
  const auto rest = rewriter.rewrite({after, arguments.end()});
  call.arguments.insert(call.arguments.end(), rest.begin(), rest.end());
  if (command == "start" && rewriter.attached()) call.strip_names = false;
  return call;
}

}  // namespace sandbox::shim
