// SPDX-License-Identifier: Apache-2.0
// How people write times, in a zone that is not UTC and across a change of the clocks.
#include "cli/times.h"

#include <gtest/gtest.h>

#include <string>

namespace portwatch::cli {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year;

/// 2026-11-21 10:00 UTC, which is 12:00 where the zone is two hours ahead.
constexpr base::UtcTime kNow = sys_days{year{2026} / 11 / 21} + 10h;
const TimeZone kTwoAhead = [](base::UtcTime) { return std::chrono::seconds(2h); };

base::UtcTime utc(int month, int day, base::Micros time) {
  return sys_days{year{2026} / month / day} + time;
}

base::UtcTime read(std::string_view text) {
  const auto time = parse_time(text, kNow, kTwoAhead);
  EXPECT_TRUE(time.has_value()) << text;
  return time.value_or(base::UtcTime{});
}

TEST(ParseTime, ReadsAnAgeAsThatLongAgo) {
  EXPECT_EQ(read("10m"), kNow - 10min);
  EXPECT_EQ(read("2h"), kNow - 2h);
  EXPECT_EQ(read("3d ago"), kNow - 72h);
  EXPECT_EQ(read("now"), kNow);
}

TEST(ParseTime, ReadsDaysInTheReadersZone) {
  EXPECT_EQ(read("today"), utc(11, 20, 22h));
  EXPECT_EQ(read("yesterday"), utc(11, 19, 22h));
  EXPECT_EQ(read("2026-11-01"), utc(10, 31, 22h));
}

TEST(ParseTime, ReadsADayWithATime) {
  EXPECT_EQ(read("yesterday 14:05"), utc(11, 20, 12h + 5min));
  EXPECT_EQ(read("2026-11-01 00:30"), utc(10, 31, 22h + 30min));
  EXPECT_EQ(read("2026-11-01T00:30:15"), utc(10, 31, 22h + 30min + 15s));
}

TEST(ParseTime, TakesATimeOfDayAsTheLastOneThatWas) {
  EXPECT_EQ(read("11:59"), utc(11, 21, 9h + 59min));
  EXPECT_EQ(read("12:00"), kNow);
  EXPECT_EQ(read("12:01"), utc(11, 20, 10h + 1min)) << "it is 12:00 now, so 12:01 was yesterday";
  EXPECT_EQ(read("9:05:07"), utc(11, 21, 7h + 5min + 7s));
}

TEST(ParseTime, ReadsRfc3339InItsOwnZone) {
  EXPECT_EQ(read("2026-11-21T09:30:00Z"), utc(11, 21, 9h + 30min));
  EXPECT_EQ(read("2026-11-21T09:30:00+02:00"), utc(11, 21, 7h + 30min));
}

TEST(ParseTime, RefusesWhatIsNoTimeAndShowsWhatIs) {
  for (const char* text : {"", "soon", "25:00", "12:60", "12:3", "2026-13-01", "2026-02-30", "tomorrow", "10",
                           "-5m", "today 25:00", "99999999999999999999d", "12:30 yesterday"}) {
    const auto time = parse_time(text, kNow, kTwoAhead);
    ASSERT_FALSE(time.has_value()) << text;
    EXPECT_EQ(time.error().code, base::ErrorCode::kInvalidArgument);
    EXPECT_NE(time.error().message.find("yesterday 14:05"), std::string::npos);
  }
}

TEST(WallTime, MapsBothWaysAcrossAChangeOfTheClocks) {
  // Clocks go from +2 h to +1 h at 01:00 UTC on 25 October.
  const base::UtcTime change = utc(10, 25, 1h);
  const TimeZone zone = [change](base::UtcTime time) {
    return std::chrono::seconds(time < change ? 2h : 1h);
  };
  EXPECT_EQ(from_wall(zone, {utc(10, 25, 1h)}), utc(10, 24, 23h));
  EXPECT_EQ(from_wall(zone, {utc(10, 25, 4h)}), utc(10, 25, 3h));
  EXPECT_EQ(from_wall(zone, {utc(10, 25, 2h + 30min)}), utc(10, 25, 30min)) << "of two the earlier";
  for (const base::UtcTime time : {change - 2h, change - 1us, change + 2h})
    EXPECT_EQ(from_wall(zone, to_wall(zone, time)), time);
}

}  // namespace
}  // namespace portwatch::cli
