// SPDX-License-Identifier: Apache-2.0
// tzset(3) reads TZ or /etc/localtime; localtime_r(3) says what was in force at a time.
#include <ctime>

#include "cli/time_zone.h"

namespace portwatch::cli {

TimeZone system_time_zone() {
  tzset();
  return [](base::UtcTime time) {
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    std::tm local{};
    return std::chrono::seconds(localtime_r(&seconds, &local) == nullptr ? 0 : local.tm_gmtoff);
  };
}

}  // namespace portwatch::cli
