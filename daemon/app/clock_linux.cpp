// SPDX-License-Identifier: Apache-2.0
// The clocks of Linux. A task that is preempted between two readings would pair times that do not belong
// together, and an event would seem to jump; so the boot clock is read before and after, and the pair that
// lies closest counts.

#include <ctime>

#include "common/base/assert.h"
#include "daemon/app/clock.h"

namespace portwatch::app {
namespace {

base::Micros read_clock(clockid_t clock) {
  timespec time{};
  PW_ASSERT(clock_gettime(clock, &time) == 0);
  return std::chrono::duration_cast<base::Micros>(std::chrono::seconds{time.tv_sec} +
                                                  std::chrono::nanoseconds{time.tv_nsec});
}

}  // namespace

base::Moment read_moment() {
  constexpr int kAttempts = 3;
  constexpr base::Micros kCloseEnough{20};
  base::Moment best;
  base::Micros best_width = base::Micros::max();
  for (int attempt = 0; attempt < kAttempts && best_width > kCloseEnough; ++attempt) {
    const base::Micros before = read_clock(CLOCK_BOOTTIME);
    const base::Micros utc = read_clock(CLOCK_REALTIME);
    const base::Micros monotonic = read_clock(CLOCK_MONOTONIC);
    const base::Micros after = read_clock(CLOCK_BOOTTIME);
    if (after - before >= best_width) continue;
    best_width = after - before;
    best = {.boot = base::BootTime{after}, .utc = base::UtcTime{utc}, .suspended = after - monotonic};
  }
  return best;
}

base::Micros read_monotonic() {
  return read_clock(CLOCK_MONOTONIC);
}

}  // namespace portwatch::app
