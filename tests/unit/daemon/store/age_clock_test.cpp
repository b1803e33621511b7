// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/age_clock.h"

#include <gtest/gtest.h>

namespace portwatch::store {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class AgeClockTest : public testing::Test {
 protected:
  AgeClockTest() { (void)ages.read(now); }
  std::optional<base::UtcTime> after(base::Micros passed) {
    now.boot += passed;
    now.utc += passed;
    return ages.read(now);
  }

  AgeClock ages{hours{1}};
  base::Moment now{.boot = base::BootTime{hours{5}}, .utc = base::UtcTime{std::chrono::days{20'000}}};
};

TEST_F(AgeClockTest, BelievesAClockOnceItHasKeptPaceLongEnough) {
  EXPECT_FALSE(after(minutes{59}));
  EXPECT_EQ(after(minutes{1}), now.utc);
  EXPECT_EQ(after(hours{100}), now.utc) << "also when nobody asked for long, as after a sleep";
}

TEST_F(AgeClockTest, DoesNotBelieveAClockThatWasJustSet) {
  EXPECT_TRUE(after(hours{1}));
  now.utc += std::chrono::days{365};
  EXPECT_FALSE(after(seconds{1}));
  now.utc -= std::chrono::days{365};
  EXPECT_FALSE(after(seconds{1}));
  EXPECT_TRUE(after(hours{1}));
}

TEST_F(AgeClockTest, DoesNotMindCorrections) {
  EXPECT_TRUE(after(hours{1}));
  now.utc += minutes{4};
  EXPECT_EQ(after(seconds{1}), now.utc);
}

}  // namespace
}  // namespace portwatch::store
