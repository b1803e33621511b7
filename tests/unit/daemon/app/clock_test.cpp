// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/clock.h"

#include <gtest/gtest.h>
#include <time.h>

namespace portwatch::app {
namespace {

base::Micros read(clockid_t clock) {
  timespec time{};
  EXPECT_EQ(clock_gettime(clock, &time), 0);
  return std::chrono::duration_cast<base::Micros>(std::chrono::seconds{time.tv_sec} +
                                                  std::chrono::nanoseconds{time.tv_nsec});
}

TEST(Clock, MomentLiesBetweenReadingsAroundIt) {
  const base::Micros boot_before = read(CLOCK_BOOTTIME), utc_before = read(CLOCK_REALTIME);
  const base::Moment moment = read_moment();
  const base::Micros boot_after = read(CLOCK_BOOTTIME), utc_after = read(CLOCK_REALTIME);
  EXPECT_GE(moment.boot.time_since_epoch(), boot_before);
  EXPECT_LE(moment.boot.time_since_epoch(), boot_after);
  EXPECT_GE(moment.utc.time_since_epoch(), utc_before);
  EXPECT_LE(moment.utc.time_since_epoch(), utc_after);
}

TEST(Clock, SuspendedIsTheDifferenceOfBootAndMonotonicTime) {
  const base::Micros difference = read(CLOCK_BOOTTIME) - read(CLOCK_MONOTONIC);
  const base::Moment moment = read_moment();
  EXPECT_GE(moment.suspended, base::Micros{0});
  EXPECT_LT(moment.suspended, difference + std::chrono::seconds{1});
}

}  // namespace
}  // namespace portwatch::app
