// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/options.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "options/aws_options.hpp"
#include "s3-upload-bundle/s3_upload_bundle.hpp"
#include "text/split.hpp"

namespace s3_upload_bundle {
namespace {

struct Parsed {
  const CLI::App* app = nullptr;
  const CLI::Option* include_option = nullptr;
  const CLI::Option* exclude_option = nullptr;
  std::string to;
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  std::string format = "zip";
  std::string symlinks = "keep";
  std::string lint_format = "text";
  std::string sse = "none";
  std::vector<std::string> tags;
  bool require_versioning = false;
  UploadOptions options;
};

CLI::Option* repeatable(CLI::Option* option) { return option->allow_extra_args(false); }

void declare_input(cli::Options& options, Parsed& parsed) {
  auto& app = options.app();
  constexpr auto group = "Bundle";
  auto& folder = parsed.options.folder;
  auto* source = app.add_option("--source", folder.source, "Folder with appspec.yml in its root");
  options.mark(source->type_name("DIR")->group(group), {.env = "STAGECRAFT_BUNDLE_SOURCE"});
  app.add_option("--file", parsed.options.file, "A ready zip, tgz or tar, sent as it is")
      ->type_name("FILE")
      ->excludes(source)
      ->group(group);
  options.mark(app.add_option("--to", parsed.to, "s3://bucket/prefix/ or s3://bucket/{version}.zip")
                   ->type_name("URI")
                   ->group(group),
               {.env = "STAGECRAFT_BUNDLE_TO"});
  options.mark(app.add_option("--format", parsed.format, "Archive to pack: zip or tgz")
                   ->check(CLI::IsMember({"zip", "tgz"}))
                   ->type_name("FORM")
                   ->default_str(parsed.format)
                   ->group(group),
               {.env = "STAGECRAFT_BUNDLE_FORMAT", .key = "format"});
  parsed.include_option = options.mark(
      repeatable(app.add_option("--include", parsed.include, "Take these (repeatable)"))
          ->type_name("GLOB")
          ->group(group),
      {});
  parsed.exclude_option =
      options.mark(repeatable(app.add_option("--exclude", parsed.exclude,
                                             "Leave these out; the last match counts"))
                       ->type_name("GLOB")
                       ->group(group),
                   {});
  options.mark(app.add_option("--ignore-file", folder.ignore_file,
                              "Patterns as in .gitignore (.bundleignore)")
                   ->type_name("FILE")
                   ->group(group),
               {});
  options.mark(repeatable(app.add_option("--allow-secret", parsed.options.check.allow_secrets,
                                         "Pack this file though it looks secret"))
                   ->type_name("PATH")
                   ->group(group),
               {.trusted = true});
  options.mark(app.add_option("--symlinks", parsed.symlinks, "keep links, or follow to contents")
                   ->check(CLI::IsMember({"keep", "follow"}))
                   ->type_name("HOW")
                   ->default_str(parsed.symlinks)
                   ->group(group),
               {});
}

void declare_lint(cli::Options& options, Parsed& parsed) {
  auto& app = options.app();
  constexpr auto group = "Lint";
  auto& check = parsed.options.check;
  app.add_flag("--lint-only", parsed.options.lint_only,
               "Print the report; send nothing, need no --to")
      ->group(group);
  app.add_flag("--fix", parsed.options.fix, "Mend in the folder what is mechanical, then go on")
      ->group(group);
  options.mark(repeatable(app.add_option("--allow", check.allow, "Let this rule pass (repeatable)"))
                   ->type_name("RULE")
                   ->group(group),
               {});
  options.mark(app.add_option("--lint-format", parsed.lint_format, "text, json or sarif")
                   ->check(CLI::IsMember({"text", "json", "sarif"}))
                   ->type_name("FORM")
                   ->default_str(parsed.lint_format)
                   ->group(group),
               {});
  options.mark(app.add_option("--lint-report", check.report, "Write the report here too")
                   ->type_name("FILE")
                   ->group(group),
               {});
}

void declare_object(cli::Options& options, Parsed& parsed) {
  auto& app = options.app();
  constexpr auto group = "Object";
  auto& send = parsed.options.send;
  options.mark(app.add_option("--sse", parsed.sse, "Encryption: none (bucket's), AES256, aws:kms")
                   ->check(CLI::IsMember({"none", "AES256", "aws:kms", "aws:kms:dsse"}))
                   ->type_name("HOW")
                   ->default_str(parsed.sse)
                   ->group(group),
               {.env = "STAGECRAFT_BUNDLE_SSE"});
  options.mark(app.add_option("--kms-key-id", send.settings.kms_key_id, "Key for --sse aws:kms")
                   ->type_name("ID")
                   ->group(group),
               {.env = "STAGECRAFT_BUNDLE_KMS_KEY_ID", .trusted = true});
  options.mark(app.add_option("--storage-class", send.settings.storage_class, "S3's name of one")
                   ->type_name("CLASS")
                   ->group(group),
               {});
  options.mark(repeatable(app.add_option("--tag", parsed.tags, "Tag of the object (repeatable)"))
                   ->type_name("KEY=VALUE")
                   ->group(group),
               {});
  options.mark(
      app.add_option("--expected-owner", send.expected_owner, "Account that the bucket must be of")
          ->type_name("ACCOUNT")
          ->group(group),
      {.env = "STAGECRAFT_BUNDLE_OWNER", .trusted = true});
  options.mark(app.add_flag("--require-versioning", parsed.require_versioning,
                            "Fail when the bucket keeps no versions")
                   ->group(group),
               {});
  options.mark(app.add_option("--part-size", send.part_size, "Of a multipart upload (8MiB)")
                   ->transform(CLI::AsSizeValue(false).description(""))
                   ->type_name("SIZE")
                   ->group(group),
               {});
  options.mark(app.add_option("--parallel", send.parallel, "Parts in flight")
                   ->check(CLI::Range(1, 64))
                   ->type_name("N")
                   ->default_str(std::to_string(send.parallel))
                   ->group(group),
               {});
}

void declare(cli::Options& options, Parsed& parsed) {
  parsed.app = &options.app();
  declare_input(options, parsed);
  declare_lint(options, parsed);
  declare_object(options, parsed);
  options::declare_aws(options, parsed.options.send.aws);
}

// In the order of the command line. Settings come before it, since they cannot tell their order:
// what they leave out first, what they take after.
std::vector<Filter> filters_of(const Parsed& parsed) {
  std::vector<Filter> filters;
  std::map<const CLI::Option*, std::size_t> seen;
  const auto& order = parsed.app->parse_order();
  const auto add = [&](const CLI::Option* option) {
    const bool include = option == parsed.include_option;
    const auto& globs = include ? parsed.include : parsed.exclude;
    filters.push_back({.choice = include ? Choice::include : Choice::exclude,
                       .glob = Glob(globs.at(seen[option]++))});
  };
  for (const auto* option : {parsed.exclude_option, parsed.include_option}) {
    if (std::ranges::find(order, option) != order.end()) continue;
    const auto count = (option == parsed.include_option ? parsed.include : parsed.exclude).size();
    for (std::size_t i = 0; i < count; ++i) add(option);
  }
  for (const auto* option : order) {
    if (option == parsed.include_option || option == parsed.exclude_option) add(option);
  }
  return filters;
}

[[noreturn]] void refuse(std::string what, std::string hint) {
  throw base::Error(base::Kind::usage, std::move(what), std::move(hint));
}

std::vector<std::pair<std::string, std::string>> tags_of(const Parsed& parsed) {
  constexpr std::size_t most_tags = 10;  // S3's limit
  std::vector<std::pair<std::string, std::string>> tags;
  for (const auto& tag : parsed.tags) {
    const auto pair = text::cut(tag, "=");
    if (!pair || pair->first.empty() || pair->first.size() > 128 || pair->second.size() > 256) {
      refuse(fmt::format("read --tag '{}': no KEY=VALUE of at most 128 and 256 bytes", tag),
             "write it as --tag team=shop");
    }
    if (std::ranges::find(tags, pair->first, [](const auto& each) { return each.first; }) !=
        tags.end()) {
      refuse(fmt::format("read --tag '{}': the key is given twice", tag), "give each key once");
    }
    tags.emplace_back(pair->first, pair->second);
  }
  if (tags.size() > most_tags) {
    refuse(fmt::format("read --tag: {} tags, S3 takes {}", tags.size(), most_tags), "give fewer");
  }
  return tags;
}

void check_owner(const std::string& owner) {
  const bool digits = std::ranges::all_of(owner, [](char c) { return c >= '0' && c <= '9'; });
  if (owner.empty() || (owner.size() == 12 && digits)) return;
  refuse(fmt::format("read --expected-owner '{}': no account number of 12 digits", owner),
         "aws sts get-caller-identity tells yours");
}

void check_combination(const Parsed& parsed) {
  const auto& options = parsed.options;
  const bool ready = !options.file.empty();
  if (!ready && options.folder.source.empty()) {
    refuse("--source is required",
           "give the folder that holds appspec.yml, or a ready archive with --file");
  }
  if (parsed.to.empty() && !options.lint_only) {
    refuse("--to is required",
           "give it on the command line, as STAGECRAFT_BUNDLE_TO or in stagecraft.yaml");
  }
  if (ready && options.fix) {
    refuse("--fix changes a folder, and --file is sent as it is", "mend the folder it was made of");
  }
  if (ready && parsed.app->get_option("--include")->count() + parsed.exclude.size() > 0) {
    refuse("--include and --exclude choose from a folder, and --file is sent as it is",
           "leave them out");
  }
  const bool kms = parsed.sse.starts_with("aws:kms");
  if (!options.send.settings.kms_key_id.empty() && !kms) {
    refuse(fmt::format("--kms-key-id goes with --sse aws:kms, not with '{}'", parsed.sse),
           "add --sse aws:kms");
  }
}

UploadOptions options_of(const Parsed& parsed) {
  check_combination(parsed);
  auto options = parsed.options;
  // A file on the command line stands over the settings' folder.
  if (!options.file.empty()) options.folder.source.clear();
  if (!parsed.to.empty()) options.to = parse_destination(parsed.to);
  options.folder.filters = filters_of(parsed);
  options.folder.symlinks = parsed.symlinks == "follow" ? Symlinks::follow : Symlinks::keep;
  options.format = parsed.format == "tgz" ? Format::tgz : Format::zip;
  appspec::check_allowed(options.check.allow);
  if (parsed.lint_format == "json") options.check.format = LintFormat::json;
  if (parsed.lint_format == "sarif") options.check.format = LintFormat::sarif;
  if (parsed.sse != "none") options.send.settings.encryption = parsed.sse;
  options.send.settings.tags = tags_of(parsed);
  check_owner(options.send.expected_owner);
  if (parsed.require_versioning) options.send.versioning = Versioning::required;
  return options;
}

}  // namespace

cli::Tool tool() {
  const auto parsed = std::make_shared<Parsed>();
  return {
      .name = "s3-upload-bundle",
      .summary = "Check a CodeDeploy bundle, pack it with the image's digest, put it into S3",
      .examples = {"s3-upload-bundle --source DIR --to s3://BUCKET/PREFIX/",
                   "s3-upload-bundle --source deploy --to s3://acme-bundles/shop/ --dry-run",
                   "eval \"$(deploy-sandbox env)\" && s3-upload-bundle --source deploy",
                   "s3-upload-bundle --source deploy --lint-only --lint-format sarif",
                   "s3-upload-bundle --source deploy --to 's3://acme/{version}/{sha256}.zip'"},
      .declare = [parsed](cli::Options& options) { declare(options, *parsed); },
      .step =
          [parsed](const cli::Context& context) { return upload(options_of(*parsed), context); }};
}

}  // namespace s3_upload_bundle
