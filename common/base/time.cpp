// SPDX-License-Identifier: Apache-2.0
#include "common/base/time.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "common/base/text.h"

namespace portwatch::base {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr UtcTime kFirst = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr UtcTime kLast = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} - Micros{1};

/// Takes text apart from the front. Once something does not fit, every further step fails too.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  /// Exactly `digits` decimal digits.
  int number(std::size_t digits) {
    if (rest_.size() < digits) return fail();
    int value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return fail();
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  /// One of the characters in `allowed`; '\0' when it is none of them.
  char one_of(std::string_view allowed) {
    if (rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos) {
      fail();
      return '\0';
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  /// "." and 1 to 9 digits, or nothing at all. Digits behind microseconds are dropped.
  Micros fraction() {
    if (rest_.empty() || rest_.front() != '.') return Micros{0};
    rest_.remove_prefix(1);
    const std::size_t digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    if (digits == 0 || digits > 9) {
      fail();
      return Micros{0};
    }
    int micros = 0;
    for (std::size_t i = 0; i < 6; ++i) micros = micros * 10 + (i < digits ? rest_[i] - '0' : 0);
    rest_.remove_prefix(digits);
    return Micros{micros};
  }

  [[nodiscard]] bool is_finished() const { return !has_failed_ && rest_.empty(); }

 private:
  int fail() {
    has_failed_ = true;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool has_failed_ = false;
};

struct Unit {
  std::string_view name;
  Micros length;
};

constexpr auto kUnits = std::to_array<Unit>({
    {"ms", std::chrono::milliseconds{1}},
    {"s", seconds{1}},
    {"m", minutes{1}},
    {"h", hours{1}},
    {"d", days{1}},
    {"w", std::chrono::weeks{1}},
});

/// "3 h 5 min": the whole larger units, then the whole smaller ones unless there are none.
std::string two_units(std::uint64_t total, std::uint64_t ratio, std::string_view large,
                      std::string_view small) {
  if (total % ratio == 0) return fmt::format("{} {}", total / ratio, large);
  return fmt::format("{} {} {} {}", total / ratio, large, total % ratio, small);
}

}  // namespace

std::string to_rfc3339(UtcTime time) {
  time = std::clamp(time, kFirst, kLast);
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::optional<UtcTime> parse_rfc3339(std::string_view text) {
  Cursor cursor(text);
  const int year = cursor.number(4);
  cursor.one_of("-");
  const int month = cursor.number(2);
  cursor.one_of("-");
  const int day = cursor.number(2);
  cursor.one_of("Tt ");
  const int hour = cursor.number(2);
  cursor.one_of(":");
  const int minute = cursor.number(2);
  cursor.one_of(":");
  const int second = cursor.number(2);
  const Micros fraction = cursor.fraction();
  minutes offset{0};
  const char sign = cursor.one_of("Zz+-");
  if (sign == '+' || sign == '-') {
    const int offset_hours = cursor.number(2);
    cursor.one_of(":");
    const int offset_minutes = cursor.number(2);
    if (offset_hours > 23 || offset_minutes > 59) return std::nullopt;
    offset = hours{offset_hours} + minutes{offset_minutes};
    if (sign == '-') offset = -offset;
  }
  if (!cursor.is_finished()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  // A leap second (":60") has no place of its own in UTC as computers count it: it is the second after.
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return UtcTime{std::chrono::sys_days{date}} + hours{hour} + minutes{minute} + seconds{second} + fraction -
         offset;
}

std::optional<Micros> parse_duration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<std::uint64_t> number = parse_u64(text.substr(0, digits));
  const auto* unit = std::ranges::find(kUnits, text.substr(digits), &Unit::name);
  if (!number || unit == kUnits.end()) return std::nullopt;
  const auto length = static_cast<std::uint64_t>(unit->length.count());
  if (*number > static_cast<std::uint64_t>(std::numeric_limits<Micros::rep>::max()) / length)
    return std::nullopt;
  return Micros{static_cast<Micros::rep>(*number * length)};
}

std::string format_duration(Micros duration) {
  const bool is_negative = duration < Micros{0};
  auto micros = static_cast<std::uint64_t>(duration.count());
  if (is_negative) micros = 0 - micros;
  const std::string_view sign = is_negative ? "-" : "";
  const std::uint64_t secs = micros / 1'000'000;
  if (micros == 0) return "0 s";
  if (micros < 1'000) return fmt::format("{}{} µs", sign, micros);
  if (secs < 1) return fmt::format("{}{} ms", sign, micros / 1'000);
  if (secs < 120) return fmt::format("{}{} s", sign, secs);
  if (secs < 3'600) return fmt::format("{}{}", sign, two_units(secs, 60, "min", "s"));
  if (secs < 86'400) return fmt::format("{}{}", sign, two_units(secs / 60, 60, "h", "min"));
  return fmt::format("{}{}", sign, two_units(secs / 3'600, 24, "d", "h"));
}

}  // namespace portwatch::base
