// SPDX-License-Identifier: Apache-2.0
#include "logging/progress.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "logging/log.hpp"
#include "logging/terminal.hpp"
#include "text/human.hpp"

namespace logging {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds before_bar{500};
constexpr milliseconds between_bars{100};
constexpr milliseconds between_lines{10'000};
constexpr milliseconds rate_window{5'000};
constexpr int narrowest_bar = 8;
constexpr int widest_bar = 40;

unsigned percent(const Advance& advance) {
  if (advance.total == 0) return 100;
  const auto share = static_cast<double>(advance.done) / static_cast<double>(advance.total);
  return static_cast<unsigned>(std::min(share, 1.0) * 100.0);
}

std::string amounts(const Advance& advance) {
  auto text =
      fmt::format("{} of {}", text::human_size(advance.done), text::human_size(advance.total));
  if (advance.per_second == 0) return text;
  const auto left = advance.total - std::min(advance.done, advance.total);
  const auto seconds = static_cast<double>(left) / static_cast<double>(advance.per_second);
  const milliseconds time(static_cast<std::int64_t>(std::min(seconds, 1e6) * 1000.0));
  return text + fmt::format(", {}/s, {} left", text::human_size(advance.per_second),
                            text::human_duration(time));
}

milliseconds between(ProgressForm form) {
  return form == ProgressForm::bar ? between_bars : between_lines;
}

}  // namespace

ProgressForm usual_progress_form() {
  if (level() < Level::info) return ProgressForm::none;
  return on_terminal() ? ProgressForm::bar : ProgressForm::lines;
}

std::string progress_bar(const std::string& what, const Advance& advance, int columns) {
  const auto head = fmt::format("{} {:3}%", what, percent(advance));
  const auto tail = " " + amounts(advance);
  const auto room = columns - static_cast<int>(head.size() + tail.size()) - 3;
  auto text = head;
  if (room >= narrowest_bar) {
    const int width = std::min(room, widest_bar);
    const int filled = width * static_cast<int>(percent(advance)) / 100;
    auto bar = std::string(static_cast<std::size_t>(filled), '=');
    if (filled < width) bar += '>';
    bar.resize(static_cast<std::size_t>(width), ' ');
    text += " [" + bar + "]";
  }
  text += tail;
  text.resize(std::min(text.size(), static_cast<std::size_t>(std::max(columns, 0))));
  return text;
}

std::string progress_sentence(const std::string& what, const Advance& advance) {
  return fmt::format("{}: {}%, {}", what, percent(advance), amounts(advance));
}

Progress::Progress(timing::Clock& clock, std::string what, std::uint64_t total, ProgressForm form)
    : clock_(clock),
      what_(std::move(what)),
      total_(total),
      form_(form),
      next_(clock.steady_now() + (form == ProgressForm::bar ? before_bar : between_lines)),
      older_{.when = clock.steady_now()},
      newer_(older_) {}

Progress::~Progress() {
  if (form_ == ProgressForm::bar) set_status({});
}

std::uint64_t Progress::rate(const Sample& now) {
  if (now.when - newer_.when >= rate_window) {
    older_ = newer_;
    newer_ = now;
  }
  const auto passed = duration_cast<milliseconds>(now.when - older_.when).count();
  if (passed <= 0 || now.done <= older_.done) return 0;
  return (now.done - older_.done) * 1000 / static_cast<std::uint64_t>(passed);
}

void Progress::update(std::uint64_t done, std::uint64_t total) {
  total_ = total;
  update(done);
}

void Progress::update(std::uint64_t done) {
  if (form_ == ProgressForm::none) return;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;
  const auto now = clock_.steady_now();
  if (now < next_) return;
  next_ = now + between(form_);
  const Advance advance{.done = done, .total = total_, .per_second = rate({now, done})};
  if (form_ == ProgressForm::bar) {
    set_status(progress_bar(what_, advance, terminal_columns() - 1));
  } else {
    info("{}", progress_sentence(what_, advance));
  }
}

}  // namespace logging
