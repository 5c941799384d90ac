// SPDX-License-Identifier: Apache-2.0
#include "appspec/docker_call.hpp"

#include <algorithm>
#include <string_view>

#include "appspec/bundle_index.hpp"

namespace appspec {
namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class Words {
 public:
  explicit Words(const std::vector<ShellWord>& words) : words_(words) {}

  bool done() const { return at_ == words_.size(); }
  const std::string& text() const { return words_[at_].text; }
  const ShellWord& take() { return words_[at_++]; }
  void skip() { at_ = std::min(at_ + 1, words_.size()); }
  std::vector<ShellWord> rest() const {
    return {words_.begin() + static_cast<std::ptrdiff_t>(at_), words_.end()};
  }

  // Options, and the values of those in `with_value`.
  void skip_options(std::initializer_list<std::string_view> with_value) {
    while (!done() && text().size() > 1 && text().starts_with('-')) {
      const bool value_follows = is_one_of(take().text, with_value);
      if (value_follows) skip();
    }
  }

 private:
  const std::vector<ShellWord>& words_;
  std::size_t at_ = 0;
};

// Steps over programs that run the rest of their arguments. True when one of them was sudo.
bool skip_wrappers(Words& words) {
  bool sudo = false;
  while (!words.done()) {
    const std::string name(file_name_of(words.text()));
    if (name == "sudo") {
      sudo = true;
      words.skip();
      words.skip_options({"-u", "-g", "-C", "-h", "-p", "--user", "--group"});
    } else if (name == "env") {
      words.skip();
      words.skip_options({"-u", "-C", "-S"});
      while (!words.done() && words.text().find('=') != std::string::npos) words.skip();
    } else if (is_one_of(name, {"exec", "command", "nohup", "time", "setsid", "nice", "ionice"})) {
      words.skip();
      words.skip_options({"-n", "-c", "-a"});
    } else if (name == "timeout" || name == "retry") {
      words.skip();
      words.skip_options({"-k", "-s", "--kill-after", "--signal"});
      words.skip();
    } else {
      break;
    }
  }
  return sudo;
}

// Of `docker run` and `docker create`: options without a value. All others have one.
bool is_flag(std::string_view option) {
  if (option.starts_with("--")) {
    return option.find('=') != std::string_view::npos ||
           is_one_of(option, {"--detach", "--interactive", "--tty", "--rm", "--init",
                              "--privileged", "--read-only", "--publish-all", "--no-healthcheck",
                              "--quiet", "--oom-kill-disable", "--sig-proxy",
                              "--disable-content-trust", "--help", "--replace", "--all-tags"});
  }
  // -dp 80:80 is -d and -p 80:80; -p80:80 carries its value along.
  const auto letters = option.substr(1);
  const auto first_with_value = letters.find_first_not_of("ditPq");
  return first_with_value == std::string_view::npos || first_with_value + 1 < letters.size();
}

std::vector<ShellWord> started_image(Words words) {
  while (!words.done() && words.text().size() > 1 && words.text().starts_with('-')) {
    const bool flag = words.text() == "--" || is_flag(words.text());
    words.skip();
    if (!flag) words.skip();
  }
  if (words.done()) return {};
  return {words.take()};
}

std::vector<ShellWord> pulled_images(Words words) {
  std::vector<ShellWord> images;
  while (!words.done()) {
    words.skip_options({"--platform", "--arch", "--os", "--variant", "--creds", "--authfile"});
    if (!words.done()) images.push_back(words.take());
  }
  return images;
}

}  // namespace

std::optional<DockerCall> find_docker_call(const ShellCommand& command) {
  Words words(command.words);
  DockerCall call{.with_sudo = skip_wrappers(words)};
  if (words.done() || !is_one_of(file_name_of(words.text()), {"docker", "podman", "nerdctl"})) {
    return std::nullopt;
  }
  words.skip();
  words.skip_options({"-H", "--host", "-c", "--context", "--config", "-l", "--log-level"});
  if (words.done()) return std::nullopt;
  const auto noun = words.take().text;
  call.verb = noun;
  if (is_one_of(noun,
                {"image", "container", "system", "compose", "volume", "network", "builder"})) {
    if (words.done()) return std::nullopt;
    call.verb = words.take().text;
    if (noun == "image" && is_one_of(call.verb, {"rm", "remove"})) {
      call.verb = "rmi";
    } else if (!is_one_of(noun, {"image", "container"})) {
      call.verb = noun + " " + call.verb;
    }
  }
  call.arguments = words.rest();
  if (call.verb == "run" || call.verb == "create") call.images = started_image(words);
  if (call.verb == "pull") call.images = pulled_images(words);
  return call;
}

}  // namespace appspec
