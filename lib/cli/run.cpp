// SPDX-License-Identifier: Apache-2.0
#include "cli/run.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/build_info.hpp"
#include "base/error.hpp"
#include "base/exit_code.hpp"
#include "ci/context.hpp"
#include "cli/config_file.hpp"
#include "cli/origin.hpp"
#include "logging/log.hpp"
#include "logging/secrets.hpp"
#include "process/environment.hpp"
#include "process/signals.hpp"
#include "text/nearest.hpp"
#include "text/split.hpp"

namespace cli {
namespace {

// What every tool has; kept apart from the tool's own options.
struct Common {
  std::string config = "stagecraft.yaml";
  std::string level = "info";
  std::string output = "text";
  std::string release = ".stagecraft/release.json";
  bool dry_run = false;
  bool explain = false;
};

// A standard stream that was closed on us would be the number of the first file we open, and our
// log lines would go into it.
void fill_standard_streams() {
  int fd = STDIN_FILENO;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (fd >= 0) ::close(fd);
}

void write_out(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EPIPE) return;  // the reader went away; the work is done
    if (written < 0) throw base::from_errno("write the result to stdout", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string footer(const Tool& tool) {
  std::string text = "Examples:\n";
  int number = 0;
  for (const auto& example : tool.examples) text += fmt::format("  {}. {}\n", ++number, example);
  text +=
      "\nExit codes: 0 done, 1 refused or failed, 2 usage, 3 environment, 4 unavailable\n"
      "(a rerun is safe), 5 timed out, 6 rolled back, 7 integrity or policy,\n"
      "8 conflict, 70 bug\n";
  return text;
}

void declare_common(Options& options, Common& common, const Tool& tool) {
  auto& app = options.app();
  constexpr auto group = "Common";
  app.set_help_flag("-h,--help", "Print this help and end")->group(group);
  app.set_version_flag("--version",
                       fmt::format("{} {} ({})", tool.name, base::version(), base::commit()),
                       "Print the version and end")
      ->group(group);
  options.mark(app.add_option("--log-level", common.level, "How much to tell on stderr")
                   ->check(CLI::IsMember({"error", "warning", "info", "debug"}))
                   ->type_name("LEVEL")
                   ->default_str(common.level)
                   ->group(group),
               {.env = "STAGECRAFT_LOG_LEVEL"});
  if (tool.shape == Shape::plain) return;
  app.add_option("--config", common.config, "Settings file (stagecraft.yaml when present)")
      ->type_name("FILE")
      ->group(group);
  options.mark(app.add_option("-o,--output", common.output, "Form of the result on stdout")
                   ->check(CLI::IsMember({"text", "json"}))
                   ->type_name("FORM")
                   ->default_str(common.output)
                   ->group(group),
               {.env = "STAGECRAFT_OUTPUT"});
  options.mark(app.add_option("--release", common.release, "The release record")
                   ->type_name("FILE")
                   ->default_str(common.release)
                   ->group(group),
               {.env = "STAGECRAFT_RELEASE"});
  app.add_flag("-n,--dry-run", common.dry_run, "Read, change nothing, print the plan")
      ->group(group);
  app.add_flag("--explain", common.explain, "Print each setting with its origin and end")
      ->group(group);
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  for (const auto* subcommand : app.get_subcommands({})) names.push_back(subcommand->get_name());
  return names;
}

// CLI11's words for an unknown option, with the nearest name as hint.
base::Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  std::string hint = fmt::format("see {} --help", app.get_name());
  // A misspelt subcommand is told by CLI11 as a missing one.
  const bool has_extras = !app.remaining(true).empty();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
      (has_extras && !app.get_subcommands({}).empty())) {
    auto known = option_names(app);
    for (const auto* subcommand : app.get_subcommands()) {
      const auto more = option_names(*subcommand);
      known.insert(known.end(), more.begin(), more.end());
    }
    const auto extras = app.remaining(true);
    const auto word = extras.empty() ? std::string() : extras.front();
    const auto name = word.starts_with('-') ? word.substr(0, word.find('=')) : word;
    const bool comparable = name.starts_with("--") || !app.get_subcommands({}).empty();
    const auto near = comparable ? text::nearest(name, known) : std::string();
    return {base::Kind::usage, fmt::format("unknown argument '{}'", name),
            near.empty() ? hint : fmt::format("did you mean '{}'?", near)};
  }
  return {base::Kind::usage, std::string(text::trim(error.what())), hint};
}

void tell(const Tool& tool, const base::Error& error) {
  logging::error("{}: {}", tool.name, error.message());  // what() ends at a NUL in a name
  if (!error.hint().empty()) logging::line(logging::Level::error, "try: " + error.hint());
}

// The secrets that other tools' conventions put into the environment.
void learn_secrets(const process::Environment& environment) {
  for (const auto* name : {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "REGISTRY_PASSWORD",
                           "AWS_CONTAINER_AUTHORIZATION_TOKEN"}) {
    if (const auto secret = environment(name)) logging::add_secret(*secret);
  }
}

void announce(const Tool& tool, const process::Environment& environment) {
  const auto build = ci::context(environment).correlation();
  logging::info("{} {} ({}){}", tool.name, base::version(), base::commit(),
                build.empty() ? "" : " " + build);
}

int run_step(const Tool& tool, const Common& common, const process::Signals& signals) {
  timing::SystemClock clock;
  const Context context{.stop = signals.stop_token(),
                        .clock = clock,
                        .dry_run = common.dry_run,
                        .release = common.release,
                        .config = common.config};
  const auto result = tool.step(context);
  const auto text = common.output == "json" ? json::write(result.json) : result.text;
  if (!text.empty()) write_out(logging::mask(text) + '\n');
  return result.exit_code;
}

int run_parsed(int argc, char** argv, const Tool& tool, const process::Signals& signals) {
  Common common;
  CLI::App app(tool.summary, tool.name);
  app.get_formatter()->column_width(30);
  app.footer(footer(tool));
  Options options(app);
  tool.declare(options);
  declare_common(options, common, tool);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    // A subcommand's help is asked of the subcommand.
    const auto chosen = app.get_subcommands();
    write_out(chosen.empty() ? app.help() : chosen.front()->help(app.get_name()));
    return 0;
  } catch (const CLI::CallForVersion& version) {
    write_out(std::string(version.what()) + '\n');
    return 0;
  } catch (const CLI::ParseError& error) {
    throw usage_error(app, error);
  }
  const auto environment = process::own_environment();
  const bool named = tool.shape == Shape::stage && app.get_option("--config")->count() > 0;
  const auto file =
      tool.shape == Shape::stage ? read_config_file(common.config, tool.name, named) : ConfigFile{};
  const auto origins = resolve(options, environment, file);
  if (const auto level = logging::find_level(common.level)) logging::set_level(*level);
  if (common.explain) {
    write_out(explain(options, origins));
    return 0;
  }
  learn_secrets(environment);
  if (tool.shape == Shape::stage) announce(tool, environment);
  return run_step(tool, common, signals);
}

}  // namespace

CLI::Option* Options::mark(CLI::Option* option, Mark mark) {
  marked_.push_back({option, std::move(mark)});
  return option;
}

void Options::add_explanation(std::function<std::string()> line) {
  explanations_.push_back(std::move(line));
}

int run(int argc, char** argv, const Tool& tool) {
  fill_standard_streams();
  process::Signals signals;
  int code = 0;
  try {
    code = run_parsed(argc, argv, tool, signals);
  } catch (const base::Error& error) {
    tell(tool, error);
    code = base::exit_code(error.kind());
  } catch (const std::exception& error) {
    tell(tool, {base::Kind::internal, fmt::format("a bug of ours: {}", error.what()),
                "report it with the command line and this message"});
    code = base::exit_code(base::Kind::internal);
  }
  if (signals.caught() != 0) {
    logging::warning("{}: ended by signal {}", tool.name, signals.caught());
    signals.die();
  }
  return code;
}

}  // namespace cli
