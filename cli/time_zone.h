// SPDX-License-Identifier: Apache-2.0
#pragma once

// Wall clock of the person who reads. A zone is one function, so that tests have one of their own.

#include <chrono>
#include <functional>

#include "common/base/time.h"

namespace portwatch::cli {

/// How far local time is ahead of UTC at an instant.
using TimeZone = std::function<std::chrono::seconds(base::UtcTime)>;

/// The zone of this machine and its TZ variable (localtime_r(3)).
[[nodiscard]] TimeZone system_time_zone();

/// What a clock on the wall shows: microseconds since 1970-01-01T00:00:00 local time. Never mixed with
/// UtcTime.
struct WallTime {
  std::chrono::sys_time<base::Micros> reading;

  [[nodiscard]] std::chrono::year_month_day date() const;
  [[nodiscard]] base::Micros time_of_day() const;
};

[[nodiscard]] WallTime to_wall(const TimeZone& zone, base::UtcTime time);

/// The instant of a reading of the wall clock; of two that read alike (the hour that summer time repeats) the
/// earlier, and where the clock jumps over the reading, the instant of the jump or shortly after.
[[nodiscard]] base::UtcTime from_wall(const TimeZone& zone, WallTime wall);

}  // namespace portwatch::cli
