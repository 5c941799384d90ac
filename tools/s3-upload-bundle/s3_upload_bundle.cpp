// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/s3_upload_bundle.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/error.hpp"
#include "base/exit_code.hpp"
#include "ci/context.hpp"
#include "logging/log.hpp"
#include "process/environment.hpp"
#include "release/record.hpp"
#include "s3-upload-bundle/ready_archive.hpp"
#include "s3-upload-bundle/release_env.hpp"
#include "text/hex.hpp"
#include "text/human.hpp"
#include "text/split.hpp"

namespace s3_upload_bundle {
namespace {

bool has_image(const std::optional<release::Record>& record) {
  return record && record->has("image");
}

// What the linter sees where there is no record yet: a pull request's check runs before any build.
ReleaseFacts example_facts() {
  return {.repository = "example.invalid/image",
          .digest = "sha256:" + std::string(64, '0'),
          .version = "0",
          .commit = std::string(40, '0')};
}

// The bundle, and the archive when it is packed already.
struct Input {
  Bundle bundle;
  std::optional<Archive> ready{};
  std::filesystem::path shown{};  // what findings' paths count from, for people
};

void compare_image(const ReadyArchive& archive, const std::optional<release::Record>& record) {
  if (!has_image(record)) return;
  if (names_image(archive, facts_of(*record))) return;
  logging::warning(
      "{} has no release.env that names the image: its scripts decide what runs, and the release "
      "record cannot vouch for it",
      archive.path.string());
}

Input read_input(const UploadOptions& options, const std::optional<release::Record>& record) {
  if (options.file.empty()) {
    const auto facts =
        has_image(record) || !options.lint_only ? facts_of(*record) : example_facts();
    return {.bundle = read_folder(options.folder, release_env(facts)),
            .shown = options.folder.source};
  }
  auto archive = read_archive(options.file);
  compare_image(archive, record);
  auto ready = archive_of(archive);
  return {.bundle = std::move(archive.bundle), .ready = std::move(ready), .shown = options.file};
}

// With --fix the folder is changed and read again, so that what is told is what is left.
appspec::LintReport check_and_fix(const UploadOptions& options, const cli::Context& context,
                                  const std::optional<release::Record>& record, Input& input) {
  auto report = check(input.bundle, options.check);
  if (!options.fix) return report;
  const auto fixing = context.dry_run ? Fixing::plan : Fixing::write;
  // Edits that overlap are made in a second round, and what they uncover in a third.
  for (int round = 0; round < 3; ++round) {
    if (fix(input.bundle, report, fixing) == 0 || fixing == Fixing::plan) break;
    input = read_input(options, record);
    report = check(input.bundle, options.check);
  }
  return report;
}

cli::Result lint_result(const appspec::LintReport& report, const UploadOptions& options,
                        const Input& input) {
  auto text = report_text(report, options.check.format, input.shown);
  while (text.ends_with('\n')) text.pop_back();
  auto document = json::parse(report_text(report, LintFormat::json, input.shown), "lint report",
                              {.bytes = 64U << 20U});
  return {.text = std::move(text),
          .json = std::move(document),
          .exit_code = report.has_errors() ? base::exit_code(base::Kind::integrity) : 0};
}

KeyFacts key_facts(const std::optional<release::Record>& record, const std::string& type) {
  const auto build = ci::context(process::own_environment());
  KeyFacts facts{.extension = type, .commit = build.commit, .build = build.build_number};
  if (!record) return facts;
  const auto source = record->section("source");
  facts.commit = source["commit"].maybe_string().value_or(facts.commit);
  facts.version = source["version"].maybe_string().value_or("");
  return facts;
}

Target target_of(const Destination& to, const KeyFacts& facts) {
  return {.bucket = to.bucket,
          .key =
              [to, facts](const std::string& sha256_hex) {
                auto known = facts;
                known.sha256 = sha256_hex;
                return key_for(to, known);
              },
          .kind = to.is_content_addressed() ? KeyKind::content_addressed : KeyKind::fixed};
}

std::string_view kind_word(const Entry& entry) {
  switch (entry.kind) {
    case file::EntryKind::directory:
      return "dir ";
    case file::EntryKind::symlink:
      return "link";
    case file::EntryKind::regular:
      break;
  }
  return (entry.mode & 0100U) != 0 ? "exec" : "file";
}

cli::Result plan(const Bundle& bundle, Archive& archive, const Target& target,
                 const std::stop_token& stop) {
  std::string lines;
  json::Array entries;
  for (const auto& entry : bundle.entries) {
    lines += fmt::format("{} {}\n", kind_word(entry), entry.path);
    entries.push_back(json::object({{"kind", text::trim(kind_word(entry))}, {"path", entry.path}}));
  }
  const auto sha256 = text::hex(archive.content(nullptr, 0, stop).sha256);
  const aws::ObjectName name{.bucket = target.bucket, .key = target.key(sha256)};
  lines += fmt::format("would put {} bytes, sha256 {}, to {}", archive.size, sha256, name.uri());
  return {.text = std::move(lines),
          .json = json::object({{"dry_run", true},
                                {"uri", name.uri()},
                                {"bucket", name.bucket},
                                {"key", name.key},
                                {"size", archive.size},
                                {"sha256", sha256},
                                {"type", archive.type},
                                {"entries", std::move(entries)}})};
}

Archive take_archive(const UploadOptions& options, const cli::Context& context, Input& input) {
  if (input.ready) return std::move(*input.ready);
  const auto environment = process::own_environment();
  auto archive =
      pack(input.bundle, {.format = options.format,
                          .mtime = archive_time(environment("SOURCE_DATE_EPOCH")),
                          .scratch = std::filesystem::path(context.release).parent_path(),
                          .stop = context.stop});
  logging::info("packed {}: {} entries, {}", options.folder.source.string(),
                input.bundle.entries.size(), text::human_size(archive.size));
  return archive;
}

std::optional<release::Record> find_record(const UploadOptions& options,
                                           const cli::Context& context) {
  const auto stamp = release::stamp_of(process::own_environment());
  const bool needed = options.file.empty() && !options.lint_only;
  if (needed) return release::Record::open(context.release, stamp);
  return release::Record::find(context.release, stamp);
}

void log_left_out(const Bundle& bundle) {
  for (const auto& path : bundle.left_out) logging::debug("left out {}", path);
  if (bundle.ignored > 0) logging::debug("left out {} paths by pattern", bundle.ignored);
}

}  // namespace

cli::Result upload(const UploadOptions& options, const cli::Context& context) {
  const auto record = find_record(options, context);
  auto input = read_input(options, record);
  log_left_out(input.bundle);

  const auto report = check_and_fix(options, context, record, input);
  if (options.lint_only) {
    if (!options.check.report.empty()) write_report(report, options.check, input.shown);
    return lint_result(report, options, input);
  }
  tell(report, input.shown);
  if (!options.check.report.empty() && !context.dry_run) {
    write_report(report, options.check, input.shown);
  }
  refuse_errors(report, input.shown);
  // From here on the bundle is one that the agent will take.

  auto archive = take_archive(options, context, input);
  const auto target = target_of(*options.to, key_facts(record, archive.type));
  if (context.dry_run) return plan(input.bundle, archive, target, context.stop);

  const auto sent = send(archive, target, options.send, context);
  if (record) record->extend("bundle", section_of(sent));
  return {.text = sent.uploaded.name.uri(), .json = result_of(sent)};
}

}  // namespace s3_upload_bundle
