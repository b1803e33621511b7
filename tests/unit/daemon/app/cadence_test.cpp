// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/cadence.h"

#include <gtest/gtest.h>

namespace portwatch::app {
namespace {

using namespace std::chrono_literals;

base::BootTime at(base::Micros since_boot) {
  return base::BootTime{since_boot};
}

TEST(Cadence, KeepsTheBeatHoweverLongALookTakes) {
  Cadence cadence(1s);
  EXPECT_EQ(cadence.after_success(at(10s), false), 1s);
  EXPECT_EQ(cadence.after_success(at(11s + 30ms), false), 970ms);
  EXPECT_EQ(cadence.after_success(at(12s + 400ms), false), 600ms);
}

TEST(Cadence, LeavesOutBeatsThatWereMissed) {
  Cadence cadence(1s);
  EXPECT_EQ(cadence.after_success(at(10s), false), 1s);
  EXPECT_EQ(cadence.after_success(at(14s + 250ms), false), 750ms);
}

TEST(Cadence, LooksAgainSoonAndThenOnTheBeat) {
  Cadence cadence(1s);
  EXPECT_EQ(cadence.after_success(at(10s), false), 1s);
  EXPECT_EQ(cadence.after_success(at(11s), true), Cadence::kLookAgainDelay);
  EXPECT_EQ(cadence.after_success(at(11s + 50ms), false), 950ms);
}

TEST(Cadence, BoundsLooksOutOfTurn) {
  Cadence cadence(1s);
  EXPECT_EQ(cadence.after_success(at(10s), false), 1s);
  for (int i = 0; i < Cadence::kMaxLooksAgain; ++i)
    EXPECT_EQ(cadence.after_success(at(11s), true), Cadence::kLookAgainDelay);
  EXPECT_EQ(cadence.after_success(at(11s + 100ms), true), 900ms);
  EXPECT_EQ(cadence.after_success(at(12s), true), Cadence::kLookAgainDelay);
}

TEST(Cadence, BacksOffUpToABoundAndComesBackAtOnce) {
  Cadence cadence(1s);
  EXPECT_EQ(cadence.after_failure(at(10s)), 1s);
  EXPECT_EQ(cadence.after_failure(at(11s)), 2s);
  EXPECT_EQ(cadence.after_failure(at(13s)), 4s);
  for (int i = 0; i < 100; ++i) EXPECT_LE(cadence.after_failure(at(20s)), Cadence::kLongestBackoff);
  EXPECT_EQ(cadence.after_failure(at(20s)), Cadence::kLongestBackoff);
  EXPECT_EQ(cadence.after_success(at(80s), false), 1s);
  EXPECT_EQ(cadence.after_failure(at(81s)), 1s);
}

TEST(Cadence, NeverBacksOffToLessThanTheInterval) {
  Cadence cadence(1h);
  EXPECT_EQ(cadence.after_failure(at(1h)), 1h);
  EXPECT_EQ(cadence.after_failure(at(2h)), 1h);
}

TEST(Cadence, NewIntervalStartsANewBeat) {
  Cadence cadence(1h);
  EXPECT_EQ(cadence.after_success(at(10s), false), 1h);
  EXPECT_EQ(cadence.set_interval(200ms, at(20s)), 200ms);
  EXPECT_EQ(cadence.after_success(at(20s + 210ms), false), 190ms);
}

TEST(Cadence, ComesSoonerWhenThatIsWantedAndKeepsItsBeat) {
  Cadence cadence(1h);
  EXPECT_EQ(cadence.after_success(at(10s), false), 1h);
  EXPECT_EQ(cadence.sooner(at(20s), 1s), 1s);
  EXPECT_EQ(cadence.sooner(at(1h + 10s - 250ms), 1s), 250ms) << "it is due before";
  EXPECT_EQ(cadence.after_success(at(21s), false), 1h - 11s);
}

}  // namespace
}  // namespace portwatch::app
