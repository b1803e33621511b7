// SPDX-License-Identifier: Apache-2.0
// Windows keeps its zone with the rules of each year; SystemTimeToTzSpecificLocalTimeEx says what was in
// force at a time. TZ is not looked at: no other program of Windows does.
#include <windows.h>

#include "cli/time_zone.h"

namespace portwatch::cli {
namespace {

SYSTEMTIME system_time_of(base::UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
  SYSTEMTIME system{};
  system.wYear = static_cast<WORD>(static_cast<int>(date.year()));
  system.wMonth = static_cast<WORD>(static_cast<unsigned>(date.month()));
  system.wDay = static_cast<WORD>(static_cast<unsigned>(date.day()));
  system.wHour = static_cast<WORD>(clock.hours().count());
  system.wMinute = static_cast<WORD>(clock.minutes().count());
  system.wSecond = static_cast<WORD>(clock.seconds().count());
  return system;
}

std::chrono::sys_seconds time_of(const SYSTEMTIME& system) {
  const std::chrono::year_month_day date{std::chrono::year{system.wYear}, std::chrono::month{system.wMonth},
                                         std::chrono::day{system.wDay}};
  return std::chrono::sys_days{date} + std::chrono::hours{system.wHour} +
         std::chrono::minutes{system.wMinute} + std::chrono::seconds{system.wSecond};
}

}  // namespace

TimeZone system_time_zone() {
  DYNAMIC_TIME_ZONE_INFORMATION zone{};
  const bool is_known = ::GetDynamicTimeZoneInformation(&zone) != TIME_ZONE_ID_INVALID;
  return [zone, is_known](base::UtcTime time) {
    const SYSTEMTIME utc = system_time_of(time);
    SYSTEMTIME local{};
    if (!is_known || ::SystemTimeToTzSpecificLocalTimeEx(&zone, &utc, &local) == 0)
      return std::chrono::seconds{0};
    return std::chrono::seconds(time_of(local) - time_of(utc));
  };
}

}  // namespace portwatch::cli
