// SPDX-License-Identifier: Apache-2.0
#include "cli/times.h"

#include <optional>

#include <fmt/format.h>

#include "common/base/text.h"

namespace portwatch::cli {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// A number of exactly `digits` digits.
std::optional<unsigned> parse_digits(std::string_view text, std::size_t digits) {
  if (text.size() != digits) return std::nullopt;
  const auto value = base::parse_u64(text);
  return value ? std::optional(static_cast<unsigned>(*value)) : std::nullopt;
}

/// "12:30" or "12:30:15", "9:05" too.
std::optional<seconds> parse_time_of_day(std::string_view text) {
  const auto parts = base::split(text, ':');
  if (parts.size() != 2 && parts.size() != 3) return std::nullopt;
  const auto hour = parse_digits(parts[0], parts[0].size() == 1 ? 1 : 2);
  const auto minute = parse_digits(parts[1], 2);
  const auto second = parts.size() == 3 ? parse_digits(parts[2], 2) : std::optional(0U);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return hours(*hour) + minutes(*minute) + seconds(*second);
}

/// "2026-11-21"
std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
  const auto parts = base::split(text, '-');
  if (parts.size() != 3) return std::nullopt;
  const auto year = parse_digits(parts[0], 4);
  const auto month = parse_digits(parts[1], 2);
  const auto day = parse_digits(parts[2], 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

/// The local day that "today", "yesterday" or a date names.
std::optional<std::chrono::sys_days> parse_day(std::string_view text, std::chrono::sys_days today) {
  if (text == "today") return today;
  if (text == "yesterday") return today - days(1);
  return parse_date(text);
}

/// "10m", "10m ago"
std::optional<base::Micros> parse_age(std::string_view text) {
  constexpr std::string_view kAgo = "ago";
  if (text.ends_with(kAgo)) text = base::trim(text.substr(0, text.size() - kAgo.size()));
  return base::parse_duration(text);
}

}  // namespace

base::Result<base::UtcTime> parse_time(std::string_view text, base::UtcTime now, const TimeZone& zone) {
  const std::string_view word = base::trim(text);
  if (word == "now") return now;
  if (const auto time = base::parse_rfc3339(word)) return *time;

  const auto today = std::chrono::floor<days>(to_wall(zone, now).reading);
  if (const auto day = parse_day(word, today)) return from_wall(zone, {*day});
  if (const auto time = parse_time_of_day(word)) {
    const base::UtcTime at = from_wall(zone, {today + *time});
    return at <= now ? at : from_wall(zone, {today - days(1) + *time});
  }
  if (const auto space = word.find_first_of(" T"); space != std::string_view::npos) {
    const auto day = parse_day(word.substr(0, space), today);
    const auto time = parse_time_of_day(base::trim(word.substr(space + 1)));
    if (day && time) return from_wall(zone, {*day + *time});
  }
  if (const auto age = parse_age(word); age && *age <= now.time_since_epoch()) return now - *age;
  return base::fail(
      base::ErrorCode::kInvalidArgument,
      fmt::format("'{}' is not a time; write 12:30, yesterday, \"yesterday 14:05\", 2026-11-21, 10m or 2h "
                  "(that long ago), or 2026-11-21T12:30:00Z",
                  text));
}

}  // namespace portwatch::cli
