// SPDX-License-Identifier: Apache-2.0
#include "cli/time_zone.h"

#include <algorithm>

namespace portwatch::cli {

std::chrono::year_month_day WallTime::date() const {
  return std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(reading));
}

base::Micros WallTime::time_of_day() const {
  return reading - std::chrono::floor<std::chrono::days>(reading);
}

WallTime to_wall(const TimeZone& zone, base::UtcTime time) {
  return {time + zone(time)};
}

base::UtcTime from_wall(const TimeZone& zone, WallTime wall) {
  const base::UtcTime as_if_utc = wall.reading;
  // The offsets in force on either side of it: one of them is the right one.
  const auto day = std::chrono::days(1);
  const base::UtcTime first = as_if_utc - zone(as_if_utc - day);
  const base::UtcTime second = as_if_utc - zone(as_if_utc + day);
  const auto [earlier, later] = std::minmax(first, second);
  if (to_wall(zone, earlier).reading == wall.reading) return earlier;
  return later;
}

}  // namespace portwatch::cli
