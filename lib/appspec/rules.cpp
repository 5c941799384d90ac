// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>

#include "appspec/linter.hpp"
#include "base/error.hpp"
#include "text/nearest.hpp"
#include "text/split.hpp"

namespace appspec {

const std::vector<Rule>& rules() {
  using enum Severity;
  static const std::vector<Rule> table{
      {"A01", error, "appspec.yml is not in the root",
       "the agent looks for appspec.yml in the archive's root and fails without it"},
      {"A02", warning, "appspec.yaml instead of appspec.yml",
       "Install finds a file of that name, the hooks do not"},
      {"A03", error, "appspec.yml is empty or no map", "the agent finds neither version nor os"},
      {"A04", error, "version is not 0.0", "the agent knows no other version", true},
      {"A05", error, "version is quoted",
       "the agent compares with a number, a string never equals it", true},
      {"A06", error, "os is not linux", "the agent compares os with the host's, case included",
       true},
      {"A07", error, "YAML that the agent does not load",
       "bad syntax, tabs, a byte order mark, aliases, dates: the first hook fails with the "
       "parser's words",
       true},
      {"A08", warning, "unknown key", "the agent ignores keys it does not know, without a word",
       true},
      {"A09", warning, "key given twice", "the last one wins, the ones before are lost"},
      {"B01", warning, "does not belong into a bundle",
       "secrets, version control folders, links that lead out, unreadable names and sheer size"},
      {"F01", error, "files is no list", "the agent iterates over it and fails"},
      {"F02", error, "file without source or destination", "the agent rejects the whole appspec"},
      {"F03", error, "source is not in the bundle", "Install fails when it copies it", true},
      {"F04", error, "pattern as source",
       "the agent expands no patterns: it looks for that very name"},
      {"F05", warning, "unknown key of a file",
       "a file has source and destination only; what is said of existing files stands at the top "
       "level"},
      {"F06", error, "file_exists_behavior is unknown",
       "only DISALLOW, OVERWRITE and RETAIN in upper case are accepted", true},
      {"F07", warning, "surprising source or destination",
       "a destination is a folder with an absolute path; the source / copies hooks and appspec.yml "
       "too"},
      {"F08", error, "two sources for one target", "Install fails before it copies anything"},
      {"H01", error, "hooks is no map", "the agent iterates over its events and fails"},
      {"H02", error, "hook is no list of maps", "each event has a list of scripts with a location"},
      {"H03", error, "script without location", "the agent rejects the whole appspec"},
      {"H04", error, "script is not in the bundle",
       "the event fails with ScriptMissing when it comes to run", true},
      {"H05", warning, "event that does not run",
       "the agent runs only the events it is told to; others are parsed and never run", true},
      {"H06", error, "time-out is not what it looks like",
       "the agent takes the leading digits for seconds, YAML reads a colon as base sixty", true},
      {"H07", warning, "runas that may not work",
       "runas is su with a login shell: the user must have one and be able to read the script"},
      {"P01", error, "permission without object", "the agent rejects the whole appspec"},
      {"P02", error, "mode is no file mode",
       "up to four octal digits are accepted, after YAML has read 0755 as the number 493", true},
      {"P03", error, "not a list", "permissions, type, except and acls are lists"},
      {"P04", error, "unknown type", "a type is file or directory"},
      {"P05", error, "context is not complete", "type is needed by the agent, range by Install"},
      {"P06", error, "bad acl entry", "the base entries are set with mode, not with acls"},
      {"P07", warning, "octal mode that changes its value",
       "YAML reads 0644 as the number 420, which the agent takes for the mode 0420", true},
      {"P08", warning, "permission without the effect it seems to have",
       "it matches nothing, locks folders, or loses a bit to the change of owner", true},
      {"P09", error, "two permissions for one path, or a pattern on a file",
       "Install fails before it copies anything"},
      {"S01", error, "interpreter line that cannot work",
       "the kernel looks for that very path, a carriage return included", true},
      {"S02", warning, "script that hides failures",
       "without an interpreter line the shell is anyone's guess; without set -e a failed step "
       "passes"},
      {"S03", warning, "background process that keeps the hook's output open",
       "the agent waits for stdout and stderr to close until the time-out, then fails the event"},
      {"S04", error, "image named by something that can move",
       "a rollback is the old bundle again: with a tag it fetches whatever the tag means by then"},
      {"S05", warning, "docker commands that can leave the host without the service",
       "what runs is removed before its successor is there, or two users' docker are mixed"},
      {"S06", warning, "lifecycle event that should be there",
       "without ValidateService only the load balancer notices a broken release, after up to an "
       "hour"},
  };
  return table;
}

const Rule* find_rule(std::string_view id) {
  const auto found =
      std::find_if(rules().begin(), rules().end(), [&](const Rule& rule) { return rule.id == id; });
  return found == rules().end() ? nullptr : &*found;
}

void check_allowed(const std::vector<std::string>& ids) {
  for (const auto& id : ids) {
    if (find_rule(id) != nullptr) continue;
    std::vector<std::string> known;
    for (const auto& rule : rules()) known.emplace_back(rule.id);
    auto near = text::nearest(text::upper(id), known);
    throw base::Error(
        base::Kind::usage, fmt::format("allow the rule {}: there is none of that name", id),
        near.empty() ? "rules are A01 to A09, B01, F01 to F08, H01 to H07, P01 to P09, "
                       "S01 to S06"
                     : fmt::format("did you mean {}?", near));
  }
}

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::advice:
      break;
  }
  return "advice";
}

}  // namespace appspec
