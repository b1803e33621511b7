// SPDX-License-Identifier: Apache-2.0
#include "common/base/time.h"

#include <gtest/gtest.h>

namespace portwatch::base {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year;

constexpr UtcTime kNoon = sys_days{year{2026} / 11 / 21} + 12h + 33min + 11s + 381204us;

TEST(Rfc3339, IsWrittenInUtcWithMicroseconds) {
  EXPECT_EQ(to_rfc3339(kNoon), "2026-11-21T12:33:11.381204Z");
  EXPECT_EQ(to_rfc3339(UtcTime{}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_rfc3339(UtcTime{-1us}), "1969-12-31T23:59:59.999999Z");
}

TEST(Rfc3339, IsClampedToFourDigitYears) {
  EXPECT_EQ(to_rfc3339(UtcTime::max()), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_rfc3339(UtcTime::min()), "0000-01-01T00:00:00.000000Z");
}

TEST(Rfc3339, IsReadWithAnyOffsetAndFraction) {
  EXPECT_EQ(parse_rfc3339("2026-11-21T12:33:11.381204Z"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-11-21 12:33:11.381204z"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-11-21T12:33:11.381204999Z"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-11-21T14:03:11.381204+01:30"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-11-20T19:33:11.381204-17:00"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-11-21T12:33:11.38Z"), kNoon - 1204us);
  EXPECT_EQ(parse_rfc3339("2026-11-21T12:33:11Z"), kNoon - 381204us);
  EXPECT_EQ(parse_rfc3339("2024-02-29T00:00:00Z"), sys_days{year{2024} / 2 / 29});
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), sys_days{year{2017} / 1 / 1});
}

TEST(Rfc3339, IsRefusedWhenAnythingIsOff) {
  for (const auto* text : {"",
                           "2026-11-21",
                           "2026-11-21T12:33:11",
                           "2026-11-21T12:33Z",
                           "2026-02-29T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-11-21T24:00:00Z",
                           "2026-11-21T12:60:00Z",
                           "2026-11-21T12:33:61Z",
                           "2026-11-21T12:33:11.Z",
                           "2026-11-21T12:33:11.1234567890Z",
                           "2026-11-21T12:33:11Zx",
                           " 2026-11-21T12:33:11Z",
                           "2026-11-21T12:33:11+1:00",
                           "2026-11-21T12:33:11+24:00",
                           "2026-11-21T12:33:11+0100",
                           "-026-11-21T12:33:11Z",
                           "2026-1-21T12:33:11Z",
                           "+2026-11-21T12:33:11Z",
                           "2026-11-21T12:33:11,5Z",
                           "2026-11-2\xff T12:33:11Z"})
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

TEST(Duration, IsReadAsANumberAndAUnit) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("15m"), 15min);
  EXPECT_EQ(parse_duration("8h"), 8h);
  EXPECT_EQ(parse_duration("30d"), 720h);
  EXPECT_EQ(parse_duration("2w"), 336h);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(Duration, IsRefusedWhenItIsNoSuchThing) {
  for (const auto* text : {"", "s", "15", "-1s", "+1s", "1.5h", "1 h", "1h30m", "1y", "99999999999999999999s",
                           "9223372036855w", "1S"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Duration, IsWrittenAsPeopleReadIt) {
  EXPECT_EQ(format_duration(0us), "0 s");
  EXPECT_EQ(format_duration(400us), "400 µs");
  EXPECT_EQ(format_duration(250ms), "250 ms");
  EXPECT_EQ(format_duration(1s), "1 s");
  EXPECT_EQ(format_duration(90s), "90 s");
  EXPECT_EQ(format_duration(15min), "15 min");
  EXPECT_EQ(format_duration(2min + 30s), "2 min 30 s");
  EXPECT_EQ(format_duration(3h + 5min + 20s), "3 h 5 min");
  EXPECT_EQ(format_duration(8h), "8 h");
  EXPECT_EQ(format_duration(12 * 24h + 4h + 59min), "12 d 4 h");
  EXPECT_EQ(format_duration(-90s), "-90 s");
  EXPECT_EQ(format_duration(Micros::min()), "-106751991 d 4 h");
}

TEST(Moment, MapsTheBootClockToUtc) {
  const Moment now{.boot = BootTime{100s}, .utc = kNoon};
  EXPECT_EQ(now.to_utc(BootTime{100s}), kNoon);
  EXPECT_EQ(now.to_utc(BootTime{40s}), kNoon - 1min);
  EXPECT_EQ(now.to_utc(BootTime{130s}), kNoon + 30s);
}

}  // namespace
}  // namespace portwatch::base
