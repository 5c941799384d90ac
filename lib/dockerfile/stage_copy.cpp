// SPDX-License-Identifier: Apache-2.0
//
// COPY and ADD of a stage: from words and flags to a request, and where its sources come from.
#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "dockerfile/arguments.hpp"
#include "dockerfile/glob.hpp"
#include "dockerfile/stage_builder.hpp"
#include "text/split.hpp"

namespace dockerfile {
namespace {

bool is_remote(std::string_view source) {
  return source.starts_with("http://") || source.starts_with("https://") ||
         source.starts_with("git@") || source.starts_with("git://") || source.starts_with("ssh://");
}

bool is_on(const Instruction& instruction, std::string_view flag) {
  const Flag* found = instruction.find_flag(flag);
  return found && found->value != "false";
}

std::optional<unsigned> find_octal(std::string_view digits) {
  if (digits.empty() || digits.size() > 5) return std::nullopt;
  unsigned mode = 0;
  for (const char c : digits) {
    if (c < '0' || c > '7') return std::nullopt;
    mode = mode * 8 + static_cast<unsigned>(c - '0');
  }
  if (mode > 07777U) return std::nullopt;
  return mode;
}

bool names_jars(std::string_view pattern) {
  const std::string_view last = pattern.substr(pattern.rfind('/') + 1);
  return last.find(".jar") != std::string_view::npos || last.find(".war") != std::string_view::npos;
}

bool ends_in_folder(std::string_view destination) {
  const std::string_view last = destination.substr(destination.rfind('/') + 1);
  return last.empty() || last == "." || last == "..";
}

}  // namespace

Action StageBuilder::copy_files(const Instruction& instruction) {
  CopyRequest request;
  request.scratch = evaluation_.input.scratch;
  request.unpack = instruction.command == Command::add;
  if (const Flag* unpack = instruction.find_flag("unpack")) {
    request.unpack = unpack->value != "false";
  }
  const std::string reason = add_copy_flags(instruction, request);
  add_sources(instruction, request);
  if (!reason.empty()) return NeedsEngine{reason};
  for (const std::string& source : request.sources) {
    if (!is_remote(source)) continue;
    if (instruction.command == Command::copy) {
      throw base::Error(base::Kind::refused, fmt::format("{} is no path", source),
                        "COPY takes files of the build context; ADD takes URLs");
    }
    return NeedsEngine{fmt::format("ADD fetches {}", source)};
  }
  if (instruction.find_flag("checksum")) {
    throw base::Error(base::Kind::refused, "--checksum is for URLs");
  }
  if (const Flag* from = instruction.find_flag("from")) {
    return copy_from_stage(instruction, std::move(request), from->value);
  }
  return copy_from_context(instruction, std::move(request));
}

// Returns why the engine is needed, if it is.
std::string StageBuilder::add_copy_flags(const Instruction& instruction, CopyRequest& request) {
  request.link = is_on(instruction, "link");
  request.parents = is_on(instruction, "parents");
  if (const Flag* chown = instruction.find_flag("chown")) request.owner = scope_.text(chown->value);
  for (const Flag& flag : instruction.flags) {
    if (flag.name == "exclude") request.excludes.push_back(flag.value);
  }
  if (const Flag* chmod = instruction.find_flag("chmod")) {
    const std::string mode = scope_.text(chmod->value);
    request.mode = find_octal(mode);
    if (!request.mode && !mode.empty() && mode.front() >= '0' && mode.front() <= '9') {
      throw base::Error(base::Kind::refused, fmt::format("--chmod={} is no mode", mode),
                        "octal digits from 0 to 07777");
    }
    if (!request.mode) return fmt::format("--chmod={} is not octal", mode);
  }
  return {};
}

void StageBuilder::add_sources(const Instruction& instruction, CopyRequest& request) {
  const std::vector<std::string>& words = instruction.arguments;
  std::size_t document = 0;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const bool announces = document < instruction.heredocs.size() && !instruction.exec_form &&
                           !heredoc_starts(words[i], evaluation_.dockerfile.escape).empty();
    if (!announces) {
      request.sources.push_back(scope_.text(words[i]));
      continue;
    }
    const Heredoc& heredoc = instruction.heredocs[document++];
    request.documents.push_back({.name = heredoc.name,
                                 .content = heredoc.expand
                                                ? scope_.text(heredoc.content, Quotes::ordinary)
                                                : heredoc.content});
  }
  const std::string destination = scope_.text(words.back());
  request.into_folder = ends_in_folder(destination);
  if (words.size() > 2 && !request.into_folder && !request.parents) {
    throw base::Error(base::Kind::refused,
                      fmt::format("several sources for the one name {}", destination),
                      fmt::format("end the destination in \"/\": {}/", destination));
  }
  request.destination = absolute_path(destination, settings_.config);
}

Action StageBuilder::copy_from_stage(const Instruction& instruction, CopyRequest request,
                                     const std::string& from) {
  if (from.find('$') != std::string::npos) {
    throw base::Error(base::Kind::refused, "--from takes no variable",
                      "name a stage by FROM with an ARG from before the first FROM");
  }
  const auto number = find_stage(evaluation_.outline, from);
  if (!number) {
    if (text::find_number(from)) {
      throw base::Error(base::Kind::refused, fmt::format("there is no stage {}", from));
    }
    return CopyFrom{.source = {.kind = BaseKind::image, .image = from},
                    .request = std::move(request)};
  }
  const auto found = evaluation_.places.find(*number);
  if (found == evaluation_.places.end()) {
    throw base::Error(base::Kind::refused,
                      fmt::format("the stage {} is not built before this one", from));
  }
  const Stage& source = evaluation_.plan.stages[found->second];
  request.where = fmt::format("the stage {}", from);
  // A file that the stage wrote is what it wrote; a folder may hold more than is known.
  const auto is_known = [&](const std::string& path) {
    const std::string clean = clean_path("/" + path).substr(1);
    return !has_wildcards(path) && kind_at(source.files, clean) == NodeKind::file &&
           !source.open_places.contains(clean);
  };
  // A file keeps its owner, whose name is looked up in the stage that it comes from.
  const bool named = std::any_of(source.files.begin(), source.files.end(),
                                 [](const auto& file) { return !file.second.owner.empty(); });
  const bool known =
      !named &&
      (source.complete ||
       (!request.parents && std::all_of(request.sources.begin(), request.sources.end(), is_known)));
  if (!known) {
    return CopyFrom{.source = {.kind = BaseKind::stage, .image = from, .stage = found->second},
                    .request = std::move(request)};
  }
  Copied copied = copy(request, source.files, {stage_.files, stage_.complete, stage_.open_places});
  judge_matches(instruction, request, copied);
  return copied;
}

Action StageBuilder::copy_from_context(const Instruction& instruction, CopyRequest request) {
  const Tree& context = evaluation_.context_tree();
  std::erase_if(request.sources, [&](const std::string& source) {
    if (!is_left_out(source)) return false;
    find(instruction, {.rule = "CopyIgnoredFile",
                       .severity = Severity::error,
                       .message = fmt::format("{} is left out by .dockerignore", source),
                       .fix = fmt::format("add !{} to .dockerignore", source)});
    return true;
  });
  Copied copied = copy(request, context, {stage_.files, stage_.complete, stage_.open_places});
  judge_matches(instruction, request, copied);
  return copied;
}

bool StageBuilder::is_left_out(const std::string& source) {
  const std::string clean = clean_path("/" + source).substr(1);
  std::error_code unreadable;
  return !clean.empty() && !has_wildcards(source) &&
         !find_resolved(evaluation_.context_tree(), clean) && evaluation_.ignored.matches(clean) &&
         std::filesystem::exists(evaluation_.input.context / clean, unreadable);
}

void StageBuilder::judge_matches(const Instruction& instruction, const CopyRequest& request,
                                 const Copied& copied) {
  for (const SourceMatches& match : copied.matches) {
    const bool jars = names_jars(match.source);
    if (match.paths.empty()) {
      find(instruction,
           {.rule = jars ? "JarGlobNoMatch" : "EmptyGlob",
            .severity = jars ? Severity::error : Severity::warning,
            .message = fmt::format("{} matches no file of {}", match.source, request.where),
            .fix = jars ? "build the jar before the image; see that .dockerignore does not leave "
                          "it out"
                        : "remove the pattern"});
    } else if (jars && match.paths.size() > 1) {
      const bool clash = copied.several_for_one_name;
      find(instruction,
           {.rule = "JarGlobSeveral",
            .severity = clash ? Severity::error : Severity::warning,
            .message = fmt::format("{} matches {} files: {} and {}", match.source,
                                   match.paths.size(), match.paths[0], match.paths[1]),
            .fix = "name the one jar; Gradle's -plain.jar goes away with jar { enabled = false }"});
    } else if (copied.several_for_one_name) {
      throw base::Error(base::Kind::refused,
                        fmt::format("several files for the one name {}", request.destination),
                        fmt::format("end the destination in \"/\": {}/", request.destination));
    }
  }
}

}  // namespace dockerfile
