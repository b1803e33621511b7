// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/event_pump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/pump_rig.h"

namespace portwatch::app {
namespace {

using testing::HasSubstr;

TEST(EventPump, TellsOnTheLoopWhatIsCommittedInOrder) {
  test::PumpRig rig;
  rig.pump().append(
      {test::make_event(model::EventKind::kOpened, 0), test::make_event(model::EventKind::kClosed, 0)});
  rig.pump().append({test::make_event(model::EventKind::kStopped, 0)});
  EXPECT_TRUE(rig.told.empty());
  ASSERT_TRUE(rig.harness.run_until([&] { return rig.told.size() == 3; }));
  EXPECT_EQ(rig.told.at(0).kind, model::EventKind::kOpened);
  EXPECT_EQ(rig.told.at(2).kind, model::EventKind::kStopped);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(rig.told.at(i).seq.value, static_cast<std::int64_t>(i + 1));
  EXPECT_EQ(rig.pump().last_seq(), base::Seq{3});
  EXPECT_EQ(rig.store.events().size(), 3U);
}

TEST(EventPump, TellsNothingWhileTheStoreCannotWriteAndEverythingWhenItCan) {
  test::PumpRig rig;
  rig.is_failing = true;
  rig.pump().append({test::make_event(model::EventKind::kOpened, 0)});
  ASSERT_TRUE(rig.harness.run_until([&] { return rig.health.size() == 1; }));
  EXPECT_THAT(rig.health.front(), HasSubstr("disk is full"));
  ASSERT_TRUE(rig.pump().health().commit);
  EXPECT_EQ(rig.pump().pending(), 1U);
  EXPECT_TRUE(rig.told.empty());
  rig.is_failing = false;
  ASSERT_TRUE(rig.harness.run_until([&] { return rig.told.size() == 1; }));
  ASSERT_TRUE(rig.harness.run_until([&] { return rig.health.size() == 2; }));
  EXPECT_EQ(rig.health.back(), "well");
  EXPECT_FALSE(rig.pump().health().commit);
}

TEST(EventPump, AnswersADecisionBehindWhatItTells) {
  test::PumpRig rig;
  std::vector<model::Event> stored;
  std::size_t told_before = 0;
  ASSERT_TRUE(rig.pump().append_decision({test::make_event(model::EventKind::kOpened, 0)}, [&](auto outcome) {
    ASSERT_TRUE(outcome);
    stored = *outcome;
    told_before = rig.told.size();
  }));
  EXPECT_TRUE(stored.empty());
  ASSERT_TRUE(rig.harness.run_until([&] { return !stored.empty(); }));
  EXPECT_EQ(stored, rig.told);
  EXPECT_EQ(told_before, 1U);
}

TEST(EventPump, SaysOnceThatEventsAreLostWhenTheQueueIsFull) {
  test::PumpRig rig({.max_pending_events = 2});
  rig.is_failing = true;
  rig.pump().append({test::make_event(model::EventKind::kOpened, 0)});
  ASSERT_TRUE(rig.harness.run_until([&] { return rig.health.size() == 1; }));
  for (int i = 0; i < 20; ++i) rig.pump().append({test::make_event(model::EventKind::kOpened, 0)});
  EXPECT_EQ(rig.log.count("events are lost"), 1U) << rig.log.text();
}

TEST(EventPump, StopCommitsWhatWaitsAndComesBackAfterAllWasTold) {
  test::PumpRig rig;
  for (int i = 0; i < 50; ++i) rig.pump().append({test::make_event(model::EventKind::kOpened, 0)});
  std::optional<std::size_t> lost;
  std::size_t told_before = 0;
  rig.pump().stop(std::chrono::seconds{20}, [&](std::size_t count) {
    lost = count;
    told_before = rig.told.size();
  });
  ASSERT_TRUE(rig.harness.run_until([&] { return lost.has_value(); }));
  EXPECT_EQ(lost, 0U);
  EXPECT_EQ(told_before, 50U);
  EXPECT_EQ(rig.store.events().size(), 50U);
}

TEST(EventPump, StopGivesUpAtItsDeadlineAndSaysHowMuchIsLost) {
  test::PumpRig rig;
  rig.is_failing = true;
  rig.pump().append(
      {test::make_event(model::EventKind::kOpened, 0), test::make_event(model::EventKind::kClosed, 0)});
  std::optional<std::size_t> lost;
  rig.pump().stop(std::chrono::milliseconds{30}, [&](std::size_t count) { lost = count; });
  ASSERT_TRUE(rig.harness.run_until([&] { return lost.has_value(); }));
  EXPECT_EQ(lost, 2U);
}

}  // namespace
}  // namespace portwatch::app
