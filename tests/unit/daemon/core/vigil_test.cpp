// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/vigil.h"

#include <gtest/gtest.h>

#include "tests/support/core_rig.h"

namespace portwatch::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

base::BootTime at(base::Micros since_boot) {
  return base::BootTime{since_boot};
}

class VigilTest : public testing::Test {
 protected:
  VigilTest() {
    vigil.set_interval(seconds{1});
    vigil.start(moment());
  }
  [[nodiscard]] base::Moment moment() const { return {.boot = at(now), .utc = {}, .suspended = suspended}; }

  /// A look that begins so long after the last one has ended, and takes so long.
  std::optional<Vigil::Standstill> look(base::Micros pause, base::Micros duration = milliseconds{50}) {
    model::Snapshot snapshot;
    snapshot.started = at(now += pause);
    snapshot.suspended_at_start = suspended;
    snapshot.finished = at(now += duration);
    snapshot.suspended_at_finish = suspended += std::exchange(sleep_in_look, {});
    return vigil.look(snapshot);
  }

  Vigil vigil;
  base::Micros now = seconds{100};
  base::Micros suspended{};
  base::Micros sleep_in_look{};  ///< of the next one
};

TEST_F(VigilTest, SaysNothingOfLooksThatComeInTimeOrALittleLate) {
  EXPECT_FALSE(look(milliseconds{100}));
  EXPECT_FALSE(look(seconds{1}));
  EXPECT_FALSE(look(seconds{2}));
  EXPECT_FALSE(look(seconds{1}));
}

TEST_F(VigilTest, NoticesALookThatComesClearlyTooLate) {
  EXPECT_FALSE(look(seconds{1}));
  const auto standstill = look(minutes{1});
  ASSERT_TRUE(standstill);
  EXPECT_EQ(standstill->from, at(seconds{101}));
  EXPECT_EQ(standstill->to, at(seconds{101} + milliseconds{100} + minutes{1}));
  EXPECT_EQ(standstill->end, standstill->to - milliseconds{50}) << "the late look was quick";
  EXPECT_FALSE(look(seconds{1}));
}

TEST_F(VigilTest, NoticesThatALookItselfStoodStill) {
  EXPECT_FALSE(look(seconds{1}));
  const auto standstill = look(seconds{1}, seconds{30});
  ASSERT_TRUE(standstill);
  EXPECT_EQ(standstill->end, standstill->to) << "what it read may be from before it stood still";
}

TEST_F(VigilTest, ForgivesLooksThatAlwaysTakeLong) {
  EXPECT_FALSE(look(seconds{1}, seconds{20})) << "the first one reads everything";
  EXPECT_FALSE(look(seconds{1}, seconds{20}));
  EXPECT_FALSE(look(seconds{1}, seconds{20}));
}

TEST_F(VigilTest, NoticesThatTheFirstLookCameLate) {
  EXPECT_TRUE(look(minutes{2}));
}

TEST_F(VigilTest, DoesNotCountTheSleepOfTheMachine) {
  EXPECT_FALSE(look(seconds{1}));
  suspended += minutes{10};
  EXPECT_FALSE(look(minutes{10} + seconds{1}));
  suspended += minutes{10};
  EXPECT_TRUE(look(minutes{20}));
}

TEST_F(VigilTest, CountsASleepWithinALookOnce) {
  EXPECT_FALSE(look(seconds{1}));
  sleep_in_look = minutes{10};
  EXPECT_FALSE(look(seconds{1}, minutes{10} + milliseconds{50}));
  EXPECT_FALSE(look(seconds{1}));
  EXPECT_TRUE(look(minutes{1})) << "a sleep is no excuse for later";
}

TEST_F(VigilTest, CountsASleepBehindALookOnce) {
  EXPECT_FALSE(look(seconds{1}));
  suspended += minutes{10};  // before anybody takes the look in
  EXPECT_FALSE(look(minutes{10} + seconds{1}));
  EXPECT_FALSE(look(seconds{1}));
}

TEST_F(VigilTest, LetsTheAwaitedLookGoByTheIntervalThatPlannedIt) {
  vigil.set_interval(seconds{20});
  EXPECT_FALSE(look(seconds{1}));
  EXPECT_FALSE(look(seconds{20}));
  vigil.set_interval(seconds{1});
  vigil.set_interval(seconds{2});
  EXPECT_FALSE(look(seconds{12})) << "reloaded in the middle of twenty seconds";
  EXPECT_TRUE(look(seconds{12}));
}

TEST_F(VigilTest, GoesByTheInterval) {
  vigil.set_interval(std::chrono::hours{1});
  EXPECT_FALSE(look(seconds{1}));
  EXPECT_FALSE(look(std::chrono::hours{1}));
  EXPECT_TRUE(look(std::chrono::hours{1} + minutes{2}));
  vigil.set_interval(std::nullopt);
  EXPECT_FALSE(look(std::chrono::hours{24}));
}

// What the whole core makes of it.

TEST(Standstill, BecomesAGapAndWhatIsFoundThenLiesWithinIt) {
  test::CoreRig rig({.learning = base::Micros{0}, .scan_interval = seconds{1}});
  const auto goes = rig.machine.listen(test::endpoint("127.0.0.1", 4000), {});
  rig.look();
  rig.machine.close(goes);
  rig.machine.listen(test::endpoint("127.0.0.1", 4001), {});
  rig.machine.wait(minutes{1});
  const auto events = rig.look();
  ASSERT_FALSE(events.empty());
  ASSERT_EQ(events.front().kind, model::EventKind::kGap);
  const auto& gap = std::get<model::GapDetail>(events.front().detail);
  EXPECT_LT(gap.from, gap.to);
  for (const model::Event& event : events)
    if (event.kind == model::EventKind::kOpened || event.kind == model::EventKind::kClosed) {
      EXPECT_EQ(event.time.precision, model::Precision::kGap);
      EXPECT_EQ(event.time.earliest, gap.from);
    }
  rig.machine.listen(test::endpoint("127.0.0.1", 4002), {test::FakeProcess(9).exe("/bin/a").ref()});
  const auto later = test::of_kind(rig.look(), model::EventKind::kOpened);
  ASSERT_EQ(later.size(), 1U);
  EXPECT_EQ(later.front().time.precision, model::Precision::kPoll);
}

}  // namespace
}  // namespace portwatch::core
