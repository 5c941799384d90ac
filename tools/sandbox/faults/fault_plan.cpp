// SPDX-License-Identifier: Apache-2.0
#include "sandbox/faults/fault_plan.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.hpp"
#include "json/field.hpp"
#include "text/split.hpp"

namespace sandbox {
namespace {

// Services under the names that people use for them.
std::string service_name(const std::string& given) {
  if (given == "elb" || given == "elbv2") return "elasticloadbalancing";
  return given;
}

[[noreturn]] void refuse(std::string_view what) {
  throw base::Error(base::Kind::usage, fmt::format("add a fault: {}", what),
                    "see deploy-sandbox fault add --help");
}

void check(const FaultRule& rule) {
  constexpr std::array services{"",   "s3", "codedeploy", "elasticloadbalancing", "autoscaling",
                                "sts"};
  if (std::find(services.begin(), services.end(), rule.service) == services.end()) {
    refuse(fmt::format("{} is not a service of the sandbox", rule.service));
  }
  const int answers = (rule.status != 0 ? 1 : 0) + (rule.error_in_200.empty() ? 0 : 1) +
                      (rule.drop == Drop::no ? 0 : 1) + (rule.cut ? 1 : 0);
  if (answers > 1) refuse("a request is answered in one way only");
  if (rule.status != 0 && (rule.status < 300 || rule.status > 599)) {
    refuse(fmt::format("{} is not the status of an error", rule.status));
  }
  if (rule.skip < 0 || rule.times < 0 || rule.rate < 0) refuse("a count is negative");
  if (answers == 0 && rule.delay.count() <= 0 && rule.clock_skew.count() == 0 &&
      rule.headers.empty()) {
    refuse("it would do nothing");
  }
}

std::string_view name_of(Drop drop) {
  if (drop == Drop::no) return "";
  return drop == Drop::before ? "before" : "after";
}

}  // namespace

std::string effect_of(const FaultRule& rule) {
  std::vector<std::string> effects;
  if (rule.delay.count() > 0) effects.push_back(fmt::format("delay {} ms", rule.delay.count()));
  if (rule.clock_skew.count() != 0) {
    effects.push_back(fmt::format("clock {:+} s", rule.clock_skew.count()));
  }
  if (rule.status != 0) effects.push_back(fmt::format("{} {}", rule.status, rule.code));
  if (!rule.error_in_200.empty()) effects.push_back(fmt::format("200 {}", rule.error_in_200));
  if (rule.drop != Drop::no) effects.push_back(fmt::format("drop {}", name_of(rule.drop)));
  if (rule.cut) effects.push_back(fmt::format("cut after {} bytes", *rule.cut));
  for (const auto& [name, value] : rule.headers) {
    effects.push_back(fmt::format("{}: {}", name, value));
  }
  return text::join(effects, ", ");
}

std::string line_of(const FaultRule& rule) {
  const auto shown = [](const std::string& name) { return name.empty() ? "*" : name; };
  auto line = fmt::format("{}  {} {}  {}", rule.id, shown(rule.service), shown(rule.operation),
                          effect_of(rule));
  if (rule.skip > 0) line += fmt::format("  after {} more", rule.skip);
  if (rule.rate > 0) line += fmt::format("  over {}/s", rule.rate);
  return line + (rule.times > 0 ? fmt::format("  {} of {} times", rule.fired, rule.times)
                                : fmt::format("  {} times, until cleared", rule.fired));
}

std::uint64_t FaultPlan::add(FaultRule rule) {
  rule.service = service_name(rule.service);
  check(rule);
  const std::lock_guard lock(mutex_);
  rule.id = ++last_id_;
  rule.fired = 0;
  const auto tokens = rule.rate;
  entries_.push_back({.rule = std::move(rule), .tokens = tokens, .filled = clock_.now()});
  return last_id_;
}

// A bucket of one second's requests that fills with the rate.
bool FaultPlan::passes(Entry& entry) const {
  auto& rule = entry.rule;
  if (rule.skip > 0) {
    --rule.skip;
    return true;
  }
  if (rule.rate <= 0) return false;
  const auto now = clock_.now();
  const std::chrono::duration<double> passed = now - std::exchange(entry.filled, now);
  entry.tokens = std::min(std::max(1.0, rule.rate), entry.tokens + passed.count() * rule.rate);
  if (entry.tokens < 1) return false;
  entry.tokens -= 1;
  return true;
}

std::optional<FaultRule> FaultPlan::take(std::string_view service, std::string_view operation) {
  const std::lock_guard lock(mutex_);
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    auto& rule = entry->rule;
    if ((!rule.service.empty() && rule.service != service) ||
        (!rule.operation.empty() && rule.operation != operation) || passes(*entry)) {
      continue;
    }
    ++rule.fired;
    auto result = rule;
    if (rule.times > 0 && rule.fired == rule.times) entries_.erase(entry);
    return result;
  }
  return std::nullopt;
}

std::vector<FaultRule> FaultPlan::rules() const {
  const std::lock_guard lock(mutex_);
  std::vector<FaultRule> result;
  for (const auto& entry : entries_) result.push_back(entry.rule);
  return result;
}

void FaultPlan::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

json::Value to_json(const FaultRule& rule) {
  auto headers = json::object({});
  for (const auto& [name, value] : rule.headers) headers.set(name, value);
  auto document = json::object({{"id", static_cast<std::int64_t>(rule.id)},
                                {"service", rule.service},
                                {"operation", rule.operation},
                                {"skip", rule.skip},
                                {"times", rule.times},
                                {"rate", rule.rate},
                                {"status", rule.status},
                                {"code", rule.code},
                                {"message", rule.message},
                                {"headers", std::move(headers)},
                                {"error_in_200", rule.error_in_200},
                                {"drop", name_of(rule.drop)},
                                {"delay_ms", std::int64_t{rule.delay.count()}},
                                {"clock_skew_s", std::int64_t{rule.clock_skew.count()}},
                                {"fired", rule.fired}});
  if (rule.cut) document.set("cut", static_cast<std::int64_t>(*rule.cut));
  return document;
}

FaultRule fault_rule_of(const json::Value& document) {
  const json::Field root(document, "the fault");
  const auto number = [&root](std::string_view member) {
    return root[member].maybe_integer().value_or(0);
  };
  const auto text = [&root](std::string_view member) {
    return root[member].maybe_string().value_or("");
  };
  FaultRule rule;
  rule.id = static_cast<std::uint64_t>(number("id"));
  rule.fired = static_cast<int>(number("fired"));
  rule.service = text("service");
  rule.operation = text("operation");
  rule.skip = static_cast<int>(number("skip"));
  rule.times = static_cast<int>(root["times"].maybe_integer().value_or(1));
  rule.rate = root["rate"].maybe_number().value_or(0);
  rule.status = static_cast<int>(number("status"));
  rule.code = text("code");
  rule.message = text("message");
  const auto* headers = document.find("headers");
  if (headers != nullptr && headers->find_object() != nullptr) {
    for (const auto& member : *headers->find_object()) {
      rule.headers.emplace_back(member.name, root["headers"][member.name].string());
    }
  }
  rule.error_in_200 = text("error_in_200");
  const auto drop = text("drop");
  if (!drop.empty()) rule.drop = drop == "before" ? Drop::before : Drop::after;
  if (root["cut"].exists()) rule.cut = static_cast<std::uint64_t>(root["cut"].integer());
  rule.delay = std::chrono::milliseconds(number("delay_ms"));
  rule.clock_skew = std::chrono::seconds(number("clock_skew_s"));
  return rule;
}

}  // namespace sandbox
