// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/event_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <variant>

#include "common/platform/descriptor.h"
#include "tests/support/loop_harness.h"

namespace portwatch::app {
namespace {

/// Tells what a test puts in, and wakes who asked for it through a pipe.
class FakeSource final : public interface::EventSource {
 public:
  FakeSource() {
    std::array<int, 2> ends{};
    PW_ASSERT(::pipe(ends.data()) == 0);
    read_end_ = platform::Descriptor(ends[0]);
    write_end_ = platform::Descriptor(ends[1]);
  }

  void tell(int count) {
    for (int i = 0; i < count; ++i) waiting_.push_back(base::BootTime{base::Micros{++told_}});
    if (!std::exchange(wants_to_be_woken_, false)) return;
    ++wake_ups;
    PW_ASSERT(::write(write_end_.get(), "x", 1) == 1);
  }

  [[nodiscard]] int descriptor() const override { return read_end_.get(); }
  [[nodiscard]] std::vector<model::Observation> take(std::size_t most) override {
    wants_to_be_woken_ = false;
    if (is_woken_by_now()) PW_ASSERT(::read(read_end_.get(), &byte_, 1) == 1);
    std::vector<model::Observation> taken;
    for (; most > 0 && !waiting_.empty(); --most, waiting_.pop_front())
      taken.emplace_back(model::HoldersChanged{waiting_.front()});
    return taken;
  }
  [[nodiscard]] bool may_wait() override {
    wants_to_be_woken_ = waiting_.empty();
    return wants_to_be_woken_;
  }

  int wake_ups = 0;

 private:
  [[nodiscard]] bool is_woken_by_now() { return std::exchange(taken_wake_ups_, wake_ups) != wake_ups; }

  platform::Descriptor read_end_, write_end_;
  std::deque<base::BootTime> waiting_;
  std::int64_t told_ = 0;
  int taken_wake_ups_ = 0;
  bool wants_to_be_woken_ = false;
  char byte_ = 0;
};

constexpr base::BootTime kEver = base::BootTime::max();

class EventWatchTest : public testing::Test {
 protected:
  void start() {
    auto made = EventWatch::make(
        harness.loop(), source,
        {.on_told =
             [this](const std::vector<model::Observation>& told) {
               for (const model::Observation& one : told)
                 heard.push_back(std::get<model::HoldersChanged>(one).at.time_since_epoch().count());
               if (holds_when_told) watch->hold();
             },
         .has_room = [this] { return heard.size() < room; }});
    ASSERT_TRUE(made);
    watch = *std::move(made);
    watch->start();
  }
  void expect_heard(std::int64_t count) {
    ASSERT_TRUE(harness.run_until([&] { return std::ssize(heard) >= count; }));
    for (std::int64_t i = 0; i < count; ++i) EXPECT_EQ(heard.at(static_cast<std::size_t>(i)), i + 1);
    EXPECT_EQ(std::ssize(heard), count);
  }

  test::LoopHarness harness;
  FakeSource source;
  std::unique_ptr<EventWatch> watch;
  std::vector<std::int64_t> heard;
  bool holds_when_told = false;
  std::size_t room = SIZE_MAX;
};

TEST_F(EventWatchTest, TakesWhatWasToldBeforeAndWhatIsToldLater) {
  source.tell(2);
  start();
  expect_heard(2);
  harness.settle();
  source.tell(1);
  expect_heard(3);
}

TEST_F(EventWatchTest, IsWokenOnceForABurst) {
  start();
  ASSERT_TRUE(harness.run_until([&] {
    source.tell(10);
    return heard.size() > 20'000;
  }));
  EXPECT_LT(source.wake_ups, 20) << "the source tells in each turn of the loop, for many milliseconds";
}

TEST_F(EventWatchTest, TakesALotInSeveralTurns) {
  source.tell(static_cast<int>(3 * EventWatch::kMostAtOnce));
  start();
  EXPECT_EQ(heard.size(), EventWatch::kMostAtOnce);
  expect_heard(3 * EventWatch::kMostAtOnce);
}

TEST_F(EventWatchTest, CatchesUpWithAllOfItBeforeALookIsTakenIn) {
  start();
  source.tell(static_cast<int>(2 * EventWatch::kMostAtOnce));
  EXPECT_TRUE(watch->catch_up(kEver));
  EXPECT_EQ(heard.size(), 2 * EventWatch::kMostAtOnce);
  source.tell(1);
  expect_heard(2 * EventWatch::kMostAtOnce + 1);
}

TEST_F(EventWatchTest, HasCaughtUpWhenWhatIsLeftHappenedLater) {
  start();
  source.tell(static_cast<int>(10 * EventWatch::kMostAtOnce));
  EXPECT_TRUE(watch->catch_up(base::BootTime{base::Micros{EventWatch::kMostAtOnce + 1}}));
  EXPECT_GE(heard.size(), 2 * EventWatch::kMostAtOnce);
  EXPECT_LT(heard.size(), 10 * EventWatch::kMostAtOnce);
}

TEST_F(EventWatchTest, FinishesWithAllOfItWhoeverHoldsIt) {
  start();
  source.tell(static_cast<int>(10 * EventWatch::kMostAtOnce));
  room = 1;
  watch->hold();
  watch->finish(kEver);
  EXPECT_EQ(heard.size(), 10 * EventWatch::kMostAtOnce);
  source.tell(1);
  harness.settle();
  EXPECT_EQ(heard.size(), 10 * EventWatch::kMostAtOnce) << "it is over";
}

TEST_F(EventWatchTest, DoesNotKeepTheLoopWithALongBurst) {
  start();
  source.tell(static_cast<int>(10 * EventWatch::kMostAtOnce));
  EXPECT_FALSE(watch->catch_up(kEver));
  EXPECT_LT(heard.size(), 10 * EventWatch::kMostAtOnce);
  expect_heard(10 * EventWatch::kMostAtOnce);
}

TEST_F(EventWatchTest, TakesNothingWhileItIsHeldAndThenGoesOn) {
  start();
  holds_when_told = true;
  source.tell(1);
  expect_heard(1);
  source.tell(1);
  EXPECT_FALSE(watch->catch_up(kEver)) << "there is one that it did not take";
  harness.settle();
  EXPECT_EQ(heard.size(), 1U);
  holds_when_told = false;
  watch->release();
  expect_heard(2);
  source.tell(1);
  expect_heard(3);
}

TEST_F(EventWatchTest, TakesNoMoreThanThereIsRoomFor) {
  start();
  room = 1;
  source.tell(static_cast<int>(EventWatch::kMostAtOnce) + 1);
  expect_heard(EventWatch::kMostAtOnce);
  EXPECT_FALSE(watch->catch_up(kEver));
  harness.settle();
  EXPECT_EQ(heard.size(), EventWatch::kMostAtOnce);
  room = SIZE_MAX;
  expect_heard(EventWatch::kMostAtOnce + 1);
  source.tell(1);
  expect_heard(EventWatch::kMostAtOnce + 2);
}

TEST_F(EventWatchTest, TakesNothingOnceItIsStopped) {
  start();
  watch->stop();
  source.tell(1);
  EXPECT_TRUE(watch->catch_up(kEver)) << "nobody waits for it any more";
  harness.settle();
  EXPECT_TRUE(heard.empty());
}

}  // namespace
}  // namespace portwatch::app
