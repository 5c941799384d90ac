// SPDX-License-Identifier: Apache-2.0
#include "container/build_log.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "container/buildkit_trace.hpp"
#include "text/plain.hpp"
#include "text/split.hpp"

namespace container {
namespace {

constexpr std::size_t longest_line = 64U << 10U;
constexpr std::size_t most_steps = 1'000;

constexpr std::string_view red = "\x1b[91m";
constexpr std::string_view no_colour = "\x1b[0m";

// "Step 2/5 : RUN …" of docker's classic builder, "STEP 2/5: RUN …" of podman's.
bool begins_step(std::string_view line) {
  return line.starts_with("Step ") || line.starts_with("STEP ");
}

// Other lines that they write about what they do.
bool is_builders_own(std::string_view line) {
  constexpr std::array<std::string_view, 4> beginnings{
      " --->", "-->", "Removing intermediate container", "Successfully "};
  return std::ranges::any_of(
      beginnings, [line](std::string_view beginning) { return line.starts_with(beginning); });
}

}  // namespace

void BuildLog::take(const Message& message) {
  if (!message.output.empty()) take_output(message.output, pending_);
  if (!message.status.empty()) on_line_(text::without_colours(message.status));
  if (!message.trace.empty()) take_trace(message.trace);
  if (!message.error.empty() && error_.empty()) {
    finish();
    error_ = text::trim(message.error);
  }
}

void BuildLog::finish() {
  take_line(pending_);
  for (auto& [step, pending] : std::exchange(pending_by_step_, {})) take_line(pending);
}

std::string BuildLog::failure() const {
  const std::string& words = last_complaint_.empty() ? last_words_ : last_complaint_;
  const bool told = words.empty() || error_.find(words) != std::string::npos;
  return error_.empty() || told ? error_ : fmt::format("{}: {}", error_, words);
}

void BuildLog::take_output(std::string_view text, Pending& pending) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    pending.text += text.substr(0, std::min(end, longest_line));
    if (end == std::string_view::npos && pending.text.size() < longest_line) return;
    take_line(pending);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

void BuildLog::take_line(Pending& pending) {
  const std::string line = std::exchange(pending.text, {});
  const bool is_complaint = is_red(line) || pending.is_complaint;
  const std::string plain = text::without_colours(line);
  const auto words = text::trim(plain);
  if (words.empty()) return;
  if (begins_step(plain)) {
    last_words_.clear();
    last_complaint_.clear();
  } else if (!is_builders_own(plain)) {
    (is_complaint ? last_complaint_ : last_words_) = words;
  }
  on_line_(plain);
}

// The classic builder tells both streams of a RUN in no certain order, and red alone tells them
// apart. It ends after the line's own end.
bool BuildLog::is_red(std::string_view line) {
  const auto begun = line.rfind(red);
  const auto ended = line.rfind(no_colour);
  const bool from_before = goes_on_red_ && !line.starts_with(no_colour);
  if (ended != std::string_view::npos) goes_on_red_ = false;
  if (begun != std::string_view::npos && (ended == std::string_view::npos || begun > ended)) {
    goes_on_red_ = true;
  }
  return from_before || begun != std::string_view::npos;
}

void BuildLog::take_trace(const std::string& trace) {
  for (const TraceEvent& event : read_trace(trace)) {
    if (event.kind == TraceEvent::Kind::step) {
      on_line_(event.text);
      continue;
    }
    const std::string stream = event.step + (event.is_complaint ? " 2" : " 1");
    if (pending_by_step_.size() == most_steps && !pending_by_step_.contains(stream)) continue;
    Pending& pending = pending_by_step_[stream];
    pending.is_complaint = event.is_complaint;
    take_output(event.text, pending);
  }
}

}  // namespace container
