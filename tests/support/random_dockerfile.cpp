// SPDX-License-Identifier: Apache-2.0
#include "support/random_dockerfile.hpp"

#include <fmt/core.h>

#include "file/file.hpp"
#include "text/split.hpp"

namespace support {
namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

const Texts destinations{"/",
                         "/app/",
                         "/app",
                         "app/",
                         "./",
                         ".",
                         "/srv/data/",
                         "/srv/data/x",
                         "/srv/data",
                         "/opt/app/",
                         "/opt/app",
                         "/new/deep/dir/",
                         "/new/file",
                         "/usr/bin/tool",
                         "/bin/tool",
                         "/link/f",
                         "/tmp/",
                         "/etc/",
                         "rel/path",
                         "../up/",
                         "/data/",
                         "/data",
                         "/var/lib/x",
                         "/app/dir/",
                         "/app/a",
                         "/srv/",
                         "$D/",
                         "${D:-/dd}/e/",
                         "/srv//data/./y"};
const Texts base_paths{"/etc/passwd", "/srv/data", "/srv/data/kept", "/opt/app/",
                       "/data",       "/usr/bin",  "/opt",           "/srv/data/k*",
                       "/etc/*",      "/tmp",      "/var/lib/state"};
const Texts work_dirs{"/app",  "/srv/data", "rel",      "rel/deep", "/opt/app/new",
                      "..",    "/x/y/z",    "$D",       "/tmp",     "/srv/data/inner",
                      "/app/", "${W:-/w}",  "/link/sub"};
const Texts owners{"1000",    "1000:50",    "app",    "app:staff", "0:0",
                   "web:web", "1000:staff", "app:50", "55:66"};
const Texts variables{"A", "B", "C", "D", "W", "PATH", "UNSET", "BASE_ENV"};
const Texts plain_values{"1",     "x", "a-b", "v1.2", "/abs/dir", "k=v", "http://h:1/p?q=1",
                         "-Dx=y", "ü"};

std::string joined_json(const Texts& words) {
  std::string text;
  for (const std::string& word : words) {
    text +=
        fmt::format("{}\"{}\"", text.empty() ? "" : ", ", text::replace_all(word, "\"", "\\\""));
  }
  return "[" + text + "]";
}

}  // namespace

std::string RandomDockerfile::value() {
  const std::string variable = pick(variables);
  switch (below(12)) {
    case 0:
      return fmt::format("${}", variable);
    case 1:
      return fmt::format("${{{}}}", variable);
    case 2:
      return fmt::format("${{{}:-{}}}", variable, pick(plain_values));
    case 3:
      return fmt::format("${{{}:+{}}}", variable, pick(plain_values));
    case 4:
      return fmt::format("\"two words ${}\"", variable);
    case 5:
      return fmt::format("'single ${}'", variable);
    case 6:
      return fmt::format("\\${}", variable);
    case 7:
      return fmt::format("esc\\ aped${{{}}}tail", variable);
    case 8:
      return fmt::format("${{{}:-\"${}\"}}", variable, pick(variables));
    default:
      return pick(plain_values);
  }
}

std::string RandomDockerfile::pairs() {
  std::string text;
  for (std::size_t i = 1 + below(3); i > 0; --i) {
    text += fmt::format(
        " {}={}",
        pick(chance(90) ? Texts{"A", "B", "C", "D", "W"} : Texts{"BASE_ENV", "shared", "PATH"}),
        value());
  }
  return text;
}

std::string RandomDockerfile::command(std::string_view keyword) {
  const Texts words{"java", "-jar", "$A", "app.jar", "a b", "\\\\x"};
  if (chance(50)) {
    Texts line;
    for (std::size_t i = below(4); i > 0; --i) line.push_back(pick(words));
    if (line.empty() && chance(70)) line = {"run"};
    return fmt::format("{} {}", keyword, joined_json(line));
  }
  return fmt::format("{} exec java $A \"${{B}}\" '{}' && x", keyword, pick(plain_values));
}

std::string RandomDockerfile::healthcheck() {
  if (chance(20)) return "HEALTHCHECK NONE";
  std::string flags;
  if (chance(50))
    flags += fmt::format(" --interval={}", pick(Texts{"30s", "1m30s", "500ms", "1.5s", "2h"}));
  if (chance(30)) flags += fmt::format(" --timeout={}", pick(Texts{"3s", "1m", "1ms"}));
  if (chance(30)) flags += fmt::format(" --start-period={}", pick(Texts{"5s", "2m"}));
  if (chance(30)) flags += fmt::format(" --retries={}", 1 + below(5));
  return fmt::format("HEALTHCHECK{} {}", flags, command("CMD"));
}

std::string RandomDockerfile::owner() {
  if (traits_.refuses_unknown_owners && chance(5)) return pick(Texts{"nobody", "app:nogroup"});
  return chance(90) ? pick(owners) : "${OWNER:-1000}";
}

std::string RandomDockerfile::source(const std::vector<std::string>& from) {
  const std::string path =
      text::replace_all(from.empty() ? "." : pick(from), "[1]", chance(90) ? "[[]1]" : "[1]");
  switch (below(14)) {
    case 0:
      return pick(Texts{"*", "a*", "?", "[a-c]*", "*/a", "dir/*", "*.txt", "s?b"});
    case 1:
      return ".";
    case 2:
      return "./" + path;
    case 3:
      return "/" + path;
    case 4:
      return pick(Texts{"absent", "dir/", "../a", "$A", "${UNSET:-a}", "dir/../a", "sub"});
    case 5:
      return path + "/";
    default:
      return path;
  }
}

std::string RandomDockerfile::sources_and_destination(const std::vector<std::string>& from,
                                                      std::size_t most) {
  Texts words;
  for (std::size_t i = 1 + (chance(25) ? below(most) : 0); i > 0; --i)
    words.push_back(source(from));
  std::string destination = pick(destinations);
  if (words.size() > 1 && !destination.ends_with('/') && chance(90)) destination += '/';
  words.push_back(destination);
  return chance(15) ? joined_json(words) : text::join(words, " ");
}

std::string RandomDockerfile::copy(std::size_t stage) {
  std::string line = "COPY";
  if (chance(30)) line += " --chown=" + owner();
  if (traits_.chmod && chance(20)) line += " --chmod=" + pick(Texts{"755", "0644", "711", "600"});
  if (stage > 0 && chance(35)) {
    const std::size_t other = below(stage);
    line += chance(50) ? fmt::format(" --from={}", other) : fmt::format(" --from=s{}", other);
    return line + " " + sources_and_destination(base_paths, 1);
  }
  if (chance(5)) return line + " --from=" + base_ + " " + sources_and_destination(base_paths, 1);
  return line + " " + sources_and_destination(paths_, 2);
}

std::string RandomDockerfile::add() {
  std::string line = "ADD";
  if (chance(20)) line += " --chown=" + owner();
  const bool unpack = !archives_.empty() && chance(80);
  return line + " " + sources_and_destination(unpack ? archives_ : paths_, 2);
}

std::string RandomDockerfile::instruction(std::size_t stage) {
  switch (below(24)) {
    case 0:
      return "ENV" + pairs();
    case 1:
      return fmt::format("ENV {} {} {}", pick(Texts{"A", "B", "legacy"}), value(),
                         pick(plain_values));
    case 2:
      return "LABEL" + pairs();
    case 3:
      return fmt::format("EXPOSE {}",
                         pick(Texts{"8080", "8080/udp 90", "7000-7002", "$P", "443/TCP", "x"}));
    case 4:
      return fmt::format("USER {}",
                         pick(Texts{"app", "1000", "1000:50", "app:staff", "$A", "root", "0"}));
    case 5:
    case 6:
    case 7:
      return "WORKDIR " + pick(work_dirs);
    case 8:
      return fmt::format("VOLUME {}",
                         pick(Texts{"/v1", "/v1 /v2", "[\"/v 3\"]", "$D", "rel/v", "/srv/data"}));
    case 9:
      return fmt::format("STOPSIGNAL {}",
                         pick(Texts{"SIGTERM", "9", "SIGRTMIN+3", "$S", "term", "QUIT"}));
    case 10:
      return command("CMD");
    case 11:
      return command("ENTRYPOINT");
    case 12:
      return chance(60) ? std::string("SHELL [\"/bin/bash\", \"-c\"]") : healthcheck();
    case 13:
      if (traits_.forgets_args && stage < last_stage_) return "LABEL" + pairs();
      return fmt::format("ARG {}{}", pick(variables), chance(50) ? "=" + value() : "");
    case 14:
      return chance(50) ? "ONBUILD COPY " + sources_and_destination(paths_, 1)
                        : fmt::format("ONBUILD ENV{}", pairs());
    case 15:
    case 16:
      return add();
    default:
      return copy(stage);
  }
}

std::string RandomDockerfile::stage(std::size_t number) {
  std::string from = chance(50) ? base_ : "scratch";
  if (number > 0 && chance(30)) from = fmt::format("s{}", number - 1);
  // So that every stage is needed: not all builders leave others out.
  if (number > 0 && traits_.builds_all_stages) from = fmt::format("s{}", number - 1);
  if (from == base_ && chance(30)) from = "${BASE}";
  std::string text = fmt::format("FROM {} AS {}{}\n", from, chance(90) ? "s" : "S", number);
  for (std::size_t i = 1 + below(9); i > 0; --i) text += instruction(number) + "\n";
  return text;
}

std::string RandomDockerfile::stages() {
  std::string text = fmt::format("ARG BASE={}\n", base_);
  if (chance(40)) text += fmt::format("ARG A={}\n", pick(plain_values));
  if (chance(20)) text += "ARG D=/global\n";
  last_stage_ = below(3);
  for (std::size_t i = 0; i <= last_stage_; ++i) text += stage(i);
  return text;
}

RandomBuild RandomDockerfile::write(const fs::path& folder_path) {
  write_context(folder_path);
  build_.dockerfile = stages();
  if (chance(30)) build_.build_args["A"] = pick(plain_values);
  if (chance(10)) build_.build_args["W"] = "/from/arg";
  file::write_atomically_unsynced(folder_path / "Dockerfile", build_.dockerfile);
  return build_;
}

}  // namespace support
