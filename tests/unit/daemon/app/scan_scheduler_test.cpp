// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/scan_scheduler.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "daemon/app/clock.h"
#include "tests/support/builders.h"
#include "tests/support/loop_harness.h"

namespace portwatch::app {
namespace {

using namespace std::chrono_literals;

/// Looks as it is told, and notes whether two looks ever ran at a time, or one on the loop's thread.
class FakeSensor final : public interface::Sensor {
 public:
  model::SensorInfo info() const override {
    return {.name = "fake", .summary = "", .blind_spots = {}, .skipped = {}};
  }
  base::Result<model::Snapshot> scan() override {
    if (is_scanning.exchange(true)) has_overlapped = true;
    if (std::this_thread::get_id() == loop_thread) was_on_loop = true;
    while (must_wait) std::this_thread::yield();
    const int number = ++count;
    is_scanning = false;
    if (number <= failures) return base::fail(base::ErrorCode::kUnavailable, "no netlink today");
    return test::make_snapshot(1h, {});
  }

  const std::thread::id loop_thread = std::this_thread::get_id();
  std::atomic<int> count{0};
  std::atomic<int> failures{0};
  std::atomic<bool> is_scanning{false}, has_overlapped{false}, was_on_loop{false}, must_wait{false};
};

class ScanSchedulerTest : public testing::Test {
 protected:
  std::unique_ptr<ScanScheduler> make(base::Micros interval) {
    return std::make_unique<ScanScheduler>(
        harness.loop(), sensor, interval, [this] { return later(read_moment()); },
        ScanScheduler::Callbacks{.on_snapshot =
                                     [this](const model::Snapshot&) {
                                       ++snapshots;
                                       return snapshots <= looks_again;
                                     },
                                 .on_failure =
                                     [this](const base::Error& error, int in_a_row) {
                                       health.push_back(fmt::format("{} {}", error.message, in_a_row));
                                     },
                                 .on_recovery = [this] { health.emplace_back("well"); }});
  }

  base::Moment later(base::Moment now) const {
    now.boot += passed;
    return now;
  }

  test::LoopHarness harness;
  base::Micros passed{};  ///< what the clock is ahead by
  std::shared_ptr<FakeSensor> sensor = std::make_shared<FakeSensor>();
  int snapshots = 0;
  int looks_again = 0;
  std::vector<std::string> health;
};

TEST_F(ScanSchedulerTest, LooksAtOnceAndThenAgainAndAgainOffTheLoop) {
  const auto scheduler = make(2ms);
  scheduler->start();
  ASSERT_TRUE(harness.run_until([&] { return snapshots >= 5; }));
  EXPECT_FALSE(sensor->has_overlapped);
  EXPECT_FALSE(sensor->was_on_loop);
  EXPECT_GE(scheduler->status().count, 5U);
  EXPECT_EQ(scheduler->status().interval, 2ms);
  EXPECT_TRUE(scheduler->status().last_at);
  EXPECT_TRUE(scheduler->status().last_duration);
}

TEST_F(ScanSchedulerTest, LooksAgainLongBeforeTheNextBeatWhenAsked) {
  looks_again = 1;
  const auto scheduler = make(1h);
  scheduler->start();
  ASSERT_TRUE(harness.run_until([&] { return snapshots == 2; }));
}

TEST_F(ScanSchedulerTest, CountsLooksThatFailInARowAndSaysThatTheyWorkAgain) {
  sensor->failures = 3;
  const auto scheduler = make(1ms);
  scheduler->start();
  ASSERT_TRUE(harness.run_until([&] { return sensor->count == 2 && scheduler->status().count == 2; }));
  EXPECT_EQ(scheduler->status().problem, "no netlink today");
  ASSERT_TRUE(harness.run_until([&] { return snapshots >= 2; }));
  EXPECT_THAT(health,
              testing::ElementsAre("no netlink today 1", "no netlink today 2", "no netlink today 3", "well"));
  EXPECT_EQ(scheduler->status().problem, std::nullopt);
}

TEST_F(ScanSchedulerTest, ALookThatFailedIsRepeatedBeforeItsTurnWhenThatIsWanted) {
  sensor->failures = 1;
  const auto scheduler = make(1h);
  scheduler->start();
  ASSERT_TRUE(harness.run_until([&] { return health.size() == 1; }));
  scheduler->look_within(1ms);
  ASSERT_TRUE(harness.run_until([&] { return snapshots == 1; }));
}

TEST_F(ScanSchedulerTest, AnotherSensorLooksFromTheNextLookOn) {
  const auto scheduler = make(1h);
  scheduler->start();
  ASSERT_TRUE(harness.run_until([&] { return snapshots == 1; }));
  const auto another = std::make_shared<FakeSensor>();
  const std::weak_ptr former = sensor;
  scheduler->use(another);
  sensor.reset();
  EXPECT_FALSE(former.expired()) << "to end it may take long, so that is not for the loop";
  scheduler->look_within(1ms);
  ASSERT_TRUE(harness.run_until([&] { return snapshots == 2; }));
  EXPECT_EQ(another->count, 1);
  EXPECT_TRUE(former.expired());
}

TEST_F(ScanSchedulerTest, SaysThatALookIsOverdue) {
  sensor->must_wait = true;
  const auto scheduler = make(1h);
  scheduler->start();
  ASSERT_TRUE(harness.run_until([&] { return sensor->is_scanning.load(); }));
  EXPECT_EQ(scheduler->status().problem, std::nullopt);
  passed = ScanScheduler::kOverdue;
  EXPECT_THAT(scheduler->status().problem, testing::Optional(testing::HasSubstr("has not ended")));
  sensor->must_wait = false;
  ASSERT_TRUE(harness.run_until([&] { return snapshots == 1; }));
  EXPECT_EQ(scheduler->status().problem, std::nullopt);
}

TEST_F(ScanSchedulerTest, StopWaitsForTheLookThatRunsAndTakesItIn) {
  sensor->must_wait = true;
  const auto scheduler = make(1h);
  scheduler->start();
  ASSERT_TRUE(harness.run_until([&] { return sensor->is_scanning.load(); }));
  bool is_stopped = false;
  scheduler->stop([&] { is_stopped = true; });
  harness.settle();
  EXPECT_FALSE(is_stopped);
  sensor->must_wait = false;
  ASSERT_TRUE(harness.run_until([&] { return is_stopped; }));
  EXPECT_EQ(snapshots, 1);
}

TEST_F(ScanSchedulerTest, NoLookBeginsAfterStop) {
  const auto scheduler = make(1ms);
  scheduler->start();
  ASSERT_TRUE(harness.run_until([&] { return snapshots >= 1; }));
  bool is_stopped = false;
  scheduler->stop([&] { is_stopped = true; });
  ASSERT_TRUE(harness.run_until([&] { return is_stopped; }));
  const int count = sensor->count;
  harness.settle();
  EXPECT_EQ(sensor->count, count);
}

TEST_F(ScanSchedulerTest, TakesNothingInWhileItIsHeldAndThenGoesOn) {
  const auto scheduler = make(1ms);
  scheduler->hold();
  scheduler->start();
  ASSERT_TRUE(harness.run_until([&] { return scheduler->status().count == 1; }));
  harness.settle();
  EXPECT_EQ(snapshots, 0);
  EXPECT_EQ(sensor->count, 1) << "no look begins behind the one that waits";
  scheduler->release();
  EXPECT_EQ(snapshots, 1);
  ASSERT_TRUE(harness.run_until([&] { return snapshots >= 3; }));
}

TEST_F(ScanSchedulerTest, StopWaitsForWhatIsHeld) {
  const auto scheduler = make(1h);
  scheduler->hold();
  scheduler->start();
  ASSERT_TRUE(harness.run_until([&] { return scheduler->status().count == 1; }));
  bool is_stopped = false;
  scheduler->stop([&] { is_stopped = true; });
  EXPECT_FALSE(is_stopped);
  scheduler->release();
  EXPECT_TRUE(is_stopped);
  EXPECT_EQ(snapshots, 1);
}

TEST_F(ScanSchedulerTest, LooksBeforeItsTurnWhenThatIsWanted) {
  const auto scheduler = make(1h);
  scheduler->start();
  ASSERT_TRUE(harness.run_until([&] { return snapshots == 1; }));
  scheduler->look_within(1ms);
  scheduler->look_within(1h);
  ASSERT_TRUE(harness.run_until([&] { return snapshots == 2; }));
}

TEST_F(ScanSchedulerTest, LooksOnceMoreWhenThatIsWantedWhileItLooks) {
  const auto scheduler = make(1h);
  scheduler->start();
  scheduler->look_within(1ms);
  ASSERT_TRUE(harness.run_until([&] { return snapshots == 2; }));
  harness.settle();
  EXPECT_EQ(snapshots, 2);
}

TEST_F(ScanSchedulerTest, ShorterIntervalTakesEffectAtOnce) {
  const auto scheduler = make(1h);
  scheduler->start();
  ASSERT_TRUE(harness.run_until([&] { return snapshots == 1; }));
  scheduler->set_interval(1ms);
  ASSERT_TRUE(harness.run_until([&] { return snapshots >= 3; }));
  EXPECT_EQ(scheduler->status().interval, 1ms);
}

TEST_F(ScanSchedulerTest, MayBeDestroyedWhileALookRuns) {
  sensor->must_wait = true;
  auto scheduler = make(1h);
  scheduler->start();
  ASSERT_TRUE(harness.run_until([&] { return sensor->is_scanning.load(); }));
  scheduler.reset();
  sensor->must_wait = false;
  ASSERT_TRUE(harness.run_until([&] { return sensor->count == 1; }));
  harness.settle();
  EXPECT_EQ(snapshots, 0);
}

}  // namespace
}  // namespace portwatch::app
