// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/clock.h"

#include <algorithm>
#include <ctime>

#include <unistd.h>

namespace portwatch::sensor {
namespace {

base::Micros read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::duration_cast<base::Micros>(std::chrono::seconds{time.tv_sec} +
                                                  std::chrono::nanoseconds{time.tv_nsec});
}

}  // namespace

base::Moment read_clocks() {
  const base::Micros boot = read_clock(CLOCK_BOOTTIME);
  return {.boot = base::BootTime{boot},
          .utc = base::UtcTime{read_clock(CLOCK_REALTIME)},
          .suspended = std::max(base::Micros{0}, boot - read_clock(CLOCK_MONOTONIC))};
}

base::BootTime boot_time_of_ticks(std::uint64_t ticks) {
  static const auto per_second = static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_CLK_TCK)));
  constexpr std::uint64_t kMicrosPerSecond = 1'000'000;
  const std::uint64_t micros =
      ticks / per_second * kMicrosPerSecond + ticks % per_second * kMicrosPerSecond / per_second;
  return base::BootTime{base::Micros{static_cast<base::Micros::rep>(micros)}};
}

}  // namespace portwatch::sensor
