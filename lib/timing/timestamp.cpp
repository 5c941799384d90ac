// SPDX-License-Identifier: Apache-2.0
#include "timing/timestamp.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "text/split.hpp"

namespace timing {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::seconds;

constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Parts {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<seconds> clock;
  std::chrono::weekday weekday;
};

Parts parts_of(SystemTime when) {
  const auto second = floor<seconds>(when);
  const auto day = floor<days>(second);
  return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss<seconds>(second - day),
          std::chrono::weekday(day)};
}

// The clock counts nanoseconds in 64 bits, 1677 to 2262. Credentials that never expire say 9999 and
// Docker's "not yet" is the year 1, so a moment beyond is cut; the ends leave room for differences.
constexpr std::chrono::sys_seconds earliest =
    std::chrono::sys_days(std::chrono::year(1800) / 1 / 1);
constexpr std::chrono::sys_seconds latest =
    std::chrono::sys_days(std::chrono::year(2261) / 12 / 31);

SystemTime within_range(std::chrono::sys_seconds moment) {
  return std::clamp(moment, earliest, latest);
}

// In a form 0 stands for a digit, _ for any character, all else for itself.
bool has_form(std::string_view text, std::string_view form) {
  return std::equal(text.begin(), text.end(), form.begin(), form.end(), [](char c, char wanted) {
    return wanted == '_' || (wanted == '0' ? c >= '0' && c <= '9' : c == wanted);
  });
}

// The number in [at, at + length), absent when a character is no digit.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t length) {
  if (at + length > text.size()) return std::nullopt;
  const auto number = text::find_number(text.substr(at, length));
  if (!number) return std::nullopt;
  return static_cast<int>(*number);
}

std::optional<SystemTime> assemble(std::optional<int> year, std::optional<int> month,
                                   std::optional<int> day, std::string_view clock) {
  const auto hour = digits(clock, 0, 2);
  const auto minute = digits(clock, 2, 2);
  const auto second = digits(clock, 4, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return within_range(std::chrono::sys_days(date) + std::chrono::hours(*hour) +
                      std::chrono::minutes(*minute) + seconds(*second));
}

std::string without_colons(std::string_view clock) { return text::replace_all(clock, ":", ""); }

}  // namespace

std::string rfc3339(SystemTime when) {
  const auto p = parts_of(when);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(p.date.year()),
                     static_cast<unsigned>(p.date.month()), static_cast<unsigned>(p.date.day()),
                     p.clock.hours().count(), p.clock.minutes().count(), p.clock.seconds().count());
}

std::string sigv4_basic(SystemTime when) {
  const auto text = rfc3339(when);
  return text::replace_all(without_colons(text), "-", "");
}

std::string http_date(SystemTime when) {
  const auto p = parts_of(when);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     weekdays.at(p.weekday.c_encoding()), static_cast<unsigned>(p.date.day()),
                     months.at(static_cast<unsigned>(p.date.month()) - 1),
                     static_cast<int>(p.date.year()), p.clock.hours().count(),
                     p.clock.minutes().count(), p.clock.seconds().count());
}

std::optional<SystemTime> find_rfc3339(std::string_view text) {
  // 2026-01-02T03:04:05[.123](Z|+01:00)
  if (!has_form(text::upper(text.substr(0, 19)), "0000-00-00T00:00:00")) return std::nullopt;
  const auto moment = assemble(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2),
                               without_colons(text.substr(11, 8)));
  if (!moment) return std::nullopt;
  auto rest = text.substr(19);
  if (rest.starts_with('.')) {
    const auto fraction_end = std::min(rest.size(), rest.find_first_not_of("0123456789", 1));
    if (fraction_end == 1) return std::nullopt;
    rest.remove_prefix(fraction_end);
  }
  if (rest == "Z" || rest == "z") return moment;
  if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':') return std::nullopt;
  const auto hours = digits(rest, 1, 2);
  const auto minutes = digits(rest, 4, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const auto offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return rest[0] == '+' ? *moment - offset : *moment + offset;
}

std::optional<SystemTime> find_sigv4_basic(std::string_view text) {
  if (!has_form(text, "00000000T000000Z")) return std::nullopt;
  return assemble(digits(text, 0, 4), digits(text, 4, 2), digits(text, 6, 2), text.substr(9, 6));
}

std::optional<SystemTime> find_http_date(std::string_view text) {
  // Fri, 02 Jan 2026 03:04:05 GMT
  if (!has_form(text, "___, 00 ___ 0000 00:00:00 GMT")) return std::nullopt;
  const auto name = text.substr(8, 3);
  for (std::size_t i = 0; i < months.size(); ++i) {
    if (months.at(i) == name) {
      return assemble(digits(text, 12, 4), static_cast<int>(i + 1), digits(text, 5, 2),
                      without_colons(text.substr(17, 8)));
    }
  }
  return std::nullopt;
}

double epoch_seconds(SystemTime when) {
  return std::chrono::duration<double>(when.time_since_epoch()).count();
}

SystemTime from_epoch_seconds(double value) {
  const auto most = static_cast<double>(latest.time_since_epoch().count());
  const auto least = static_cast<double>(earliest.time_since_epoch().count());
  return SystemTime(std::chrono::duration_cast<SystemTime::duration>(
      std::chrono::duration<double>(std::clamp(value, least, most))));
}

}  // namespace timing
