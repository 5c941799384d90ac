// SPDX-License-Identifier: Apache-2.0
#include "wait-healthy/wait_healthy.hpp"

#include <fmt/core.h>

#include <array>
#include <optional>

#include "aws/caller.hpp"
#include "aws/codedeploy.hpp"
#include "aws/load_balancing.hpp"
#include "base/error.hpp"
#include "http/client.hpp"
#include "logging/log.hpp"
#include "process/environment.hpp"
#include "retry/poll.hpp"
#include "text/human.hpp"
#include "text/split.hpp"
#include "wait-healthy/failure_report.hpp"
#include "wait-healthy/narration.hpp"
#include "wait-healthy/observer.hpp"
#include "wait-healthy/subject.hpp"

namespace wait_healthy {
namespace {

using std::chrono::milliseconds;
using Word = Verdict::Word;

constexpr milliseconds reminder_after{30'000};
// An API that never answered is a wrong address or no network rather than a busy service.
constexpr milliseconds first_answer_within{60'000};

std::string info_address(const std::string& url) {
  auto address = url;
  while (address.ends_with('/')) address.pop_back();
  return address + "/actuator/info";
}

std::string how_to_go_on(const std::string& id) {
  return fmt::format(
      "the deployment goes on; watch it with wait-healthy, or end it: aws deploy stop-deployment "
      "--deployment-id {} --auto-rollback-enabled",
      id);
}

// Tells what changed, and every 30 s what is waited for.
class Narrator {
 public:
  explicit Narrator(timing::Clock& clock)
      : clock_(&clock), start_(clock.steady_now()), told_(start_) {}

  milliseconds elapsed() const {
    return std::chrono::duration_cast<milliseconds>(clock_->steady_now() - start_);
  }
  std::string stamp() const { return fmt::format("[+{}s]", elapsed().count() / 1'000); }

  void tell(const Observer& observer, const Verdict& verdict) {
    const auto lines = changes(before_, observer.now());
    for (const auto& line : lines) logging::info("{} {}", stamp(), line);
    before_ = observer.now();
    const auto& problem = observer.problem();
    if (!problem.empty() && problem != problem_) logging::warning("{} {}", stamp(), problem);
    problem_ = problem;
    const auto now = clock_->steady_now();
    if (!lines.empty()) told_ = now;
    if (now - told_ < reminder_after || verdict.word != Word::waiting) return;
    told_ = now;
    logging::info("{} still waiting: {}", stamp(), verdict.why);
  }

 private:
  timing::Clock* clock_;
  timing::SteadyTime start_;
  timing::SteadyTime told_;
  Observation before_{};
  std::string problem_{};
};

// The waiting reading that came nearest to healthy.
struct Closest {
  Verdict verdict{.word = Word::waiting, .why = "nothing was read", .closeness = -1};
  std::string stamp{};
};

struct Watched {
  retry::PollEnd end{};
  Verdict verdict{};
  Closest closest{};
};

base::Error never_answered(const Observer& observer) {
  return {base::Kind::unavailable, observer.problem(),
          "check --region and the network; a rerun is safe"};
}

Watched watch(Observer& observer, const Expectations& expected, const WaitHealthyOptions& options,
              const cli::Context& context) {
  Narrator narrator(context.clock);
  Watched watched;
  const auto round = [&] {
    observer.look();
    if (!observer.has_seen()) {
      narrator.tell(observer, watched.verdict);
      if (narrator.elapsed() < first_answer_within) return false;
      throw never_answered(observer);
    }
    watched.verdict = judge(observer.now(), expected);
    narrator.tell(observer, watched.verdict);
    if (watched.verdict.word != Word::waiting) return true;
    if (watched.verdict.closeness >= watched.closest.verdict.closeness) {
      watched.closest = {watched.verdict, narrator.stamp()};
    }
    return false;
  };
  watched.end = retry::poll(context.clock, context.stop,
                            {.interval = options.interval, .timeout = options.timeout}, round);
  return watched;
}

// The outcome is told by the error that follows; a record that cannot be written must not hide it.
void record_failure(const Subject& subject, const Observation& now, const std::string& status,
                    const std::string& why, timing::SystemTime when) {
  if (!subject.record) return;
  try {
    subject.record->extend("health", health_section(subject, now, status, why, when));
  } catch (const base::Error& error) {
    logging::warning("{}", error.what());
  }
}

[[noreturn]] void end_unhealthy(const Watched& watched, const Subject& subject,
                                const Observation& now, const cli::Context& context) {
  logging::warning("what failed:\n{}", text::join(failure_report(now), "\n"));
  const bool back = watched.verdict.word == Word::rolled_back;
  const auto first = first_failure(now.watched);
  const auto why = watched.verdict.why + (first.empty() ? "" : "; " + first);
  record_failure(subject, now, back ? "rolled_back" : "failed", why, context.clock.now());
  throw base::Error(back ? base::Kind::rolled_back : base::Kind::refused, why,
                    hint_for(now.watched));
}

[[noreturn]] void end_timed_out(const Watched& watched, const Subject& subject,
                                const Observer& observer, const WaitHealthyOptions& options,
                                const cli::Context& context) {
  if (!observer.has_seen()) throw never_answered(observer);
  const auto& closest = watched.closest;
  const auto why =
      fmt::format("deployment {} is not healthy after {}; closest at {} {}", subject.deployment_id,
                  text::human_duration(options.timeout), closest.stamp, closest.verdict.why);
  record_failure(subject, observer.now(), "timed_out", why, context.clock.now());
  throw base::Error(base::Kind::timed_out, why, how_to_go_on(subject.deployment_id));
}

cli::Result end_healthy(const Subject& subject, const Observation& now,
                        const cli::Context& context) {
  const auto count = expected_targets(now.watched).size();
  auto section = health_section(subject, now, "healthy", "", context.clock.now());
  if (subject.record) subject.record->extend("health", section);
  const auto name = subject.name().empty() ? std::string() : subject.name() + " ";
  return {
      .text = fmt::format("healthy {} {}{}/{} targets", subject.deployment_id, name, count, count),
      .json = std::move(section)};
}

cli::Result dry_run(Observer& observer, const Expectations& expected, const cli::Context& context,
                    const Subject& subject) {
  observer.look();
  if (!observer.has_seen()) throw never_answered(observer);
  const auto verdict = judge(observer.now(), expected);
  Narrator(context.clock).tell(observer, verdict);
  constexpr std::array<std::string_view, 4> words{"waiting", "healthy", "failed", "rolled_back"};
  const auto word = words.at(static_cast<std::size_t>(verdict.word));
  return {.text = fmt::format("{} {}{}{}", word, subject.deployment_id,
                              verdict.why.empty() ? "" : " ", verdict.why),
          .json = health_section(subject, observer.now(), std::string(word), verdict.why,
                                 context.clock.now())};
}

std::optional<Sampler> sampler_of(const WaitHealthyOptions& options, const Subject& subject,
                                  const cli::Context& context) {
  if (options.url.empty()) {
    logging::warning("no --url: whether the new version answers is not checked");
    return std::nullopt;
  }
  if (subject.expected.commit.empty()) {
    logging::warning("the release is not known: whether the new version answers is not checked");
    return std::nullopt;
  }
  return Sampler(context.clock, context.stop,
                 {.url = info_address(options.url),
                  .sources = options.version_sources,
                  .expected = subject.expected});
}

}  // namespace

cli::Result wait_healthy(const WaitHealthyOptions& options, const cli::Context& context) {
  const auto environment = process::own_environment();
  const auto subject = wait_healthy::subject(options.deployment_id, context.release, environment);
  const auto session = aws::open_session(options.aws, environment, context.clock, context.stop);
  http::Client client(context.clock, context.stop, aws::client_options(session));
  aws::Caller caller(client, session);
  aws::CodeDeploy codedeploy(caller);
  aws::LoadBalancing load_balancing(caller);

  auto sampler = sampler_of(options, subject, context);
  const Expectations expected{.until = options.until, .version = sampler.has_value()};
  Observer observer(
      {.codedeploy = codedeploy, .load_balancing = load_balancing, .sampler = std::move(sampler)},
      context.clock, subject.deployment_id, expected);
  if (context.dry_run) return dry_run(observer, expected, context, subject);

  logging::info("watch deployment {}{}{}", subject.deployment_id,
                subject.name().empty() ? "" : " of ", subject.name());
  const auto watched = watch(observer, expected, options, context);
  switch (watched.end) {
    case retry::PollEnd::done:
      break;
    case retry::PollEnd::timed_out:
      end_timed_out(watched, subject, observer, options, context);
    case retry::PollEnd::stopped:
      throw base::Error(base::Kind::unavailable,
                        fmt::format("watch deployment {}: interrupted", subject.deployment_id),
                        how_to_go_on(subject.deployment_id));
  }
  if (watched.verdict.word != Word::healthy)
    end_unhealthy(watched, subject, observer.now(), context);
  return end_healthy(subject, observer.now(), context);
}

}  // namespace wait_healthy
