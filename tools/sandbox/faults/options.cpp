// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <fmt/core.h>

#include "base/error.hpp"
#include "sandbox/faults/fault_options.hpp"
#include "text/human.hpp"
#include "text/split.hpp"

namespace sandbox {
namespace {

std::chrono::milliseconds duration_of(const std::string& option, std::string_view given) {
  const bool is_negative = given.starts_with('-');
  const auto duration = text::find_duration(given.substr(is_negative ? 1 : 0));
  if (!duration) {
    throw base::Error(base::Kind::usage, fmt::format("read {}: {} is no duration", option, given),
                      "write it as 500ms, 30s or 20m");
  }
  return is_negative ? -*duration : *duration;
}

}  // namespace

void declare_fault_add(CLI::App& app, FaultOptions& options) {
  constexpr auto which = "Which requests";
  app.add_option("--service", options.service, "s3, codedeploy, elb, autoscaling, sts")
      ->type_name("NAME")
      ->group(which);
  app.add_option("--operation", options.operation, "As AWS names it: UploadPart")
      ->type_name("NAME")
      ->group(which);
  app.add_option("--skip", options.skip, "Let so many pass first")->type_name("N")->group(which);
  app.add_option("--times", options.times, "How often; 0: until cleared (default: 1)")
      ->type_name("N")
      ->group(which);
  app.add_option("--rate", options.rate, "Only what exceeds N requests a second")
      ->type_name("N")
      ->group(which);
  constexpr auto what = "What befalls them";
  app.add_option("--status", options.status, "Answer this error status")
      ->type_name("STATUS")
      ->group(what);
  app.add_option("--code", options.code, "Error code of --status")->type_name("CODE")->group(what);
  app.add_option("--message", options.message, "Error message")->type_name("TEXT")->group(what);
  app.add_option("--header", options.headers, "Add a header to the answer")
      ->type_name("NAME:VALUE")
      ->group(what);
  app.add_option("--error-in-200", options.error_in_200, "Answer 200 with this error inside")
      ->type_name("CODE")
      ->group(what);
  app.add_option("--drop", options.drop, "Close the connection: before or after the work")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"before", "after"}).description(""))
      ->group(what);
  app.add_option("--cut", options.cut, "Cut the answer's body after N bytes")
      ->type_name("N")
      ->group(what);
  app.add_option("--delay", options.delay, "Wait before the work")
      ->type_name("DURATION")
      ->group(what);
  app.add_option("--clock-skew", options.clock_skew, "Set the server's clock off: 20m, -20m")
      ->type_name("DURATION")
      ->group(what);
}

FaultRule fault_rule(const FaultOptions& options) {
  FaultRule rule;
  rule.service = options.service;
  rule.operation = options.operation;
  rule.skip = options.skip;
  rule.rate = options.rate;
  // What exceeds a rate does so again and again.
  rule.times = options.times.value_or(options.rate > 0 ? 0 : 1);
  rule.status = options.status;
  rule.code = options.code;
  rule.message = options.message;
  for (const auto& header : options.headers) {
    const auto halves = text::cut(header, ":");
    if (!halves) {
      throw base::Error(base::Kind::usage, fmt::format("read --header: {} has no colon", header),
                        "write it as 'x-amz-retry-after: 1500'");
    }
    rule.headers.emplace_back(text::trim(halves->first), text::trim(halves->second));
  }
  rule.error_in_200 = options.error_in_200;
  if (!options.drop.empty()) rule.drop = options.drop == "before" ? Drop::before : Drop::after;
  rule.cut = options.cut;
  if (!options.delay.empty()) rule.delay = duration_of("--delay", options.delay);
  if (!options.clock_skew.empty()) {
    rule.clock_skew = std::chrono::duration_cast<std::chrono::seconds>(
        duration_of("--clock-skew", options.clock_skew));
  }
  return rule;
}

}  // namespace sandbox
