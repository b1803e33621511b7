// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two clocks, two types. What happens is stamped in the boot clock, which never jumps and counts suspended
// time (CLOCK_BOOTTIME, clock_gettime(2)); people read UTC. A Moment is one reading of both, so that either
// maps to the other.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portwatch::base {

using Micros = std::chrono::microseconds;

/// Microseconds since 1970-01-01T00:00:00 UTC.
using UtcTime = std::chrono::sys_time<Micros>;

/// The tag of the boot clock; it is never read here, so that the core stays free of clocks.
struct BootClock {
  using duration = Micros;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};

/// Microseconds since the machine booted, suspended time included.
using BootTime = BootClock::time_point;

/// One reading of both clocks, and of how long the machine was suspended since boot.
struct Moment {
  BootTime boot;
  UtcTime utc;
  Micros suspended{};  ///< CLOCK_BOOTTIME − CLOCK_MONOTONIC

  /// The UTC time of another instant of the same boot, by this reading.
  [[nodiscard]] UtcTime to_utc(BootTime other) const { return utc + (other - boot); }

  bool operator==(const Moment&) const = default;
};

/// "2026-11-21T12:33:11.381204Z": RFC 3339, UTC, always six digits. Years 0 to 9999; others are clamped.
[[nodiscard]] std::string to_rfc3339(UtcTime time);

/// Reads RFC 3339 with "Z" or a numeric offset, "T" or a space, and 0 to 9 digits of a second's fraction.
[[nodiscard]] std::optional<UtcTime> parse_rfc3339(std::string_view text);

/// Reads "90s", "15m", "8h", "30d", "2w" (a whole number and one unit; also "ms"). Nothing for anything else,
/// for negative numbers and for what overflows.
[[nodiscard]] std::optional<Micros> parse_duration(std::string_view text);

/// The short form people read: "250 ms", "1 s", "90 s", "15 min", "3 h 5 min", "12 d 4 h".
[[nodiscard]] std::string format_duration(Micros duration);

}  // namespace portwatch::base
